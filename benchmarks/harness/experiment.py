"""An experiment of the command line, and what those do that consist of fits."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from . import cells, tables
from .cells import Cell
from .provenance import provenance
from .records import RESULTS, Records, write_table


@dataclass(frozen=True)
class Experiment:
    """What a command does.

    Attributes
    ----------
    name : str
        Of the command and of the folder of its results.
    help : str
        What it does, in a line.
    add_arguments : callable
        Adds the command's options to a parser; all commands have ``--out``.
    run : callable
        Does it, given the options.
    cells : callable or None
        Returns the cells of an experiment that consists of fits, given the options.
    lenders : tuple of str
        Experiments that have some of the same cells, and keep their records.
    folder : Path or None
        Where the results go, by default results/NAME.
    """

    name: str
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]
    cells: Callable[[Namespace], list[Cell]] | None = None
    lenders: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def out(self) -> Path:
        """Where the results go unless the command line says otherwise."""
        return self.folder or Path("results") / self.name

    def records(self, options: Namespace) -> Records:
        """Return the records that there are: of --out, of the repository and of the cache."""
        folders = (options.out, RESULTS / self.name)
        return Records(self.name, options.cache, folders, self.lenders)


def fit(wanted: Sequence[Cell], options: Namespace) -> pd.DataFrame:
    """Return a row for each cell of the experiment that the options are of."""
    records = options.experiment.records(options)
    return cells.run(wanted, records, options.n_jobs, options.fresh)


def tell(
    text: list[str],
    records: pd.DataFrame,
    options: Namespace,
    drawn: pd.DataFrame | None = None,
) -> None:
    """Print where the numbers come from, the text and what failed; keep them and the records.

    Those that are ``drawn`` and measure nothing are kept too.
    """
    write_table(pd.concat([records, drawn], ignore_index=True), options.out)
    tables.tell([provenance(records, options), *text, tables.failures(records)], options.out)
