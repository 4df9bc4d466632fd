"""The pictures of this room."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter

from ..harness.detectors import OURS
from ..harness.pictures import ANOMALY, NORMAL, save
from ..harness.tables import rounded
from .timing import exponent

STYLES = {"scores": "o--", "score": "s:", "fit": "o-"}


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
    colors = np.where(names.str.contains(OURS), ANOMALY, NORMAL)
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
            color = ANOMALY if label.startswith(OURS) else NORMAL
            style = next(style for end, style in STYLES.items() if label.endswith(end))
            powers = exponent(sizes, seconds), exponent(sizes[-2:], seconds[-2:])
            label = "{}: {:.2f}, {:.2f}".format(label, *powers)
            panel.plot(sizes, seconds, style, color=color, label=label)
        panel.set(xscale="log", yscale="log", xlabel=name)
        title = "exponent over all sizes, and between the two largest"
        panel.legend(title=title, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
    axes[0].set_ylabel("seconds")
    return save(figure, out / "scale.png")
