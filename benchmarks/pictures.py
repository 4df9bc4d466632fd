"""The pictures of the experiments."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from sklearn.metrics import roc_curve

from pyod_robustnvp import RobustRealNVP

from .datasets import Dataset
from .protocol import Record

NORMAL, ANOMALY = "tab:blue", "tab:red"
SHOWN = "RobustRealNVP"


def scores_and_curves(records: list[Record], out: Path) -> Path:
    """Draw, a column a set, RobustRealNVP's scores and the ROC curves of all detectors."""
    names = list(dict.fromkeys(r.dataset.name for r in records))
    figure, axes = plt.subplots(2, len(names), figsize=(4 * len(names), 7.5), squeeze=False)
    for name, (top, bottom) in zip(names, axes.T, strict=True):
        here = [r for r in records if r.dataset.name == name and not r.error]
        for record in here:
            if record.detector == SHOWN:
                _distribution(top, record)
        _curves(bottom, here)
        top.set_title(name)
    return _save(figure, out / "scores.png")


def _distribution(axes: Axes, record: Record) -> None:
    edges = np.histogram_bin_edges(record.scores, bins=40)
    for label, name, color in ((0, "normal", NORMAL), (1, "anomaly", ANOMALY)):
        axes.hist(record.scores[record.y == label], edges, color=color, alpha=0.6, label=name)
    axes.set(xlabel=f"{SHOWN} score, nats", ylabel="held-out rows", yscale="symlog")
    axes.legend()


def _curves(axes: Axes, records: list[Record]) -> None:
    for record in records:
        false, true, _ = roc_curve(record.y, record.scores)
        width = 2.5 if record.detector == SHOWN else 1
        label = f"{record.detector} {record.measures['roc']:.3f}"
        axes.plot(false, true, linewidth=width, label=label)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    axes.legend(fontsize="small", loc="lower right")


def moons(
    data: Dataset, models: dict[str, RobustRealNVP], aucs: dict[str, float], out: Path
) -> Path:
    """Draw the training rows and the density that each model learned of them."""
    x, y = np.meshgrid(np.linspace(-2, 3.2, 250), np.linspace(-1.6, 3.2, 250))
    figure, axes = plt.subplots(1, 1 + len(models), figsize=(4 * (1 + len(models)), 4.4))
    axes[0].scatter(*data.X[data.y == 0].T, s=1, color=NORMAL)
    axes[0].scatter(*data.X[data.y == 1].T, s=1, color=ANOMALY)
    axes[0].set(title="training rows, 5 % anomalies", xlim=(-2, 3.2), ylim=(-1.6, 3.2))
    for panel, (name, clf) in zip(axes[1:], models.items(), strict=True):
        log_density = clf.score_samples(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)
        image = panel.pcolormesh(x, y, log_density, vmin=-8, vmax=0, shading="auto")
        panel.scatter(2.5, 2.5, s=200, facecolors="none", edgecolors=ANOMALY)
        panel.set_title(f"{name}, ROC-AUC {aucs[name]:.3f}")
    figure.colorbar(image, ax=axes, label="log-density, nats", fraction=0.02)
    return _save(figure, out / "moons.png", tight=False)


def sensitivity(shares: pd.DataFrame, spread: pd.Series, out: Path) -> Path:
    """Draw the mean ROC-AUC over the assumed share, and each set's spread over the seeds."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
    for trim, color in zip(shares, (NORMAL, ANOMALY), strict=True):
        left.plot(shares.index, shares[trim], "o-", color=color, label=f"trim {trim}")
    left.set(xscale="log", xlabel="assumed share / true share", ylabel="mean ROC-AUC")
    left.set_xticks(shares.index, [f"{factor:g}" for factor in shares.index])
    left.minorticks_off()
    left.legend()
    right.barh(spread.index, spread, color=NORMAL)
    right.axvline(spread.mean(), color=ANOMALY, label=f"mean {spread.mean():.4f}")
    right.invert_yaxis()
    right.set_xlabel("standard deviation of ROC-AUC over the seeds of the model")
    right.legend()
    return _save(figure, out / "sensitivity.png")


def _save(figure: plt.Figure, path: Path, tight: bool = True) -> Path:
    if tight:
        figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, bbox_inches="tight")
    plt.close(figure)
    return path
