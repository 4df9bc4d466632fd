"""Where the time of a fit and of scoring goes, operation by operation, beside former versions.

All versions are loaded into this process, each under a name of its own, and run in turn: what slows
the machine slows all of them. They fit flows of one shape, that of the default, to a made table.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from statistics import median

import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile

from ..harness import options as given
from ..harness import tables
from ..harness.data import correlated
from ..harness.experiment import Experiment
from .timing import in_turn, machine, seconds_of

PACKAGE = "pyod_robustnvp"
OURS = "ours"

#: The shape of the default, in parameters that versions since 0.1.0 took.
SHAPE = {
    "n_estimators": 12,
    "hidden_neuron_list": (56,),
    "batch_size": 256,
    "lipschitz": (0.35, 1.5, 1.5),
}

#: torch's threads under the profiler, which sees the operations of its caller alone: tables are
#: scored by threads that have one each.
THREADS = {"fit": None, "scoring": 1}

#: What torch's operations do, in the order of the tables, by their names without underscores.
KINDS = {
    "matrix products": {"bmm", "baddbmm", "mm", "addmm", "matmul"},
    "LeakyReLU": {"leaky_relu"},
    "tanh, sigmoid, exp": {"tanh", "sigmoid", "exp"},
    "sums and norms": {"sum", "mean", "norm", "linalg_vector_norm", "logsumexp"},
    "sorting": {"topk", "sort", "argsort", "scatter"},
    "copies and memory": {
        "copy", "clone", "cat", "stack", "index", "index_put", "index_put_impl", "index_select",
        "gather", "constant_pad_nd", "fill", "zero", "empty", "empty_like", "empty_strided",
        "resize",
    },
    "random numbers": {"rand", "randn", "randperm", "normal", "uniform"},
    "Adam": {"fused_adam"},
    "singular values": {"linalg_svd"},
}  # fmt: skip
OTHER, OUTSIDE, ALL = "other arithmetic and views", "outside torch's operations", "all"

#: What a version does in the tables, and how often.
Runs = dict[str, tuple[Callable[[], object], float]]


@dataclass(frozen=True)
class Effort:
    """Rows to train on, passes over them, rows to score, columns, turns, turns of the profiler."""

    train: int
    epochs: int
    score: int
    columns: int
    rounds: int
    profiled: int


THOROUGH = Effort(2048, 25, 20_480, 9, rounds=15, profiled=5)
QUICK = Effort(256, 3, 300, 4, rounds=2, profiled=1)


def conditions(effort: Effort) -> str:
    """Return a line on what is profiled."""
    return (
        f"{SHAPE['n_estimators']} flows with hidden layers {SHAPE['hidden_neuron_list']}, batches "
        f"of {SHAPE['batch_size']}; {effort.columns} columns, {effort.train} rows to fit, "
        f"{effort.score} to score. A fit is divided by the number of its steps, with all that it "
        f"does: scaling, singular values, the scores of its rows. Medians of {effort.rounds} "
        f"turns; of {effort.profiled} under the profiler, which slows small operations most and "
        "sees a scoring that has one thread, as each of those that share a table."
    )


def load(folders: list[Path]) -> dict[str, type]:
    """Return the detector of each folder by the folder's name, and this one as ours."""
    found = {}
    for folder in folders:
        name = folder.resolve().name
        if name in (*found, OURS):
            raise SystemExit(f"--against {folder}: another version is called {name}: rename it")
        found[name] = _detector(folder, f"{PACKAGE}_{len(found)}")
    return found | {OURS: _detector(Path(__file__).parents[2], f"{PACKAGE}_{OURS}")}


def _detector(folder: Path, name: str) -> type:
    """Return the class that a folder's package holds, imported under a name."""
    package = folder / PACKAGE
    code = package / "__init__.py"
    spec = spec_from_file_location(name, code, submodule_search_locations=[str(package)])
    if not code.is_file() or spec is None or spec.loader is None:
        raise SystemExit(f"--against {folder} holds no {PACKAGE}: give the root of a checkout")
    sys.modules[name] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.RobustRealNVP


def runs(detector: type, effort: Effort) -> Runs:
    """Return a fit and a scoring of a version, and the steps and the thousands of rows in them."""
    X = correlated(effort.train, effort.columns, seed=0).X
    X_new = correlated(effort.score, effort.columns, seed=1).X
    clf = detector(**SHAPE, epoch_num=effort.epochs, random_state=0, device="cpu").fit(X)
    return {
        "fit": (lambda: clf.fit(X), clf.n_iter_),
        "scoring": (lambda: clf.decision_function(X_new), len(X_new) / 1000),
    }


def totals(versions: dict[str, Runs], phase: str, effort: Effort) -> pd.DataFrame:
    """Return the milliseconds of each version, a step or a thousand rows, and their ratios."""
    timed = {name: lambda run=of[phase][0]: seconds_of(run) for name, of in versions.items()}
    times = pd.Series({name: of[phase][1] for name, of in versions.items()})
    seconds = in_turn(timed, effort.rounds)[["median", "min", "max"]]
    table = seconds.mul(1e3).div(times, axis=0).add_prefix("ms, ")
    table["/ the first"] = table["ms, median"] / table["ms, median"].iloc[0]
    table["/ the one before"] = table["ms, median"] / table["ms, median"].shift()
    return table.rename_axis("version").reset_index()


def divided(versions: dict[str, Runs], phase: str, effort: Effort) -> pd.DataFrame:
    """Return how the milliseconds of the first version and of ours divide into kinds."""
    names = dict.fromkeys((next(iter(versions)), OURS))
    found = {name: [] for name in names}
    for _ in range(effort.profiled):
        for name in names:
            found[name].append(by_kind(*watched(versions[name][phase][0], THREADS[phase])))
    columns = {}
    for name, turns in found.items():
        times = versions[name][phase][1]
        for unit, part, factor in (("ms", 0, 1e3), ("operations", 1, 1)):
            columns[f"{name}, {unit}"] = {
                row: factor * median(turn[row][part] for turn in turns) / times for row in turns[0]
            }
    return pd.DataFrame(columns).rename_axis("kind").reset_index()


def watched(
    run: Callable[[], object], threads: int | None
) -> tuple[float, dict[str, tuple[float, int]]]:
    """Return the seconds of a run under the profiler, and seconds and calls of its operations."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        # acc_events only says that one cycle of the profiler is all there is.
        with profile(activities=[ProfilerActivity.CPU], acc_events=True) as watch:
            seconds = seconds_of(run)
    finally:
        torch.set_num_threads(before)
    return seconds, {
        event.key.removeprefix("aten::"): (event.self_cpu_time_total / 1e6, event.count)
        for event in watch.key_averages()
        if event.key.startswith("aten::")
    }


def by_kind(
    seconds: float, operations: dict[str, tuple[float, int]]
) -> dict[str, tuple[float, int]]:
    """Return seconds and calls of each kind of operation, of what is outside, and of all.

    Examples
    --------
    >>> by_kind(1.0, {"bmm": (0.25, 3), "mm": (0.25, 1)})["matrix products"]
    (0.5, 4)
    """
    sums = dict.fromkeys((*KINDS, OTHER), (0.0, 0))
    for operation, (taken, count) in operations.items():
        before, calls = sums[kind(operation)]
        sums[kind(operation)] = before + taken, calls + count
    within = sum(taken for taken, _ in sums.values())
    calls = sum(count for _, count in sums.values())
    return sums | {OUTSIDE: (seconds - within, 0), ALL: (seconds, calls)}


def kind(operation: str) -> str:
    """Return what an operation of torch does.

    Examples
    --------
    >>> kind("bmm"), kind("leaky_relu_backward"), kind("expand")
    ('matrix products', 'LeakyReLU', 'other arithmetic and views')
    """
    name = operation.strip("_").removesuffix("_backward")
    return next((kind for kind, names in KINDS.items() if name in names), OTHER)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_quick(parser)
    former = "checkouts of former versions to profile beside ours, the oldest first"
    parser.add_argument("--against", type=Path, nargs="+", default=[], metavar="DIR", help=former)


def run(options: Namespace) -> None:
    """Present the times of both phases, in all and by kinds of operations."""
    effort = QUICK if options.quick else THOROUGH
    versions = {name: runs(detector, effort) for name, detector in load(options.against).items()}
    found = {}
    for phase, title in (("fit", "Fit: ms a step"), ("scoring", "Scoring: ms a thousand rows")):
        found[phase] = (title, totals(versions, phase, effort))
        operations = divided(versions, phase, effort)
        found[f"{phase}_operations"] = (f"{title}, under the profiler", operations)
    tables.keep(found, [machine(), conditions(effort)], options.out)


PROFILE = Experiment(
    "profile",
    "Divide the time of a fit and of scoring into operations, beside former versions.",
    add_arguments,
    run,
)
