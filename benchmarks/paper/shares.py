"""Figures 5 and 6: what the true share of anomalies does, and a wrong idea of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from ..protocol import HELD_OUT
from . import fits
from .cells import Cell
from .compare import OURS, in_words, over_seeds

TRUE = (0.1, 0.2, 0.3, 0.4)
TOLD = (0.05, 0.1, 0.15, 0.2)
TRUE_WHEN_TOLD = 0.1
OTHER = "RealNVP"

#: The three ODDS sets with the largest share of anomalies: the fewest rows are left out of them.
SETS = ("pima", "ionosphere", "satellite")

BY = ["dataset", "method", "share"]

#: Returns the draws of a set that has a share of anomalies.
Family = Callable[[float], fits.Source]


def true_shares(families: Iterable[Family], seeds: int, quick: bool) -> list[tuple[float, Cell]]:
    """Return the cells of figure 5, each with the true share, which the method is told."""
    return [
        (share, fits.cell(family(share), method, seed, quick=quick))
        for family in families
        for share in TRUE
        for method in (OURS, OTHER)
        for seed in range(seeds)
    ]


def told_shares(families: Iterable[Family], seeds: int, quick: bool) -> list[tuple[float, Cell]]:
    """Return the cells of figure 6, each with the share that RobustRealNVP is told.

    RealNVP makes nothing of what it is told: it has one cell a seed.
    """
    found = []
    for family in families:
        source = family(TRUE_WHEN_TOLD)
        for seed in range(seeds):
            found += [(t, fits.cell(source, OURS, seed, told=t, quick=quick)) for t in TOLD]
            found.append((TRUE_WHEN_TOLD, fits.cell(source, OTHER, seed, quick=quick)))
    return found


def described() -> str:
    """Return how the sets of ODDS come to a share."""
    return (
        f"{', '.join(SETS[:-1])} and {SETS[-1]} are the sets of ODDS with the largest shares of "
        "anomalies. Of each, normal rows or anomalies are left out at random, others with each "
        f"seed, until the rest has the share; {HELD_OUT:.0%} of it are held out."
    )


def training_rows(families: Iterable[Family], shares: Iterable[float]) -> pd.DataFrame:
    """Return how many rows the methods learn from, a row a set, a column a share."""
    sources = [[family(share) for share in shares] for family in families]
    rows = {of_set[0].name: [source.rows for source in of_set] for of_set in sources}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(shares))


def by_share(records: pd.DataFrame, statistic: str) -> pd.DataFrame:
    """Return a statistic of the ROC-AUC, a row a set and method, a column a share."""
    return over_seeds(records, BY, "auc", statistic).unstack()


def level(records: pd.DataFrame) -> list[str]:
    """Return the methods that have one cell a seed whatever they are told."""
    told = records.groupby("method")["share"].nunique()
    return list(told.index[told == 1])


def in_table(records: pd.DataFrame) -> pd.DataFrame:
    """Return means and standard deviations in words, nothing where there is no cell."""
    mean, spread = (by_share(records, statistic) for statistic in ("mean", "std"))
    cells = records.groupby(BY, sort=False).size().unstack()
    words = {
        share: [
            in_words(m, s) if n > 0 else ""
            for m, s, n in zip(mean[share], spread[share], cells[share], strict=True)
        ]
        for share in mean
    }
    return pd.DataFrame(words, index=mean.index).reset_index()
