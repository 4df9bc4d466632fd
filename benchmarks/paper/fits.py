"""The cells of the tables and of figures 4 to 6, and what is said of them."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

from pyod_robustnvp import PAPER

from ..harness import fits
from ..harness import options as given
from ..harness.cells import Cell
from ..harness.detectors import METHODS, maker, quickened
from ..harness.protocol import Source

FLOWS = (
    f"The flows have the authors' settings for ODDS: {PAPER['epoch_num']} epochs, batches of "
    f"{PAPER['batch_size']} rows, two hidden layers of 256 units, the share that they are told as "
    f"eps, and RobustRealNVP k = {PAPER['lipschitz']}."
)


def cell(
    source: Source,
    method: str,
    seed: int,
    told: float | None = None,
    quick: bool = False,
    **labels: Any,
) -> Cell:
    """Return the cell of a method on a draw, told the true contamination or another."""
    told = source.contamination if told is None else told
    clf = maker(method, METHODS)(told, seed, source.columns)
    return fits.cell(source, method, quickened(clf) if quick else clf, seed, labels)


def grid(sources: Iterable[Source], methods: Iterable[str], options: Namespace) -> list[Cell]:
    """Return a cell for each source, seed and method, in this order."""
    return [
        cell(source, method, seed, quick=options.quick)
        for source in sources
        for seed in range(options.seeds)
        for method in methods
    ]


def notes(*said: str, options: Namespace) -> list[str]:
    """Return what is said of settings and sets, nothing where both are made to be quick."""
    return [] if options.quick else list(said)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options that all experiments of the paper have."""
    given.add_seeds(parser, 5)
    given.add_quick(parser)
    given.add_fits(parser)


def add_files(parser: ArgumentParser) -> None:
    """Add them after the sets of ODDS."""
    given.add_files(parser)
    add_arguments(parser)


def add_data_dir(parser: ArgumentParser) -> None:
    """Add them after the folder of the data."""
    given.add_data_dir(parser)
    add_arguments(parser)
