"""The promises of the README: their tests with many cases, and what many callers cost."""

from __future__ import annotations

import multiprocessing
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from numpy.typing import NDArray

from pyod_robustnvp import RobustRealNVP

from ..harness import options as given
from ..harness import tables
from ..harness.data import correlated
from ..harness.experiment import Experiment
from .children import in_child
from .timing import machine, seconds_of

TESTS = Path(__file__).parents[2] / "tests"
#: Rows of a call, calls, and how often all of them are timed.
ROWS, CALLS, RUNS = 5000, 16, 5

#: Scores each of several tables.
Map = Callable[[list[NDArray]], Any]


class Collector:
    """A plugin of pytest that adds up cases and failures of each test function."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, int]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count a failure in any phase, and the cases, which the last phase knows."""
        file, name = report.nodeid.split("[")[0].split("::")
        counts = self.found.setdefault(f"{Path(file).name}::{name}", {"cases": 0, "failures": 0})
        counts["failures"] += report.failed
        if report.when == "teardown":
            counts["cases"] += sum(n for key, n in report.user_properties if key == "cases")

    def table(self) -> pd.DataFrame:
        """Return a row a test function."""
        rows = [
            {"test": test, "promise": test.split("::test_")[1].replace("_", " "), **counts}
            for test, counts in self.found.items()
        ]
        return pd.DataFrame(rows, columns=["test", "promise", "cases", "failures"])


def run_tests(examples: int) -> pd.DataFrame:
    """Run the tests that are marked as promises, each property with so many examples."""
    try:
        import pytest
    except ImportError as error:
        raise ImportError(
            "the tests need pytest and hypothesis: pip install 'pyod-robustnvp[test]'"
        ) from error
    collector = Collector()
    arguments = ["-m", "reliability", f"--examples={examples}", "-q", "-p", "no:cacheprovider"]
    pytest.main([*arguments, str(TESTS)], plugins=[collector])
    if not collector.found:
        raise SystemExit(f"{TESTS} holds no tests: run this in a clone of the repository")
    return collector.table()


def callers() -> pd.DataFrame:
    """Return how long many callers of one model take, over one caller after the other."""
    rows = [{"callers": name, "times serial": in_child(slowdown, name)} for name in CALLERS]
    return pd.DataFrame(rows)


def slowdown(name: str) -> float:
    """Return the median ratio of the seconds that callers and a single caller take, in turn."""
    X = correlated(2000, 8, seed=0).X
    clf = RobustRealNVP(random_state=0).fit(X)
    jobs = [correlated(ROWS, 8, seed).X for seed in range(CALLS)]
    with CALLERS[name](clf.decision_function) as together:
        together(jobs)
        ratios = [
            seconds_of(partial(together, jobs))
            / seconds_of(lambda: [clf.decision_function(job) for job in jobs])
            for _ in range(RUNS)
        ]
    return float(np.median(ratios))


@contextmanager
def threads(n: int, score: Callable) -> Iterator[Map]:
    """Call from threads of this process."""
    with ThreadPoolExecutor(n) as pool:
        yield lambda jobs: list(pool.map(score, jobs))


@contextmanager
def processes(method: str, score: Callable) -> Iterator[Map]:
    """Call from two processes; torch gets a thread in each, of which we see to in forked ones."""
    settings = {} if method == "fork" else {"initializer": torch.set_num_threads, "initargs": (1,)}
    with multiprocessing.get_context(method).Pool(2, **settings) as pool:
        yield partial(pool.map, score)


@contextmanager
def joblib(n: int, backend: str, score: Callable) -> Iterator[Map]:
    """Call by joblib."""
    with Parallel(n, backend=backend) as parallel:
        yield lambda jobs: parallel(delayed(score)(job) for job in jobs)
    if backend == "loky":
        # Its processes wait for more, and this one, a child, would wait for them to end.
        get_reusable_executor().shutdown()


CALLERS = {
    "2 threads": partial(threads, 2),
    "8 threads": partial(threads, 8),
    "joblib, 8 threads": partial(joblib, 8, "threading"),
    "joblib, 2 processes": partial(joblib, 2, "loky"),
    "2 forked processes": partial(processes, "fork"),
    "2 spawned processes, a thread each": partial(processes, "spawn"),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--examples", type=given.count, default=5000, help="cases of each property")


def run(options: Namespace) -> None:
    """Present the tests and the callers, and end with a message where a test failed."""
    tests = run_tests(options.examples)
    found = {
        "tests": (f"Tests, {options.examples} examples of each property", tests),
        "callers": ("Many callers of one model, seconds over those of one", callers()),
    }
    tables.keep(found, [machine()], options.out)
    if tests["failures"].any():
        raise SystemExit("some promises are not kept")


RELIABILITY = Experiment(
    "reliability",
    "Run the tests of the README's promises, with many cases, and time many callers.",
    add_arguments,
    run,
)
