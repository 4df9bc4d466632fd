"""Cells of a table: each is computed once and kept as a record, so that a run can go on later."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from . import provenance
from .records import Record, Records

#: The end of the names of sets that are fitted once more to be drawn, with nothing measured.
DRAWN = " drawn"
BAR = "{percentage:3.0f}%|{bar}| {elapsed} gone, {remaining} left{postfix}"


@dataclass(frozen=True)
class Cell:
    """One method on one draw of one set.

    Attributes
    ----------
    dataset, method : str
    seed : int
        Of the draw and of the method.
    settings : str
        All else that the result depends on: the method's parameters, the protocol, the data.
    work : callable
        Returns what was measured, numbers or arrays by name, ``time_fit`` among them.
    modules : tuple of str
        Those that decide the result, ours and others.
    weight : float
        How long it takes, in any unit; for the bar.
    labels : mapping
        What else a table says of the cell.
    """

    dataset: str
    method: str
    seed: int
    settings: str
    work: Callable[[], Mapping[str, Any]] = field(repr=False)
    modules: tuple[str, ...] = ()
    weight: float = 1.0
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> dict[str, Any]:
        """What a reader calls the cell."""
        return {"dataset": self.dataset, "method": self.method, "seed": self.seed}

    @cached_property
    def key(self) -> str:
        """A digest of the settings and of the versions of other packages."""
        text = f"{provenance.versions()}\n{self.settings}"
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def code(self) -> str:
        """A hash of the present code that decides the result."""
        return provenance.code(self.modules)

    def record(self, measures: Mapping[str, Any]) -> Record:
        """Return what is kept of the cell when it is measured here and now."""
        origin = {"code": self.code, "made": str(date.today()), "machine": provenance.machine()}
        texts = {"settings": self.settings, "versions": provenance.versions()}
        return {**self.title, "key": self.key, **origin, **texts, **measures}


def run(
    cells: Sequence[Cell], records: Records, n_jobs: int = 1, fresh: bool = False
) -> pd.DataFrame:
    """Compute the cells that have no record, and return a row for each cell.

    A cell that raised has its ``error`` and no measures; the next run tries it again. Where all
    did, there is nothing to show, and the first error ends the run.

    Parameters
    ----------
    cells : sequence of Cell
    records : Records
        New ones are added as soon as a cell is computed.
    n_jobs : int, default=1
        Cells that are computed at once.
    fresh : bool, default=False
        Whether cells whose record is of other code are computed too.
    """
    missing = [n for n, cell in enumerate(cells) if records.find(cell, fresh) is None]
    try:
        errors = _compute({n: cells[n] for n in missing}, records, n_jobs)
    except KeyboardInterrupt as interrupt:
        said = f"interrupted: the same command goes on, with the fits that {records.cache} keeps"
        raise SystemExit(said) from interrupt
    table = pd.DataFrame([_row(c, records, errors.get(n, "")) for n, c in enumerate(cells)])
    if (table["error"] != "").all():
        raise SystemExit(f"all {len(cells)} fits failed, the first with {table['error'][0]}")
    return table


def _compute(missing: Mapping[int, Cell], records: Records, n_jobs: int) -> dict[int, str]:
    """Compute cells and keep them; return what went wrong, by the number of the cell."""
    calls = (delayed(_settle)(n, cell) for n, cell in missing.items())
    stream = Parallel(n_jobs, return_as="generator_unordered")(calls)
    errors = {}
    with tqdm(total=sum(cell.weight for cell in missing.values()), bar_format=BAR) as bar:
        for n, line, error in stream:
            if error:
                errors[n] = error
            else:
                records.append(line)
            bar.set_postfix_str(", ".join(map(str, missing[n].title.values())), refresh=False)
            bar.update(missing[n].weight)
    return errors


def _settle(n: int, cell: Cell) -> tuple[int, str, str]:
    """Return a cell's number, its record as JSON, and what went wrong, if anything did."""
    try:
        record = cell.record(compute(cell))
        return n, json.dumps(record, allow_nan=False, default=_as_list), ""
    except Exception as error:
        return n, "", f"{type(error).__name__}: {error}"


def compute(cell: Cell) -> Mapping[str, Any]:
    """Return what a cell measures, silently."""
    torch.manual_seed(cell.seed)  # SO-GAAL takes no random_state.
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return cell.work()


def _as_list(value: Any) -> list:
    if not hasattr(value, "tolist"):
        raise TypeError(f"{value!r} is neither a number nor an array")
    return value.tolist()


def _row(cell: Cell, records: Records, error: str) -> Record:
    found = {} if error else records.find(cell)
    known = {"settings": cell.settings, "present code": cell.code, "error": error, "lender": None}
    return {**cell.title, **known, **found, **cell.labels}
