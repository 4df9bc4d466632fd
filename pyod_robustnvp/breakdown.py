"""The picture of what each column adds to a row's score, in the manner of PyOD's ECOD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .scaling import Table

# Colours that the colour-blind tell apart, of Okabe and Ito, and kinds of lines.
BANDS = (("#0072B2", "--"), ("#D55E00", ":"), ("#009E73", "-."), ("#CC79A7", "-"))
# Inches of a column, of the rest, and of the widest figure.
INCHES_A_COLUMN, MARGIN, WIDEST = 0.35, 2.0, 24.0
# Longer names, or names of more columns, are written upwards.
SHORT, FEW = 3, 20


@dataclass(frozen=True)
class Breakdown:
    """What a picture shows of a row.

    Attributes
    ----------
    title : str
    contributions : ndarray of shape (n_columns,)
    bands : mapping
        Of quantiles to what they are of each column, of shape (n_columns,).
    names : list of str
        Of the columns.
    """

    title: str
    contributions: Table
    bands: Mapping[float, Table]
    names: list[str]

    def __post_init__(self) -> None:
        """Refuse names that do not fit."""
        if len(self.names) != len(self.contributions):
            raise ValueError(
                f"feature_names has {len(self.names)} names for {len(self.contributions)} columns: "
                "give a name for each column that is drawn"
            )


def draw(breakdown: Breakdown, ax: Any = None, path: str | None = None) -> Any:
    """Draw a triangle for each column, and the bands; keep the picture where there is a path.

    Raises
    ------
    ImportError
        matplotlib is missing.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "a picture needs matplotlib: pip install 'pyod-robustnvp[plots]'"
        ) from error
    names = breakdown.names
    at = np.arange(len(names))
    if ax is None:
        width = min(max(MARGIN + INCHES_A_COLUMN * len(names), 6.4), WIDEST)
        _, ax = plt.subplots(figsize=(width, 4.8), layout="constrained")
    ax.scatter(at, breakdown.contributions, marker="^", c="black", label="this row", zorder=3)
    for number, (quantile, heights) in enumerate(breakdown.bands.items()):
        colour, line = BANDS[number % len(BANDS)]
        label = f"{quantile:.3g} quantile of the rows"
        ax.plot(at, heights, line, color=colour, marker="_", label=label)
    upwards = len(names) > FEW or max(map(len, names)) > SHORT
    ax.set_xticks(at, names, rotation=90 if upwards else 0)
    ax.set(title=breakdown.title, xlabel="column", ylabel="what the column adds to the score")
    ax.legend()
    if path is not None:
        ax.figure.savefig(path, dpi=300)
    return ax
