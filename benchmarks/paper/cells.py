"""Cells of a table: each is computed once and kept in a file, so that a run can go on later."""

from __future__ import annotations

import contextlib
import io
import json
import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

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
        Returns what was measured, numbers or lists of numbers by name.
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
        """Return where the record lies; other settings mean another file."""
        digest = joblib.hash((*self.title.values(), self.settings))[:12]
        return folder / f"{self.dataset}-{self.method}-{self.seed}-{digest}.json"


def run(cells: Sequence[Cell], folder: Path, n_jobs: int = 1) -> pd.DataFrame:
    """Compute the cells that have no record in the folder, and return a row for each cell.

    A cell that raised has its ``error`` and no measures; the next run tries it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if not cell.file(folder).exists()]
    stream = Parallel(n_jobs, return_as="generator")(delayed(_settle)(c, folder) for c in missing)
    errors = {}
    with tqdm(total=sum(cell.weight for cell in missing), bar_format=BAR) as bar:
        for cell, errors[cell.file(folder)] in zip(missing, stream, strict=True):
            bar.set_postfix_str(", ".join(map(str, cell.title.values())), refresh=False)
            bar.update(cell.weight)
    return pd.DataFrame([_row(cell, folder, errors) for cell in cells])


def _settle(cell: Cell, folder: Path) -> str:
    """Compute a cell and keep it; return what went wrong, if anything did."""
    torch.manual_seed(cell.seed)  # SO-GAAL takes no random_state.
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            measures = cell.work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    _write(cell.file(folder), {**cell.title, "settings": cell.settings, **measures})
    return ""


def _write(path: Path, record: dict[str, Any]) -> None:
    """Write a record as a whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(record))
    draft.replace(path)


def _row(cell: Cell, folder: Path, errors: dict[Path, str]) -> dict[str, Any]:
    path = cell.file(folder)
    error = errors.get(path, "")
    return {**cell.title, "error": error} | ({} if error else json.loads(path.read_text()))
