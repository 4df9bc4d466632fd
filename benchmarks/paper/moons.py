"""Two moons, clean, with uniform and with clustered anomalies: rows, densities and measures."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm
from sklearn.datasets import make_moons
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import RobustRealNVP

CLEAN, UNIFORM, CLUSTERED = KINDS = ("clean", "uniform", "clustered")

ROWS = 10_000
#: Anomalies for each row of the moons, and what the models are told.
SHARE = 0.05
NOISE = 0.1
#: The side of the square that uniform anomalies fill.
WIDTH = 5.0
#: The centre of the clustered anomalies, and of the box of side one that their mass is taken in.
CENTRE, SPREAD = 2.5, 0.05
#: What the pictures show of the plane: the limits of x and of y.
WINDOW = (-2.0, 3.5), (-2.0, 3.5)
PIXELS = 140
TINY = np.finfo(float).tiny


def anomalies(kind: str, n: int, rng: np.random.Generator) -> NDArray:
    """Draw anomalies of a kind, as in the paper's figures 2 and 3."""
    if kind == UNIFORM:
        return WIDTH * (rng.uniform(size=(n, 2)) - 0.35)
    return rng.normal(CENTRE, SPREAD, size=(n, 2))


def rows(kind: str, seed: int, n: int = ROWS) -> NDArray:
    """Draw two moons of n rows, and anomalies of a kind after them unless that is 'clean'."""
    moons, _ = make_moons(n, noise=NOISE, random_state=seed)
    if kind == CLEAN:
        return moons
    others = anomalies(kind, round(n * SHARE), np.random.default_rng(seed))
    return np.vstack([moons, others])


def measure(clf: RobustRealNVP, kind: str, seed: int, n: int) -> dict[str, Any]:
    """Return what a model makes of fresh moons, of anomalies and of the plane.

    ``auc_``: the ROC-AUC against either kind of anomalies. ``nll``: the mean negative log-density
    of the fresh moons, in nats. ``mass``: that of the model in the box around the cluster.
    """
    start = perf_counter()
    clf.fit(rows(kind, seed, n))
    seconds = perf_counter() - start
    fresh = rows(CLEAN, seed + 1000, n)
    log_density = clf.score_samples(fresh)
    found: dict[str, Any] = {
        "time_fit": seconds,
        "nll": -log_density.mean(),
        "mass": box_mass(clf),
    }
    for other in (UNIFORM, CLUSTERED):
        outside = clf.score_samples(
            anomalies(other, round(n * SHARE), np.random.default_rng(seed + 1000))
        )
        y = np.repeat([0, 1], [len(log_density), len(outside)])
        found[f"auc_{other}"] = roc_auc_score(y, -np.concatenate([log_density, outside]))
    return found


def portray(clf: RobustRealNVP, kind: str, seed: int, n: int) -> dict[str, Any]:
    """Return what a model makes of the plane."""
    clf.fit(rows(kind, seed, n))
    return {"grid": clf.score_samples(grid(*WINDOW, PIXELS)).round(3)}


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
    if kind == UNIFORM:
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
