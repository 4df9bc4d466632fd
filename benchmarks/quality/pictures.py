"""The pictures of this room."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from sklearn.metrics import roc_curve

from ..harness.detectors import OURS
from ..harness.pictures import ANOMALY, NORMAL, save


def scores_and_curves(records: pd.DataFrame, out: Path) -> Path:
    """Draw, a column a set, RobustRealNVP's scores and the ROC curves of all detectors."""
    sets = records.groupby("dataset", sort=False)
    figure, axes = plt.subplots(2, len(sets), figsize=(4 * len(sets), 7.5), squeeze=False)
    for (name, here), (top, bottom) in zip(sets, axes.T, strict=True):
        for record in here[here["method"] == OURS].itertuples():
            _distribution(top, np.asarray(record.scores), np.asarray(record.labels))
        _curves(bottom, here)
        top.set_title(name)
    return save(figure, out / "scores.png")


def _distribution(axes: Axes, scores: np.ndarray, labels: np.ndarray) -> None:
    edges = np.histogram_bin_edges(scores, bins=40)
    for label, name, color in ((0, "normal", NORMAL), (1, "anomaly", ANOMALY)):
        axes.hist(scores[labels == label], edges, color=color, alpha=0.6, label=name)
    axes.set(xlabel=f"{OURS} score", ylabel="held-out rows", yscale="symlog")
    axes.legend()


def _curves(axes: Axes, records: pd.DataFrame) -> None:
    for record in records.itertuples():
        false, true, _ = roc_curve(record.labels, record.scores)
        width = 2.5 if record.method == OURS else 1
        axes.plot(false, true, linewidth=width, label=f"{record.method} {record.roc:.3f}")
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    axes.legend(fontsize="small", loc="lower right")


def sensitivity(means: pd.DataFrame, spread: pd.Series, out: Path) -> Path:
    """Draw the ROC-AUC over the assumed contamination, and each set's spread over the seeds."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
    for trim, color in zip(means, (NORMAL, ANOMALY), strict=True):
        left.plot(means.index, means[trim], "o-", color=color, label=f"trim {trim}")
    left.set(xscale="log", xlabel="assumed share / true share", ylabel="mean ROC-AUC")
    left.set_xticks(means.index, [f"{factor:g}" for factor in means.index])
    left.minorticks_off()
    left.legend()
    right.barh(spread.index, spread, color=NORMAL)
    right.axvline(spread.mean(), color=ANOMALY, label=f"mean {spread.mean():.4f}")
    right.invert_yaxis()
    right.set_xlabel("standard deviation of ROC-AUC over the seeds of the model")
    right.legend()
    return save(figure, out / "sensitivity.png")
