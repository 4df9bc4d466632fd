"""The pictures of the experiments."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter
from sklearn.metrics import roc_curve

from .protocol import Record
from .scale import exponent
from .tables import rounded

NORMAL, ANOMALY = "tab:blue", "tab:red"
SHOWN = "RobustRealNVP"
STYLES = {"scores": "o--", "score": "s:", "fit": "o-"}


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
    return save(figure, out / "scores.png")


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
    return save(figure, out / "sensitivity.png")


def speed(steps: pd.DataFrame, scoring: pd.DataFrame, out: Path) -> Path:
    """Draw the milliseconds of a training step and the rows that are scored a second."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8))
    steps = steps.dropna(subset="ms, median")
    _bars(left, steps["shape"] + ", " + steps["contestant"], steps, "ms")
    left.set_xlabel("a step of training, ms")
    _bars(right, scoring["detector"], scoring, "rows/s")
    right.set_xlabel("scored rows a second")
    return save(figure, out / "speed.png")


def _bars(axes: Axes, names: pd.Series, table: pd.DataFrame, unit: str) -> None:
    """Draw medians as bars from the top down, ours marked, and lines from the least to the most."""
    middle, low, high = (table[f"{unit}, {name}"] for name in ("median", "min", "max"))
    colors = np.where(names.str.contains(SHOWN), ANOMALY, NORMAL)
    bars = axes.barh(names, middle, xerr=[middle - low, high - middle], color=colors)
    axes.bar_label(bars, [rounded(value) for value in middle], padding=6)
    least = 10 ** np.floor(np.log10(low.min()))
    # A quarter of the width for the numbers beside the bars.
    axes.set(xscale="log", xlim=(least, high.max() * (high.max() / least) ** (1 / 3)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.invert_yaxis()


def scale(panels: dict[str, dict[str, tuple[pd.Series, pd.Series]]], out: Path) -> Path:
    """Draw seconds over rows and over columns, and say in the legend which powers fit best."""
    figure, axes = plt.subplots(1, len(panels), figsize=(13, 6), sharey=True)
    for panel, (name, lines) in zip(axes, panels.items(), strict=True):
        for label, (sizes, seconds) in lines.items():
            color = ANOMALY if label.startswith(SHOWN) else NORMAL
            style = next(style for end, style in STYLES.items() if label.endswith(end))
            powers = exponent(sizes, seconds), exponent(sizes[-2:], seconds[-2:])
            label = "{}: {:.2f}, {:.2f}".format(label, *powers)
            panel.plot(sizes, seconds, style, color=color, label=label)
        panel.set(xscale="log", yscale="log", xlabel=name)
        title = "exponent over all sizes, and between the two largest"
        panel.legend(title=title, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    axes[0].set_ylabel("seconds")
    return save(figure, out / "scale.png")


def save(figure: plt.Figure, path: Path, tight: bool = True) -> Path:
    """Write a picture and return where."""
    if tight:
        figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, bbox_inches="tight")
    plt.close(figure)
    return path
