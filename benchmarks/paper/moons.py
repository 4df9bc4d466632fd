"""Figures 1 to 3: two moons, clean, with uniform and with clustered anomalies, and their models."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.datasets import make_moons
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

from .cells import Cell
from .compare import in_words, over_seeds

MODELS = {"RealNVP": REAL_NVP, "TrimRealNVP": TRIM_REAL_NVP, "RobustRealNVP": {}}
CLEAN = "clean"
KINDS = {"figure1": CLEAN, "figure2": "uniform", "figure3": "clustered"}

ROWS = 10_000
#: Anomalies for each row of the moons, and what the models are told.
SHARE = 0.05
STEPS = 5000
NOISE = 0.1
#: The cap of RobustRealNVP.
K = 1.0
#: The side of the square that uniform anomalies fill.
WIDTH = 5.0
#: The centre of the clustered anomalies, and of the box of side one that their mass is taken in.
CENTRE, SPREAD = 2.5, 0.05
#: What the pictures show of the plane: the limits of x and of y.
WINDOW = (-2.0, 3.5), (-2.0, 3.5)
PIXELS = 140
TINY = np.finfo(float).tiny

MEASURES = {
    "auc_uniform": "ROC-AUC against uniform",
    "auc_clustered": "ROC-AUC against clustered",
    "nll": "NLL of fresh moons, nats",
    "mass": "mass in the cluster's box",
}


SETTINGS = (
    f"{ROWS} rows of the moons with a noise of {NOISE}, batches of {PAPER['batch_size']}, {STEPS} "
    "steps, two hidden layers of 256 units, the columns as they are. TrimRealNVP and RobustRealNVP "
    f"are told a share of {SHARE}, RobustRealNVP has k = {K:g}."
)


def anomalies(kind: str, n: int, rng: np.random.Generator) -> NDArray:
    """Draw anomalies of a kind, as in the paper's figures 2 and 3."""
    if kind == "uniform":
        return WIDTH * (rng.uniform(size=(n, 2)) - 0.35)
    return rng.normal(CENTRE, SPREAD, size=(n, 2))


def rows(kind: str, seed: int, n: int = ROWS) -> NDArray:
    """Draw two moons of n rows, and anomalies of a kind after them unless that is 'clean'."""
    moons, _ = make_moons(n, noise=NOISE, random_state=seed)
    if kind == CLEAN:
        return moons
    others = anomalies(kind, round(n * SHARE), np.random.default_rng(seed))
    return np.vstack([moons, others])


def cells(kind: str, models: list[str], seeds: int, n: int, steps: int) -> list[Cell]:
    """Return a cell for each model and seed."""
    return [_cell(kind, model, seed, n, steps) for seed in range(seeds) for model in models]


def _cell(kind: str, model: str, seed: int, n: int, steps: int) -> Cell:
    clf = RobustRealNVP(
        **(PAPER | {"preprocessing": False, "lipschitz": K} | MODELS[model]),
        contamination=SHARE,
        random_state=seed,
        device="cpu",
    )
    per_epoch = len(rows(kind, seed, n)) // clf.batch_size
    clf.set_params(epoch_num=round(steps / per_epoch))
    settings = f"{n} rows, noise {NOISE}, spread {SPREAD}; {clf.get_params()}"
    return Cell(f"{kind} moons", model, seed, settings, partial(measure, clf, kind, seed, n))


def measure(clf: RobustRealNVP, kind: str, seed: int, n: int) -> dict[str, Any]:
    """Return what a model makes of fresh moons, of anomalies and of the plane.

    ``auc`` against either kind of anomalies; ``nll``, the mean negative log-density of the fresh
    moons in nats; ``mass`` of the model in the box around the clustered anomalies.
    """
    start = perf_counter()
    clf.fit(rows(kind, seed, n))
    seconds = perf_counter() - start
    fresh = rows(CLEAN, seed + 1000, n)
    log_density = clf.score_samples(fresh)
    found: dict[str, Any] = {
        "seconds": seconds,
        "nll": -log_density.mean(),
        "mass": box_mass(clf),
    }
    for other in ("uniform", "clustered"):
        outside = clf.score_samples(
            anomalies(other, round(n * SHARE), np.random.default_rng(seed + 1000))
        )
        y = np.repeat([0, 1], [len(log_density), len(outside)])
        found[f"auc_{other}"] = roc_auc_score(y, -np.concatenate([log_density, outside]))
    return found


def typical(records: pd.DataFrame, kind: str) -> int:
    """Return the seed with which RealNVP tells anomalies apart as well as in the median.

    The first, where it failed with all.
    """
    own = records[(records["dataset"] == f"{kind} moons") & (records["method"] == "RealNVP")]
    auc = (
        own.set_index("seed")[f"auc_{'uniform' if kind == CLEAN else kind}"].dropna().sort_values()
    )
    return int(auc.index[len(auc) // 2]) if len(auc) else 0


def portraits(kind: str, models: list[str], seed: int, n: int, steps: int) -> list[Cell]:
    """Return cells that train with a seed once more and keep the log-density on a grid."""
    found = []
    for model in models:
        cell = _cell(kind, model, seed, n, steps)
        work = partial(portray, cell.work.args[0], kind, seed, n)
        settings = f"{PIXELS} pixels of {WINDOW}; {cell.settings}"
        found.append(replace(cell, dataset=f"{kind} moons drawn", settings=settings, work=work))
    return found


def portray(clf: RobustRealNVP, kind: str, seed: int, n: int) -> dict[str, Any]:
    """Return what a model makes of the plane."""
    clf.fit(rows(kind, seed, n))
    return {"grid": clf.score_samples(grid(*WINDOW, PIXELS)).round(3).tolist()}


def summary(records: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return mean ± standard deviation over the seeds, a row a model.

    The last row is a RealNVP that saw clean moons alone, where the others did not.
    """
    clean = records["dataset"] == f"{CLEAN} moons"
    named = records["method"].where(~clean | (kind == CLEAN), "RealNVP, clean rows")
    parts = records.assign(model=named)
    words = {}
    for key, title in MEASURES.items():
        mean, spread = (over_seeds(parts, ["model"], key, s) for s in ("mean", "std"))
        words[title] = [in_words(*pair) for pair in zip(mean, spread, strict=True)]
    return pd.DataFrame(words, index=mean.index)


def truth(points: NDArray, kind: str) -> NDArray:
    """Return the log-density that rows of a kind are drawn from.

    The moons are a mixture of Gaussians around points of two arcs; make_moons spreads these evenly.
    """
    arcs, _ = make_moons(600, noise=None)
    squares = np.square(points[:, None] - arcs).sum(-1)
    density = np.exp(-squares / (2 * NOISE**2)).mean(1) / (2 * np.pi * NOISE**2)
    if kind == CLEAN:
        return np.log(density + TINY)
    weight = SHARE / (1 + SHARE)
    return np.log((1 - weight) * density + weight * _density_of_anomalies(points, kind) + TINY)


def _density_of_anomalies(points: NDArray, kind: str) -> NDArray:
    if kind == "uniform":
        low, side = -0.35 * WIDTH, WIDTH
        return ((points > low) & (points < low + side)).all(1) / side**2
    return norm.pdf(points, CENTRE, SPREAD).prod(1)


def box_mass(clf: RobustRealNVP, cells: int = 200) -> float:
    """Return the probability of the box of side one around the cluster, by the midpoint rule."""
    side = CENTRE - 0.5, CENTRE + 0.5
    return float(np.exp(clf.score_samples(grid(side, side, cells))).mean())


def grid(x: tuple[float, float], y: tuple[float, float], cells: int) -> NDArray:
    """Return the midpoints of cells times cells equal parts of a rectangle, row by row."""
    across, up = (low + (high - low) * (np.arange(cells) + 0.5) / cells for low, high in (x, y))
    return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
