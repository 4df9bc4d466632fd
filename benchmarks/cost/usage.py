"""How fast the detector is where it is used.

That is beside other programs, with few and many threads, for single rows, and until it is imported.
Whatever is compared runs in turn in this process; imports alone run in processes of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from pyod.models.base import BaseDetector

from pyod_robustnvp import RobustRealNVP

from ..harness.detectors import OURS
from ..harness.protocol import Draw
from .timing import in_turn, seconds_of

SPIN = "while True: pass"
# Until a process that was started holds its core.
STARTED = 0.5
#: Rows of the fits beside other programs.
BUSY_ROWS = 20_000
#: What is imported, the package last.
IMPORTS = {"torch": "torch", "PyOD": "pyod.models.base", OURS: "pyod_robustnvp"}


@contextmanager
def spinning(processes: int) -> Iterator[None]:
    """Keep so many cores busy with processes that do nothing else.

    Examples
    --------
    >>> with spinning(1):
    ...     pass
    """
    command = [sys.executable, "-c", SPIN]
    started = [subprocess.Popen(command) for _ in range(processes)]
    try:
        subprocess.run([sys.executable, "-c", f"import time; time.sleep({STARTED})"], check=True)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def tables(
    draw: Draw, fitted: dict[str, BaseDetector], rounds: int, calls: int
) -> dict[str, tuple[str, pd.DataFrame]]:
    """Return the tables of how fast the detector is where it is used, and their titles."""
    few = draw._replace(X=draw.X[:BUSY_ROWS], y=draw.y[:BUSY_ROWS])
    cores = os.cpu_count() or 1
    titles = {
        "busy": f"{len(few.X)} rows of it beside a process a core that spins",
        "threads": "Threads of torch; equal: the same scores as with one, to the last bit",
        "latency": "A call of decision_function",
        "imports": "Import in a fresh process",
    }
    found = (
        busy(few, cores, rounds),
        by_threads(few, rounds),
        latency(draw, fitted, calls),
        imports(rounds),
    )
    return {name: (titles[name], table) for name, table in zip(titles, found, strict=True)}


def busy(draw: Draw, cores: int, rounds: int) -> pd.DataFrame:
    """Return the seconds of a fit and of scoring, quiet and with a spinning process a core."""
    found = {}
    for label, processes in (("quiet", 0), ("busy", cores)):
        with spinning(processes):
            found[label] = in_turn(of_fit_and_scoring(draw), rounds)["median"]
    table = pd.DataFrame(found).add_prefix("s, ")
    table["busy / quiet"] = table["s, busy"] / table["s, quiet"]
    return table.rename_axis("what").reset_index()


def of_fit_and_scoring(draw: Draw) -> dict[str, object]:
    """Return what times a fit, the scoring of many rows and that of one."""
    clf = RobustRealNVP(random_state=0, device="cpu").fit(draw.X)
    one = draw.X_new[:1]
    return {
        "fit": lambda: seconds_of(lambda: ours().fit(draw.X)),
        f"score {len(draw.X_new)} rows": lambda: seconds_of(
            lambda: clf.decision_function(draw.X_new)
        ),
        "score a row": lambda: float(np.median(latencies(clf, one, 50))),
    }


def ours() -> RobustRealNVP:
    """Return an unfitted default detector on the CPU."""
    return RobustRealNVP(random_state=0, device="cpu")


def by_threads(draw: Draw, rounds: int) -> pd.DataFrame:
    """Return the seconds of a fit and of scoring with 1, 2 and all of torch's threads.

    ``equal`` says whether the scores are those of one thread to the last bit.
    """
    before = torch.get_num_threads()
    rows = []
    try:
        for threads in sorted({1, 2, before}):
            torch.set_num_threads(threads)
            seconds = in_turn(of_fit_and_scoring(draw), rounds)["median"]
            scores = ours().fit(draw.X).decision_function(draw.X_new)
            first = rows[0]["scores"] if rows else scores
            rows.append(
                {"threads": threads, "scores": scores, "equal": np.array_equal(scores, first)}
                | {f"s, {name}": value for name, value in seconds.items()}
            )
    finally:
        torch.set_num_threads(before)
    return pd.DataFrame(rows).drop(columns="scores")


def latencies(clf: BaseDetector, rows: np.ndarray, times: int) -> list[float]:
    """Return the seconds of each of several calls of ``decision_function``."""
    found = []
    for _ in range(times):
        start = perf_counter()
        clf.decision_function(rows)
        found.append(perf_counter() - start)
    return found


def latency(draw: Draw, fitted: dict[str, BaseDetector], times: int) -> pd.DataFrame:
    """Return the milliseconds of ``decision_function`` of one row and of a thousand."""
    table = []
    for name, clf in fitted.items():
        row: dict[str, object] = {"detector": name}
        for n in (1, min(1000, len(draw.X_new))):
            latencies(clf, draw.X_new[:n], 2)
            ms = 1e3 * np.array(latencies(clf, draw.X_new[:n], times))
            row[f"ms, {n} rows, median"] = np.median(ms)
            row[f"ms, {n} rows, 99 %"] = np.quantile(ms, 0.99)
        table.append(row)
    return pd.DataFrame(table)


def imports(rounds: int) -> pd.DataFrame:
    """Return the seconds until a module is imported, each in a fresh process."""

    def timed(module: str) -> float:
        code = (
            "from time import perf_counter as now; start = now(); "
            f"import {module}; print(now() - start)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        )
        return float(done.stdout)

    timers = {name: lambda module=module: timed(module) for name, module in IMPORTS.items()}
    table = in_turn(timers, rounds)[["median", "min", "max"]].add_prefix("s, ")
    return table.rename_axis("import").reset_index()
