"""The pictures of the paper's figures, and the critical-difference diagram of its tables."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.contour import QuadContourSet

from ..harness.detectors import OURS
from ..harness.extras import extra
from ..harness.pictures import ANOMALY, NORMAL, save
from ..harness.tables import ranks
from . import moons as of_moons

COLORS = {"win": NORMAL, "tie": "tab:gray", "loss": ANOMALY, "failed": "black"}
LEVELS = np.linspace(-9, 1, 21)


def critical_difference(auc: pd.DataFrame, out: Path) -> Path:
    """Draw the average ranks; a bar joins methods that Nemenyi's test can't tell apart at 5 %.

    Source: Demšar (2006), Statistical Comparisons of Classifiers over Multiple Data Sets.
    """
    posthocs = extra("scikit_posthocs")
    complete = auc.dropna(axis=1, how="all").dropna()
    if complete.empty:
        raise SystemExit("no set without a failed fit: no picture of the ranks")
    p = posthocs.posthoc_nemenyi_friedman(complete.to_numpy())
    names = complete.columns
    figure, axes = plt.subplots(figsize=(9, 3))
    posthocs.critical_difference_diagram(
        ranks(complete),
        p.set_axis(names).set_axis(names, axis=1),
        ax=axes,
        label_fmt_left="{label} ({rank:.2f})  ",
        label_fmt_right="  ({rank:.2f}) {label}",
    )
    without = ", ".join(auc.columns.difference(names, sort=False))
    axes.set_title(
        f"average rank over {len(complete)} of {len(auc)} sets, 1 is best; bars join what "
        "Nemenyi's test can't tell apart at 5 %" + (f"; failed: {without}" if without else ""),
        fontsize="medium",
    )
    return save(figure, out / "ranks.png")


def differences(table: pd.DataFrame, out: Path) -> Path:
    """Draw the differences of figure 4, their standard deviations and who wins."""
    figure, axes = plt.subplots(figsize=(10, 4.2))
    colors = table["outcome"].map(COLORS)
    axes.bar(table["dataset"], table["mean"], yerr=table["std"], color=colors, capsize=3)
    axes.axhline(0, color="black", linewidth=0.8)
    failed = table.loc[table["outcome"] == "failed", "dataset"]
    axes.plot(failed, np.zeros(len(failed)), "x", color=COLORS["failed"])
    axes.set_ylabel(f"ROC-AUC, {OURS} - TrimRealNVP")
    axes.tick_params(axis="x", rotation=45)
    for label in axes.get_xticklabels():
        label.set_horizontalalignment("right")
    seen = [outcome for outcome in COLORS if outcome in set(table["outcome"])]
    axes.legend([plt.Rectangle((0, 0), 1, 1, color=COLORS[outcome]) for outcome in seen], seen)
    return save(figure, out / "differences.png")


def shares(
    mean: pd.DataFrame, spread: pd.DataFrame, level: list[str], label: str, out: Path
) -> Path:
    """Draw the ROC-AUC of RobustRealNVP and RealNVP over a share, a panel a set.

    Methods that have one value whatever the share are drawn level, failures as crosses below.
    """
    names = mean.index.unique("dataset")
    columns = -(-len(names) // 2)
    figure, axes = plt.subplots(2, columns, figsize=(3.6 * columns, 6.4), sharex=True)
    for panel, name in zip(axes.flat, names, strict=False):
        for method, line in mean.loc[name].iterrows():
            draw = _level if method in level else _line
            draw(panel, method, line, spread.loc[(name, method)])
        panel.set_title(name)
    axes[0, 0].legend()
    figure.supxlabel(label)
    figure.supylabel("ROC-AUC")
    return save(figure, out / "shares.png")


def _level(panel: Axes, method: str, line: pd.Series, spread: pd.Series) -> None:
    """Draw the one value that a method has, and a band as wide as its standard deviation."""
    for middle, width in zip(line.dropna(), spread[line.notna()].fillna(0), strict=True):
        panel.axhline(middle, color=_color(method), label=method)
        panel.axhspan(middle - width, middle + width, color=_color(method), alpha=0.15, linewidth=0)


def _line(panel: Axes, method: str, line: pd.Series, spread: pd.Series) -> None:
    """Draw a method's values and standard deviations, and where it failed."""
    color, failed = _color(method), line.index[line.isna()]
    panel.errorbar(line.index, line, spread, fmt="o-", color=color, capsize=3, label=method)
    foot = panel.get_xaxis_transform()
    panel.plot(failed, np.full(len(failed), 0.03), "x", color=color, transform=foot)


def _color(method: str) -> str:
    return ANOMALY if method == OURS else NORMAL


def moons(drawn: pd.DataFrame, kind: str, table: pd.DataFrame, out: Path) -> Path:
    """Draw the true density and what each model learned of it, and the numbers below."""
    points = of_moons.grid(*of_moons.WINDOW, of_moons.PIXELS)
    panels = {"true density": of_moons.truth(points, kind)}
    panels |= {row.method: np.array(row.grid) for row in drawn.itertuples() if not row.error}
    figure = plt.figure(figsize=(3.7 * len(panels), 5.4), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(3, 1))
    axes = above.subplots(1, len(panels), sharey=True)
    for panel, (name, log_density) in zip(axes, panels.items(), strict=True):
        image = _contours(panel, log_density)
        panel.set_title(name)
    above.colorbar(image, ax=axes, label="log-density, nats", fraction=0.015)
    _tabulate(below.subplots(), table)
    return save(figure, out / "moons.png", tight=False)


def _contours(panel: Axes, log_density: np.ndarray) -> QuadContourSet:
    (left, right), (low, high) = of_moons.WINDOW
    x, y = (np.linspace(*ends, of_moons.PIXELS) for ends in ((left, right), (low, high)))
    values = log_density.reshape(len(y), len(x)).clip(LEVELS[0], LEVELS[-1])
    panel.set_aspect("equal")
    return panel.contourf(x, y, values, LEVELS)


def _tabulate(axes: Axes, table: pd.DataFrame) -> None:
    axes.axis("off")
    axes.table(
        table.to_numpy(),
        rowLabels=list(table.index),
        colLabels=list(table),
        loc="center",
        cellLoc="center",
    )
