"""Records of fits: the tables that are kept with the results, and a cache that grows by lines."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from .provenance import versions

#: Where the results of this repository are kept.
RESULTS = Path(__file__).parents[1] / "results"
TABLE, SETTINGS, ARRAYS = "records.csv", "settings.json", "arrays.npz"

#: What names a record, and what else is known of it besides its measures.
NAMES = ("dataset", "method", "seed", "key")
ORIGIN = ("code", "made", "machine")
#: What a run knows of a record and no table keeps; the sidecar has the settings.
UNKEPT = ("error", "present code", "lender", "settings", "versions")

Record = dict[str, Any]


class Wanted(Protocol):
    """What a record is looked for by: a :class:`~benchmarks.harness.cells.Cell` has it."""

    @property
    def title(self) -> dict[str, Any]:
        """What names it."""

    @property
    def key(self) -> str:
        """A digest of its settings."""

    @property
    def code(self) -> str:
        """A hash of the code that would make it."""


class Records:
    """The records of an experiment: those of tables, those that others lend, and a cache.

    Parameters
    ----------
    name : str
        Of the experiment.
    cache : Path
        A folder with a file of JSON lines for each experiment; new records are appended there.
    tables : iterable of Path, default=()
        Folders with tables of this experiment.
    lenders : iterable of str, default=()
        Experiments that have some of the same cells: their records are used and not kept again.
    """

    def __init__(
        self, name: str, cache: Path, tables: Iterable[Path] = (), lenders: Iterable[str] = ()
    ) -> None:
        self.cache = cache
        self._path = cache / f"{name}.jsonl"
        self._found: dict[tuple, list[Record]] = defaultdict(list)
        for lender in lenders:
            lent = [*read_table(RESULTS / lender), *read_lines(cache / f"{lender}.jsonl")]
            self._put(record | {"lender": lender} for record in lent)
        for folder in tables:
            self._put(read_table(folder))
        self._put(read_lines(self._path))

    def _put(self, records: Iterable[Record]) -> None:
        for record in records:
            self._found[tuple(record[name] for name in NAMES)].append(record)

    def find(self, cell: Wanted, fresh: bool = False) -> Record | None:
        """Return the record of a cell, of the present code where there is one.

        Where there is none, a record of other code is returned, but not to who wants a fresh one.
        """
        found = self._found[(*cell.title.values(), cell.key)]
        present = [record for record in found if record.get("code") == cell.code]
        return next(iter(present if fresh else present + found), None)

    def append(self, line: str) -> None:
        """Add a record, a line of JSON, to the cache."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                # A run that was killed may have left half a line.
                line = line if file.read() == b"\n" else f"\n{line}"
            file.write(f"{line}\n".encode())
        self._put([json.loads(line)])


def read_lines(path: Path) -> Iterator[Record]:
    """Yield the records of a file of JSON lines, if there is one; damaged lines are left out."""
    if not path.exists():
        return
    for line in path.read_text(errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and set(NAMES) <= set(record):
            yield record


def read_table(folder: Path) -> Iterator[Record]:
    """Yield the records of a folder's table, if there is one, with their arrays."""
    if not (folder / TABLE).exists():
        return
    arrays = _read_arrays(folder)
    for row in texts_of(folder).to_dict("records"):
        words = {name: row.pop(name) for name in (*NAMES, *ORIGIN)}
        numbers = {name: float(text) for name, text in row.items() if text}
        seed = {"seed": int(words["seed"])}
        yield words | seed | numbers | arrays.get(tuple(words[name] for name in NAMES), {})


def texts_of(folder: Path) -> pd.DataFrame:
    """Return a folder's table as it is written, nothing where there is no number."""
    return pd.read_csv(folder / TABLE, dtype=str, keep_default_na=False)


def _read_arrays(folder: Path) -> dict[tuple[str, ...], Record]:
    found: dict[tuple[str, ...], Record] = defaultdict(dict)
    if (folder / ARRAYS).exists():
        with np.load(folder / ARRAYS) as arrays:
            for name, values in arrays.items():
                *names, measure = name.rsplit("/", len(NAMES))
                found[tuple(names)][measure] = values
    return found


def write_table(records: pd.DataFrame, folder: Path) -> None:
    """Write the records that no lender has: a table, their settings and their arrays.

    The table has a row a fit and a column a measure, with all digits.
    """
    own = records[(records["error"] == "") & records["lender"].isna()]
    is_array = own.map(lambda value: isinstance(value, list | np.ndarray))
    texts = {versions(): dict(sorted(zip(own["key"], own["settings"], strict=True)))}
    kept = own.loc[:, ~is_array.any()].drop(columns=list(UNKEPT), errors="ignore")
    first = [*NAMES, *ORIGIN]
    kept = kept[[*first, *kept.columns.drop(first)]]
    folder.mkdir(parents=True, exist_ok=True)
    for name, present, fill in (
        (TABLE, len(own), lambda draft: kept.to_csv(draft, index=False)),
        (SETTINGS, len(own), lambda draft: draft.write_text(f"{json.dumps(texts, indent=0)}\n")),
        (
            ARRAYS,
            is_array.any(axis=None),
            lambda draft: np.savez_compressed(draft, **_named(own, is_array)),
        ),
    ):
        if present:
            write(folder / name, fill)
        else:
            (folder / name).unlink(missing_ok=True)


def _named(own: pd.DataFrame, is_array: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the arrays of records, each named by the record and the measure."""
    return {
        "/".join(map(str, (*own.loc[row, list(NAMES)], measure))): np.asarray(own.loc[row, measure])
        for row, measure in is_array.stack().loc[lambda found: found].index
    }


def write(path: Path, fill: Callable[[Path], object]) -> None:
    """Let a file be filled beside the path, and put it there as a whole or not at all."""
    draft = path.with_suffix(f".{os.getpid()}{path.suffix}")
    try:
        fill(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
