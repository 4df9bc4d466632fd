"""Cells of a table: each is computed once and kept in a file, so that a run can go on later.

Where ``protocol`` compares detectors in minutes and keeps their scores for pictures, this is for
runs of hours. A record knows the versions of the packages, the parameters and the data that it was
made with, and is not used for others; it does not notice an edited function: give such a run a new
folder.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from .provenance import machine, versions

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
        Returns what was measured, numbers or lists of numbers by name, ``seconds`` among them.
    weight : float
        How long it takes, in any unit; for the bar.
    """

    dataset: str
    method: str
    seed: int
    settings: str
    work: Callable[[], dict[str, Any]] = field(repr=False)
    weight: float = 1.0

    @property
    def title(self) -> dict[str, Any]:
        return {"dataset": self.dataset, "method": self.method, "seed": self.seed}

    def file(self, folder: Path) -> Path:
        """Return where the record lies; other settings or versions mean another file."""
        digest = joblib.hash((*self.title.values(), self.settings, versions()))[:12]
        return folder / f"{self.dataset}-{self.method}-{self.seed}-{digest}.json"


def run(cells: Sequence[Cell], folder: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Compute the cells that have no record in the folder, and return a row for each cell.

    A cell that raised has its ``error`` and no measures; the next run tries it again. Where all
    did, there is nothing to show, and the first error ends the run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if _read(cell, folder) is None]
    try:
        errors = _settle_all(missing, folder, n_jobs)
    except KeyboardInterrupt as interrupt:
        said = f"interrupted: the same command goes on, with the fits that {folder} keeps"
        raise SystemExit(said) from interrupt
    records = pd.DataFrame([_row(cell, folder, errors) for cell in cells])
    if (records["error"] != "").all():
        raise SystemExit(f"all {len(cells)} fits failed, the first with {records['error'][0]}")
    return records


def _settle_all(cells: Sequence[Cell], folder: Path, n_jobs: int) -> dict[Path, str]:
    """Compute cells and keep them; return what went wrong with each, by its file."""
    stream = Parallel(n_jobs, return_as="generator")(delayed(_settle)(c, folder) for c in cells)
    errors = {}
    with tqdm(total=sum(cell.weight for cell in cells), bar_format=BAR) as bar:
        for cell, errors[cell.file(folder)] in zip(cells, stream, strict=True):
            bar.set_postfix_str(", ".join(map(str, cell.title.values())), refresh=False)
            bar.update(cell.weight)
    return errors


def _settle(cell: Cell, folder: Path) -> str:
    """Compute a cell and keep it; return what went wrong, if anything did."""
    torch.manual_seed(cell.seed)  # SO-GAAL takes no random_state.
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            measures = cell.work()
        made = {"made": str(date.today()), "machine": machine(), "versions": versions()}
        record = cell.title | made | {"settings": cell.settings} | measures
        text = json.dumps(record, allow_nan=False)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    write(cell.file(folder), lambda draft: draft.write_text(text))
    return ""


def write(path: Path, fill: Callable[[Path], object]) -> None:
    """Let a file be filled beside the path, and put it there as a whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}{path.suffix}")
    try:
        fill(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _row(cell: Cell, folder: Path, errors: dict[Path, str]) -> dict[str, Any]:
    path = cell.file(folder)
    error = errors.get(path, "")
    return {**cell.title, "error": error} | ({} if error else json.loads(path.read_text()))


def _read(cell: Cell, folder: Path) -> dict[str, Any] | None:
    """Return the record of a cell, None where there is none, a damaged one or another's."""
    try:
        record = json.loads(cell.file(folder).read_text())
    except (FileNotFoundError, ValueError):
        return None
    said = cell.title | {"settings": cell.settings, "versions": versions()}
    return record if isinstance(record, dict) and said.items() <= record.items() else None
