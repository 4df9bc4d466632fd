"""The CIFAR10 protocol of table 2, on features of the pictures: which rows are drawn.

A file CIFAR10_k.npz holds the features X of pictures and y: 0 for those of class k, 1 for pictures
of other classes, which ADBench's files have a few of. Normal rows are one class; anomalies are

- ``u``: rows of all other classes, where there are files of all. Where there are not, the file's
  own anomalies come first, and what is missing is drawn from the other files;
- ``c``: rows of one other class, with each seed of the next of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from ..harness.data import Dataset, read_file
from ..harness.protocol import Protocol, Source, split

CLASSES = ("airplane", "auto", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
HELD_OUT = 0.2
VGG19_WIDTH = 4096
CONTAMINATION = 0.1
COMPONENTS = 128

CLUSTERED = "The anomalies of c are of one other class, of the next with each seed."


class Features(NamedTuple):
    """Features of the pictures of a class, and of some others where a file has them."""

    normal: NDArray
    others: NDArray


def load(folder: Path) -> dict[str, Features]:
    """Read the files CIFAR10_k.npz in or below a folder, as the classes' features by name."""
    paths = {name: sorted(folder.rglob(f"CIFAR10_{k}.npz")) for k, name in enumerate(CLASSES)}
    found = {name: _read(*hits) for name, hits in paths.items() if hits}
    if len(found) < 2:
        raise SystemExit(
            f"{folder} holds fewer than two files CIFAR10_k.npz, k from 0 to 9: "
            "`python -m benchmarks cifar10-features` makes them"
        )
    if len(widths := {given.normal.shape[1] for given in found.values()}) > 1:
        raise SystemExit(f"{folder} holds features of several networks, {widths} columns wide")
    return found


def _read(path: Path, *others: Path) -> Features:
    if others:
        raise SystemExit(f"{path} and {others[0]} are of one class: give --data-dir one of them")
    X, y = read_file(path)
    return Features(X[y == 0], X[y == 1])


def described(
    features: Mapping[str, Features], contaminations: Sequence[float] = (CONTAMINATION,)
) -> str:
    """Return what the draws are made of, and what is not as in the paper."""
    given = next(iter(features.values()))
    width, own = given.normal.shape[1], len(given.others)
    odd = ", ".join(f"{round(total(given) * each)} at {each}" for each in contaminations)
    network = "the paper's" if width == VGG19_WIDTH else f"not VGG19's, which are {VGG19_WIDTH}"
    uniform = f"rows of the other {len(features) - 1} classes"
    if len(features) < len(CLASSES):
        uniform = f"up to {own} of the file's own, of all classes, and for the rest {uniform}"
    return (
        f"Features of {len(features)} of 10 classes ({', '.join(features)}), {width} columns, "
        f"{network}. The anomalies of u, by their share {odd}, are {uniform}. Test rows are a "
        "fifth of the draw, where the paper has CIFAR10's test set; the share left out grows over "
        "the first 5 % of the steps, the paper's over 10 %."
    )


def source(
    features: Mapping[str, Features],
    name: str,
    kind: str,
    contamination: float = CONTAMINATION,
    components: int = COMPONENTS,
) -> Source:
    """Return the draws of a class with a kind of anomalies."""
    given = {k: joblib.hash(tuple(v)) for k, v in features.items()}
    made_of = f"{HELD_OUT} held out, {components} components in [0, 1], {contamination} of {given}"
    preparation = make_pipeline(PCA(components, random_state=0), MinMaxScaler())
    protocol = Protocol(HELD_OUT, preparation)
    draw = partial(split, partial(drawn, features, name, kind, contamination), protocol)
    rows = round(total(features[name]) * (1 - HELD_OUT))
    return Source(f"{name}-{kind}", made_of, draw, rows, components, contamination, __name__)


def total(features: Features) -> int:
    """Return the rows of every draw: all pictures of the class are nine tenths of them."""
    return round(len(features.normal) / (1 - CONTAMINATION))


def drawn(
    features: Mapping[str, Features], name: str, kind: str, contamination: float, seed: int
) -> Dataset:
    """Draw rows of a class and anomalies of a kind."""
    rng = np.random.default_rng(seed)
    n = total(features[name])
    n_odd = round(contamination * n)
    normal = rng.permutation(features[name].normal)[: n - n_odd]
    odd = KINDS[kind](features, name, seed, n_odd, rng)
    y = np.repeat([0, 1], [len(normal), n_odd])
    return Dataset(name, np.vstack([normal, odd]).astype(float), y)


def uniform(
    features: Mapping[str, Features], name: str, seed: int, n: int, rng: np.random.Generator
) -> NDArray:
    """Draw pictures of all other classes."""
    known = features[name].others
    own = rng.permutation(known)[: 0 if len(features) == len(CLASSES) else n]
    parts = [unlike(features[other].normal, known) for other in others(features, name)]
    ends = np.cumsum([len(part) for part in parts])
    chosen = np.sort(rng.choice(ends[-1], n - len(own), replace=False))
    of_parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
    starts = ends - [len(part) for part in parts]
    return np.vstack(
        [own, *(part[i - start] for part, i, start in zip(parts, of_parts, starts, strict=True))]
    )


def unlike(rows: NDArray, known: NDArray) -> NDArray:
    """Return the rows that are none of the known.

    Examples
    --------
    >>> unlike(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[3.0, 4.0]])).tolist()
    [[1.0, 2.0]]
    """
    if not len(known):
        return rows
    seen = {row.tobytes() for row in known}
    return rows[[row.tobytes() not in seen for row in rows]]


def clustered(
    features: Mapping[str, Features], name: str, seed: int, n: int, rng: np.random.Generator
) -> NDArray:
    """Draw pictures of one other class, with each seed of the next."""
    order = others(features, name)
    return rng.permutation(features[order[seed % len(order)]].normal)[:n]


def others(features: Mapping[str, Features], name: str) -> list[str]:
    """Return the classes that there are features of, from the one after ``name`` on."""
    names = list(features)
    start = names.index(name)
    return names[start + 1 :] + names[:start]


KINDS = {"u": uniform, "c": clustered}
