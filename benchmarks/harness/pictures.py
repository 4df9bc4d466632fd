"""What all pictures share."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

NORMAL, ANOMALY = "tab:blue", "tab:red"


def save(figure: plt.Figure, path: Path, tight: bool = True) -> Path:
    """Write a picture and return where."""
    if tight:
        figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80, bbox_inches="tight")
    plt.close(figure)
    return path
