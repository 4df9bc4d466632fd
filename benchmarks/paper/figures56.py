"""Figures 5 and 6: what the true contamination does, and a wrong idea of it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

import pandas as pd

from ..harness.cells import Cell
from ..harness.detectors import OURS
from ..harness.experiment import Experiment, fit, tell
from ..harness.protocol import HELD_OUT
from ..harness.tables import over_seeds
from . import cifar, fits, pictures, sets
from .compare import in_words
from .sets import Family

TRUE = (0.1, 0.2, 0.3, 0.4)
TOLD = (0.05, 0.1, 0.15, 0.2)
TRUE_WHEN_TOLD = 0.1
OTHER = "RealNVP"

BY = ["dataset", "method", "share"]
TRUE_LABEL = "true share of anomalies"
TOLD_LABEL = f"share that RobustRealNVP is told, the true one being {TRUE_WHEN_TOLD}"

THINNED = (
    f"{', '.join(sets.THINNED[:-1])} and {sets.THINNED[-1]} are the sets of ODDS with the largest "
    "shares of anomalies. Of each, normal rows or anomalies are left out at random, others with "
    f"each seed, until the rest has the share; {HELD_OUT:.0%} of it are held out."
)


def figure5_cells(options: Namespace) -> list[Cell]:
    """Return the cells of figure 5: each method is told the true contamination."""
    return [
        fits.cell(family(true), method, seed, quick=options.quick, share=true)
        for family in sets.families(options, sets.features(options))
        for true in TRUE
        for method in (OURS, OTHER)
        for seed in range(options.seeds)
    ]


def figure6_cells(options: Namespace) -> list[Cell]:
    """Return the cells of figure 6, by what RobustRealNVP is told.

    RealNVP makes nothing of what it is told: it has one cell a seed.
    """
    found = []
    for family in sets.families(options, sets.features(options)):
        source = family(TRUE_WHEN_TOLD)
        for seed in range(options.seeds):
            found += [
                fits.cell(source, OURS, seed, told, options.quick, share=told) for told in TOLD
            ]
            true = {"quick": options.quick, "share": TRUE_WHEN_TOLD}
            found.append(fits.cell(source, OTHER, seed, **true))
    return found


def run_figure5(options: Namespace) -> None:
    """Present the ROC-AUC by the true contamination."""
    _present(fit(figure5_cells(options), options), TRUE, TRUE_LABEL, options)


def run_figure6(options: Namespace) -> None:
    """Present the ROC-AUC by what RobustRealNVP is told."""
    _present(fit(figure6_cells(options), options), (TRUE_WHEN_TOLD,), TOLD_LABEL, options)


def _present(
    records: pd.DataFrame, true: tuple[float, ...], label: str, options: Namespace
) -> None:
    """Present the ROC-AUC by a contamination, on sets with these true ones."""
    features = sets.features(options)
    families = sets.families(options, features)
    mean, spread = (by_share(records, statistic) for statistic in ("mean", "std"))
    text = [
        *fits.notes(fits.FLOWS, cifar.described(features, true), THINNED, options=options),
        f"Training rows by the {TRUE_LABEL}",
        training_rows(families, true).to_markdown(),
        f"ROC-AUC by the {label}, mean ± standard deviation over the seeds",
        in_table(records).to_markdown(index=False, disable_numparse=True),
    ]
    tell(text, records, options)
    print(pictures.shares(mean, spread, level(records), label, options.out))


def training_rows(families: Iterable[Family], contaminations: Iterable[float]) -> pd.DataFrame:
    """Return how many rows the methods learn from, a row a set, a column a contamination."""
    sources = [[family(true) for true in contaminations] for family in families]
    rows = {of_set[0].name: [source.rows for source in of_set] for of_set in sources}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(contaminations))


def by_share(records: pd.DataFrame, statistic: str) -> pd.DataFrame:
    """Return a statistic of the ROC-AUC, a row a set and method, a column a share."""
    return over_seeds(records, BY, "roc", statistic).unstack()


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


FIGURE5 = Experiment(
    "figure5",
    "Vary the true contamination from 0.1 to 0.4 and tell it.",
    fits.add_data_dir,
    run_figure5,
    figure5_cells,
    lenders=("table2",),
)
FIGURE6 = Experiment(
    "figure6",
    "Tell from 0.05 to 0.2 where the true contamination is 0.1.",
    fits.add_data_dir,
    run_figure6,
    figure6_cells,
    lenders=("table2", "figure5"),
)
