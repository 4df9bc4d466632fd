"""How time and memory grow with rows and columns: each cell in a process of its own."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyod.models.base import BaseDetector
from tqdm import tqdm

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import resolve

from ..harness import options as given
from ..harness import tables
from ..harness.data import correlated
from ..harness.detectors import DETECTORS, OURS
from ..harness.experiment import Experiment
from . import pictures
from .children import MIB, PrivatePeak, in_child
from .timing import exponent, in_turn, machine, seconds_of

COMPARED = (OURS, "IForest")
CHUNK = 100_000

#: Seconds that a cell may be expected to take, and those up to which it is run again.
BUDGET, SHORT = 600, 5


@dataclass(frozen=True)
class Sizes:
    """Rows of tables of ``d`` columns, columns of tables of ``n`` rows, runs of a short cell.

    ``turns`` is how often the fits are run whose growth is looked at.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    d: int = 10
    n: int = 10_000
    runs: int = 3
    turns: int = 9


FULL = Sizes(rows=(10**4, 10**5, 10**6, 10**7), columns=(2, 10, 30, 100, 300, 1000, 3000))
QUICK = Sizes(rows=(300, 1000, 3000), columns=(2, 20), n=300, runs=1, turns=2)


class Cell(NamedTuple):
    """What is run: a detector on the first rows of a file, mapped or read into memory."""

    detector: str
    rows: int
    columns: int
    source: str


def conditions(sizes: Sizes) -> str:
    """Return a line on what is measured, and how."""
    return (
        f"Cells of less than {SHORT} s are medians of {sizes.runs} runs, others one run. A cell "
        f"that by the one before it would take more than {BUDGET} s is skipped. Memory is what a "
        "fit or a scoring adds to the rows, less the arrays that it has to return."
    )


def seconds_and_memory(sizes: Sizes) -> pd.DataFrame:
    """Return seconds and private memory of every cell, a row each; skipped ones have none."""
    with TemporaryDirectory() as folder:
        paths = write_tables(sizes, Path(folder))
        rows = [
            cell._asdict() | found
            for name in COMPARED
            for cell, found in measured(list(cells(name, sizes)), paths, sizes.runs)
        ]
    return pd.DataFrame(rows)


def cells(detector: str, sizes: Sizes) -> Iterator[Cell]:
    """Yield the cells of a detector, from small to large, rows before columns."""
    for n in sizes.rows:
        yield Cell(detector, n, sizes.d, "memmap")
    yield Cell(detector, sizes.rows[-1], sizes.d, "array")
    for d in sizes.columns:
        if d != sizes.d or sizes.n not in sizes.rows:
            yield Cell(detector, sizes.n, d, "memmap")


def measured(
    todo: list[Cell], paths: dict[int, Path], runs: int
) -> Iterator[tuple[Cell, dict[str, float | str]]]:
    """Yield each cell and what was found, unless the one before it says that it takes too long."""
    before, seconds = todo[0], 0.0
    for cell in tqdm(todo, unit="cell", desc=todo[0].detector):
        growth = cell.rows * cell.columns / (before.rows * before.columns)
        if seconds * growth > BUDGET:
            yield cell, {"status": "skipped"}
            continue
        found = in_child(measure, cell, paths[cell.columns], runs)
        before, seconds = cell, found["fit, s"] + found["score, s"]
        yield cell, found | {"status": "run"}


def write_tables(sizes: Sizes, folder: Path) -> dict[int, Path]:
    """Write a file for each number of columns, as long as is needed, and return their paths."""
    lengths = dict.fromkeys(sizes.columns, sizes.n)
    lengths[sizes.d] = max(sizes.rows)
    return {d: write_table(n, d, folder / f"{d}.npy") for d, n in lengths.items()}


def write_table(n: int, d: int, path: Path) -> Path:
    """Write a correlated Gaussian with anomalies, in float32, chunk by chunk."""
    table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, d))
    for number, start in enumerate(range(0, n, CHUNK)):
        part = table[start : start + CHUNK]
        part[:] = correlated(len(part), d, seed=number).X
    table.flush()
    return path


def measure(cell: Cell, path: Path, runs: int) -> dict[str, float]:
    """Fit and score in this process: seconds, and MiB of private memory.

    Times of short cells are medians of so many runs. Memory is that of the first fit and of the
    first scoring, beyond the arrays that these have to return.
    """
    X = np.load(path, mmap_mode="r")[: cell.rows]
    if cell.source == "array":
        X = np.array(X)
    # The first fit in a process loads code.
    make(cell.detector, cell.columns).fit(np.array(X[:200])).decision_function(np.array(X[:200]))
    clf = make(cell.detector, cell.columns)
    with PrivatePeak() as of_fit:
        fit = seconds_of(lambda: clf.fit(X))
    kept = clf.decision_scores_.nbytes + clf.labels_.nbytes
    start = perf_counter()
    with PrivatePeak() as of_score:
        scores = clf.decision_function(X)
    score = perf_counter() - start
    unscored = time_unscored(clf, X)
    if fit + score < SHORT:
        again = [time_all(clf, X) for _ in range(runs - 1)]
        fit, unscored, score = np.median([(fit, unscored, score), *again], axis=0)
    return {
        "fit, s": float(fit),
        "fit without its scores, s": float(unscored),
        "score, s": float(score),
        "fit adds, MiB": of_fit.added - kept / MIB,
        "scoring adds, MiB": of_score.added - scores.nbytes / MIB,
    }


def make(detector: str, columns: int) -> BaseDetector:
    """Return an unfitted detector."""
    if detector == OURS:
        return RobustRealNVP(random_state=0, device="cpu")
    return DETECTORS[detector](0.1, 0, columns)


def time_all(clf: BaseDetector, X: NDArray) -> tuple[float, float, float]:
    """Return the seconds of a fit, of one without its scores where known, and of scoring."""
    fit = seconds_of(lambda: clf.fit(X))
    return fit, time_unscored(clf, X), seconds_of(lambda: clf.decision_function(X))


def time_unscored(clf: BaseDetector, X: NDArray) -> float:
    """Return the seconds of our fit of the density alone, NaN for other detectors."""
    if not isinstance(clf, RobustRealNVP):
        return np.nan
    settings = resolve(clf)
    return seconds_of(lambda: TabularDensity.fit(X, settings, random_state=0))


def growth(sizes: Sizes) -> pd.DataFrame:
    """Return the seconds of fits at the second and at the largest number of rows, in turn.

    Only the density is fitted: no row is scored.
    """
    with TemporaryDirectory() as folder:
        path = write_table(max(sizes.rows), sizes.d, Path(folder) / "rows.npy")
        return in_child(time_growth, path, sizes)


def time_growth(path: Path, sizes: Sizes) -> pd.DataFrame:
    """Time the fits in this process."""
    mapped = np.load(path, mmap_mode="r")
    clf = make(OURS, sizes.d)
    timed = {
        (source, n): lambda X=X[:n]: time_unscored(clf, X)
        for source, X in (("memmap", mapped), ("array", np.array(mapped)))
        for n in (sizes.rows[1], sizes.rows[-1])
    }
    table = in_turn(timed, sizes.turns)[["median", "min", "max"]].add_prefix("s, ")
    table.index = pd.MultiIndex.from_tuples(timed, names=["source", "rows"])
    first = table["s, median"].groupby("source", sort=False).transform("first")
    return table.assign(**{"/ the fewer rows": table["s, median"] / first}).reset_index()


def curves(table: pd.DataFrame, sizes: Sizes) -> dict[str, dict[str, tuple[pd.Series, pd.Series]]]:
    """Return what is drawn, by panel and by line: sizes and seconds."""
    done = table[(table["status"] == "run") & (table["source"] == "memmap")]
    panels = {
        "rows": done[done["columns"] == sizes.d],
        "columns": done[done["rows"] == sizes.n].sort_values("columns", kind="stable"),
    }
    return {
        panel: {
            f"{detector}, {name.removesuffix(', s')}": (of[panel], of[name])
            for detector, of in part.groupby("detector", sort=False)
            for name in ("fit, s", "fit without its scores, s", "score, s")
            if of[name].notna().all()
        }
        for panel, part in panels.items()
    }


def exponents(table: pd.DataFrame, sizes: Sizes) -> pd.DataFrame:
    """Return the exponents of what is drawn, over all sizes and between the two largest."""
    rows = [
        (panel, line, exponent(*points), exponent(*(of[-2:] for of in points)))
        for panel, lines in curves(table, sizes).items()
        for line, points in lines.items()
    ]
    return pd.DataFrame(rows, columns=["by", "what", "over all sizes", "between the two largest"])


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_quick(parser)


def run(options: Namespace) -> None:
    """Present seconds and memory, how they grow, and a picture."""
    sizes = QUICK if options.quick else FULL
    table = seconds_and_memory(sizes)
    found = {
        "scale": ("Seconds and private memory of a process", table),
        "growth": ("Our fit without its scores, with few rows and with many", growth(sizes)),
        "exponents": ("Exponents of time", exponents(table, sizes)),
    }
    tables.keep(found, [machine(), conditions(sizes)], options.out)
    print(pictures.scale(curves(table, sizes), options.out))


SCALE = Experiment(
    "scale", "Measure seconds and private memory over rows and over columns.", add_arguments, run
)
