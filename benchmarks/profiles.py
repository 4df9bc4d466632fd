"""Where the time of training and of scoring goes, operation by operation, by torch's profiler.

What is profiled runs in processes of its own, for which this file is a script: where another folder
leads their path, they measure the version in there, in turn with this one. All of them fit flows of
one shape, that of the default, to a made table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import pandas as pd
import torch
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm

#: The shape of the default of today.
SHAPE = {
    "n_estimators": 16,
    "hidden_neuron_list": (48,),
    "batch_size": 256,
    "lipschitz": (0.35, 1.5, 1.5),
    "random_state": 0,
    "device": "cpu",
}

#: What torch's operations do, in the order of the tables, by their names without underscores.
KINDS = {
    "matrix products": {"bmm", "baddbmm", "mm", "addmm", "matmul"},
    "LeakyReLU": {"leaky_relu"},
    "tanh, exp": {"tanh", "sigmoid", "exp"},
    "sums and norms": {"sum", "mean", "norm", "linalg_vector_norm", "logsumexp"},
    "sorting": {"topk", "sort", "argsort", "scatter"},
    "copies and memory": {
        "copy", "clone", "cat", "stack", "index", "index_put", "index_select", "gather",
        "constant_pad_nd", "fill", "zero", "empty", "empty_like", "empty_strided", "resize",
    },
    "random numbers": {"rand", "randn", "randperm", "normal", "uniform"},
    "Adam": {"fused_adam"},
}  # fmt: skip
ARITHMETIC, PYTHON = "other arithmetic and views", "between the operations"


@dataclass(frozen=True)
class Effort:
    """Rows to train on, rows to score, columns, and turns."""

    train: int
    score: int
    columns: int
    rounds: int


THOROUGH = Effort(2000, 20_000, 9, rounds=5)
QUICK = Effort(100, 300, 4, rounds=1)


def compare(versions: dict[str, Path], effort: Effort) -> dict[str, list[dict]]:
    """Return what ``measure`` found for each version, which run in turn."""
    found: dict[str, list[dict]] = {name: [] for name in versions}
    turns = [(name, folder) for _ in range(effort.rounds) for name, folder in versions.items()]
    for name, folder in tqdm(turns, unit="run"):
        found[name].append(in_version(folder, effort))
    return found


def operations(versions: dict[str, Path], effort: Effort) -> dict[str, dict]:
    """Return what ``measure`` found under the profiler for the first version and the last."""
    ends = dict.fromkeys((next(iter(versions)), next(reversed(versions))))
    return {name: in_version(versions[name], effort, profiled=True) for name in ends}


def conditions(effort: Effort) -> str:
    """Return a line on what is profiled."""
    return (
        f"{SHAPE['n_estimators']} flows of {SHAPE['hidden_neuron_list'][0]} hidden units, batches "
        f"of {SHAPE['batch_size']}; {effort.columns} columns, {effort.train} rows to train on, "
        f"{effort.score} to score; medians of {effort.rounds} turns. A fit's own scoring is within."
    )


def in_version(folder: Path, effort: Effort, profiled: bool = False) -> dict[str, dict]:
    """Return what ``measure`` returns where the package of a folder is found first."""
    run = subprocess.run(
        [sys.executable, __file__, json.dumps([asdict(effort), profiled])],
        env=os.environ | {"PYTHONPATH": str(folder.resolve())},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(f"the version in {folder} failed:\n{run.stderr.strip()}")
    return json.loads(run.stdout.splitlines()[-1])


def measure(effort: Effort, profiled: bool) -> dict[str, dict]:
    """Return the seconds of training and of scoring, or of their operations."""
    # Here, so that a run as a script takes the version that its path names.
    from pyod_robustnvp import RobustRealNVP

    source = torch.Generator().manual_seed(0)
    X, X_new = (
        torch.randn(n, effort.columns, generator=source).cumsum(1).double().numpy()
        for n in (effort.train, effort.score)
    )
    clf = RobustRealNVP(**SHAPE).fit(X)
    clf.decision_function(X_new)
    look = _operations if profiled else lambda run: {"seconds": _seconds(run)}
    return {
        "training": {"times": clf.n_iter_, **look(lambda: clf.fit(X))},
        "scoring": {"times": len(X_new) / 1000, **look(lambda: clf.decision_function(X_new))},
    }


def _operations(run: Callable[[], object]) -> dict[str, object]:
    """Return the seconds of a run under the profiler, and seconds and calls of its operations."""
    with profile(activities=[ProfilerActivity.CPU], acc_events=True) as watched:
        seconds = _seconds(run)
    operations = {
        event.key.removeprefix("aten::"): (event.self_cpu_time_total / 1e6, event.count)
        for event in watched.key_averages()
        if event.key.startswith("aten::")
    }
    return {"seconds": seconds, "operations": operations}


def _seconds(run: Callable[[], object]) -> float:
    start = perf_counter()
    run()
    return perf_counter() - start


def kind(operation: str) -> str:
    """Return what an operation of torch does.

    Examples
    --------
    >>> kind("bmm"), kind("leaky_relu_backward"), kind("expand")
    ('matrix products', 'LeakyReLU', 'other arithmetic and views')
    """
    name = operation.strip("_").removesuffix("_backward")
    return next((kind for kind, names in KINDS.items() if name in names), ARITHMETIC)


def totals(found: dict[str, list[dict]], phase: str) -> pd.DataFrame:
    """Return the milliseconds of each version, a step or a thousand rows, and their ratio."""
    of = {
        name: pd.Series([1e3 * run[phase]["seconds"] / run[phase]["times"] for run in runs])
        for name, runs in found.items()
    }
    rows = [
        {"version": name, "median": ms.median(), "min": ms.min(), "max": ms.max()}
        for name, ms in of.items()
    ]
    table = pd.DataFrame(rows)
    table["/ the first"] = table["median"] / table["median"].iloc[0]
    table["/ the one before"] = table["median"] / table["median"].shift()
    return table


def divided(found: dict[str, dict], phase: str) -> pd.DataFrame:
    """Return how a step or a thousand rows divide into kinds of operations, in milliseconds.

    As the profiler saw them, which slows small operations most.
    """
    columns = {}
    for name, of in found.items():
        kinds = _by_kind(of[phase])
        columns[f"{name}, ms"] = {of: ms for of, (ms, _) in kinds.items()}
        columns[f"{name}, operations"] = {of: count for of, (_, count) in kinds.items()}
    return pd.DataFrame(columns).rename_axis("kind").reset_index()


def _by_kind(phase: dict) -> dict[str, tuple[float, float]]:
    """Return milliseconds and operations of each kind, a step or a thousand rows."""
    sums = {name: [0.0, 0.0] for name in (*KINDS, ARITHMETIC)}
    for operation, (seconds, count) in phase["operations"].items():
        sums[kind(operation)][0] += seconds
        sums[kind(operation)][1] += count
    within = sum(seconds for seconds, _ in sums.values())
    sums[PYTHON] = [phase["seconds"] - within, 0.0]
    times = phase["times"]
    return {name: (1e3 * seconds / times, count / times) for name, (seconds, count) in sums.items()}


if __name__ == "__main__":
    wanted, under_profiler = json.loads(sys.argv[1])
    print(json.dumps(measure(Effort(**wanted), under_profiler)))
