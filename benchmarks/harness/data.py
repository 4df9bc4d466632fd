"""Labelled tables to compare detectors on: files and made ones; ``families.py`` has more."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat

DATA_DIR_VARIABLE = "PYOD_ROBUSTNVP_DATA"

#: The 16 ODDS sets of the paper's Table 1, in its order.
ODDS = (
    "vowels", "pima", "letter", "cardio", "arrhythmia", "musk", "mnist", "satimage-2",
    "satellite", "mammography", "thyroid", "annthyroid", "ionosphere", "pendigits", "shuttle",
    "glass",
)  # fmt: skip

#: Those of them that no choice of a default was made on.
CONFIRMATION = ("vowels", "cardio", "satellite", "thyroid", "glass", "shuttle")


@dataclass(frozen=True)
class Dataset:
    """A table X of shape (n, d) with labels y of shape (n,), 1 for an anomaly."""

    name: str
    X: NDArray[np.float64]
    y: NDArray[np.int_]


def find_data_dir(given: str | None) -> Path:
    """Return the folder of the data files, from the command line or the environment."""
    folder = given or os.environ.get(DATA_DIR_VARIABLE)
    if not folder:
        raise SystemExit(
            f"no data folder: give --data-dir DIR or set {DATA_DIR_VARIABLE} to a folder that "
            "holds ADBench .npz or ODDS .mat files"
        )
    if not Path(folder).is_dir():
        raise SystemExit(f"--data-dir {folder} is no folder")
    return Path(folder)


def load_files(options: Namespace) -> list[Dataset]:
    """Return the sets that the options name."""
    folder = find_data_dir(options.data_dir)
    return [load_file(folder, name) for name in options.datasets]


def load_file(folder: Path, name: str) -> Dataset:
    """Read NAME.npz or NUMBER_NAME.npz (ADBench) or NAME.mat (ODDS), with keys X and y.

    The file may lie in a folder below, and its name may have capitals. A numbered one is taken
    where there is no other: ADBench's copies of some sets are not the paper's.
    """
    files = sorted(folder.rglob("*"))
    kinds = (f"{name}.npz", f"{name}.mat", f"[0-9]*_{name}.npz")
    hits = [p for kind in kinds for p in files if fnmatch(p.name.lower(), kind.lower())]
    if not hits:
        raise SystemExit(
            f"{folder} holds neither {name}.npz nor {name}.mat; `python -m benchmarks download` "
            "fetches the ODDS sets"
        )
    X, y = read_file(hits[0])
    return Dataset(name, X.astype(float), y.ravel().astype(int))


def read_file(path: Path) -> tuple[NDArray, NDArray]:
    """Return X and y of a file of ADBench or ODDS, or say which file can't be read."""
    try:
        with path.open("rb") as file:
            content = loadmat(file) if path.suffix.lower() == ".mat" else np.load(file)
            return content["X"], content["y"]
    except Exception as error:
        raise SystemExit(f"{path} holds no X and y that can be read: {error}") from error


def thin_out(
    name: str, X: NDArray, classes: NDArray, anomaly: int, seed: int, contamination: float = 0.05
) -> Dataset:
    """Keep all rows of the other classes and as many of one class as make up a contamination."""
    rng = np.random.default_rng(seed)
    normal = np.flatnonzero(classes != anomaly)
    wanted = round(len(normal) * contamination / (1 - contamination))
    chosen = rng.choice(np.flatnonzero(classes == anomaly), wanted, replace=False)
    rows = rng.permutation(np.concatenate([normal, chosen]))
    return Dataset(name, X[rows].astype(float), (classes[rows] == anomaly).astype(int))


def correlated(n: int, d: int, seed: int, contamination: float = 0.03) -> Dataset:
    """Return a Gaussian, each column half of the one before it and noise, with anomalies.

    The anomalies, on average such a part of the rows, are uniform in the box [-6, 6].
    """
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    X[:, 1:] += X[:, :-1] / 2
    y = rng.random(n) < contamination
    X[y] = rng.uniform(-6, 6, size=(y.sum(), d))
    return Dataset("correlated", X, y.astype(int))


def clustered(n: int, d: int, seed: int, contamination: float) -> Dataset:
    """Return the Gaussian of ``correlated`` with a dense cluster of anomalies beside it.

    In units of the columns' standard deviations the cluster
    lies at a distance of 4 from the middle, in a random direction, and is a tenth wide.
    """
    rng = np.random.default_rng(seed)
    X = correlated(n, d, seed, 0.0).X
    y = np.arange(n) < round(n * contamination)
    direction = rng.normal(size=d)
    middle = 4 * direction / np.linalg.norm(direction)
    X[y] = X.std(axis=0) * (middle + rng.normal(scale=0.1, size=(y.sum(), d)))
    return Dataset(f"{contamination:.0%} of {d} columns", X, y.astype(int))
