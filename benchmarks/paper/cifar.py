"""The CIFAR10 protocol of table 2, on features of the pictures: which rows are drawn.

A file CIFAR10_k.npz holds the features X of pictures and y: 0 for those of class k, 1 for pictures
of other classes, which ADBench's files have a few of. Normal rows are one class; anomalies are

- ``u``: rows of all other classes, where there are files of all. Where there are not, the file's
  own anomalies come first, and what is missing is drawn from the other files;
- ``c``: rows of one other class, with each seed of the next of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from ..datasets import Dataset
from .fits import Source, split

CLASSES = ("airplane", "auto", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
HELD_OUT = 0.2
SHARE = 0.1
COMPONENTS = 128


class Features(NamedTuple):
    """Features of the pictures of a class, and of some others where a file has them."""

    normal: NDArray
    others: NDArray


def load(folder: Path) -> dict[str, Features]:
    """Read the files CIFAR10_k.npz in or below a folder, as the classes' features by name."""
    found = {}
    for k, name in enumerate(CLASSES):
        for path in sorted(folder.rglob(f"CIFAR10_{k}.npz")):
            content = np.load(path)
            X, y = content["X"], content["y"]
            found[name] = Features(X[y == 0], X[y == 1])
    if len(found) < 2:
        raise SystemExit(
            f"{folder} holds fewer than two files CIFAR10_k.npz, k from 0 to 9: "
            "`python -m benchmarks cifar10-features` makes them"
        )
    return found


def described(features: Mapping[str, Features]) -> str:
    """Return a line on what the draws are made of."""
    own = [len(given.others) for given in features.values()]
    width = next(iter(features.values())).normal.shape[1]
    text = f"Features of {len(features)} of 10 classes ({', '.join(features)}), {width} columns."
    if len(features) == len(CLASSES):
        return text
    return (
        f"{text} Anomalies of u are the file's own, up to {max(own)}, and rows of the other files' "
        "classes; those of c rows of one other file's class, of the next with each seed."
    )


def source(
    features: Mapping[str, Features],
    name: str,
    kind: str,
    share: float = SHARE,
    components: int = COMPONENTS,
) -> Source:
    """Return the draws of a class with a kind of anomalies, which are a share of the rows."""
    given = {k: joblib.hash(tuple(v)) for k, v in features.items()}
    made_of = f"80/20, {components} components in [0, 1], {share} of {given}"
    preparation = make_pipeline(PCA(components, random_state=0), MinMaxScaler())
    draw = partial(split, partial(drawn, features, name, kind, share), HELD_OUT, preparation)
    rows = round(total(features[name]) * (1 - HELD_OUT))
    return Source(f"{name}-{kind}", made_of, rows, components, share, draw)


def total(features: Features) -> int:
    """Return the rows of every draw: all pictures of the class are nine tenths of them."""
    return round(len(features.normal) / (1 - SHARE))


def drawn(
    features: Mapping[str, Features], name: str, kind: str, share: float, seed: int
) -> Dataset:
    """Draw rows of a class and anomalies of a kind, which are a share of all."""
    rng = np.random.default_rng(seed)
    n = total(features[name])
    n_odd = round(share * n)
    normal = rng.permutation(features[name].normal)[: n - n_odd]
    odd = KINDS[kind](features, name, seed, n_odd, rng)
    y = np.repeat([0, 1], [len(normal), n_odd])
    return Dataset(name, np.vstack([normal, odd]).astype(float), y)


def uniform(
    features: Mapping[str, Features], name: str, seed: int, n: int, rng: np.random.Generator
) -> NDArray:
    """Draw pictures of all other classes."""
    own = features[name].others[: 0 if len(features) == len(CLASSES) else n]
    parts = [features[other].normal for other in others(features, name)]
    ends = np.cumsum([len(part) for part in parts])
    chosen = np.sort(rng.choice(ends[-1], n - len(own), replace=False))
    of_parts = np.split(chosen, np.searchsorted(chosen, ends[:-1]))
    starts = ends - [len(part) for part in parts]
    return np.vstack(
        [own, *(part[i - start] for part, i, start in zip(parts, of_parts, starts, strict=True))]
    )


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
