"""How long training, fits and scoring take, against the reference, other flows and other detectors.

What stands in one table runs in turn in this process, after a turn to warm up, on the CPU; the
memory alone is measured in children. The authors' procedure is not run to its end: its seconds are
those of the reference's step, timed beside our fit, times the number of its steps, and its ROC-AUC
is that of our own fit by the paper's settings.
"""

from __future__ import annotations

import warnings
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.base import BaseDetector
from pyod.models.deep_svdd import DeepSVDD
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import PAPER, RobustRealNVP
from pyod_robustnvp.density import Settings
from pyod_robustnvp.flow import RealNVP
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.training import train

from ..harness import data, tables
from ..harness import options as given
from ..harness.data import Dataset, correlated
from ..harness.detectors import DETECTORS, OURS
from ..harness.experiment import Experiment
from ..harness.protocol import Draw, Protocol, split
from . import children, pictures, rates, reference, usage
from .timing import Clock, Timed, between_steps, each, in_turn, machine, seconds_of

AUTHORS = "authors' procedure"
AS_AUTHORS = f"{OURS}, paper's settings"
CONTAMINATION = 0.1
T = TypeVar("T")

#: What is trained: flows of the authors' width, of a smaller one, and eight of these.
ONE, EIGHT = "width 64", "8 flows of width 64"
SMALL = PAPER | {"hidden_neuron_list": (64, 64)}
SHAPES = {
    "authors'": RobustRealNVP(**PAPER),
    ONE: RobustRealNVP(**SMALL),
    EIGHT: RobustRealNVP(**SMALL | {"n_estimators": 8}),
}

#: Shapes that others have too.
SHARED = ("authors'", ONE)

#: Detectors whose whole fit is timed.
CONTESTANTS = (OURS, "IForest", "LOF", "KNN", "MCD", "ADERH", "AutoEncoder", "DeepSVDD")
SLOW = ("LOF", "KNN", "ADERH", "AutoEncoder", "DeepSVDD")

#: Columns and rows of the tables that steps are timed on: shuttle has as many columns.
COLUMNS, ROWS = 9, 10_000


@dataclass(frozen=True)
class Effort:
    """How much is run.

    Attributes
    ----------
    steps : int
        Steps of training at a turn.
    repeats : int
        How often the bare products run at a turn.
    rounds : int
        Turns of everything but fits.
    fits, slow_fits : int
        Turns of the fits, and of those that take long.
    calls : int
        Of ``decision_function`` with few rows.
    weighed : tuple of str
        Whose memory is measured.
    """

    steps: int
    repeats: int
    rounds: int
    fits: int
    slow_fits: int
    calls: int
    weighed: tuple[str, ...]


THOROUGH = Effort(
    50, 100, 9, fits=5, slow_fits=2, calls=200, weighed=(*CONTESTANTS, *reference.FLOWS)
)
QUICK = Effort(3, 2, 2, fits=1, slow_fits=1, calls=2, weighed=(OURS,))


def of(dataset: Dataset) -> Draw:
    """Return the 60/40 split that is timed."""
    return split(lambda seed: dataset, Protocol(), 0)


def conditions(effort: Effort) -> str:
    """Return a line on how the times were taken."""
    return (
        f"Medians and extremes of {effort.rounds} turns; fits have as many as their table says, "
        f"by set there are three of the step and one fit. A step is the mean of {effort.steps} in "
        "a row, from the end of one to the end of the next. The reference's batches come from a "
        "DataLoader, those of all others from memory. Networks use all threads of torch, stacks of "
        "our flows one each, IForest, LOF and KNN what their defaults give them, one. Tables are "
        "measured one after another, and the machine has quicker and slower minutes: compare "
        "within a table. GPU figures are not measured."
    )


# Training steps


def steps(effort: Effort) -> pd.DataFrame:
    """Return the milliseconds of a training step, and their ratios to those of others."""
    rows = torch.randn(ROWS, COLUMNS)
    timed = {
        (shape, name): run
        for shape, clf in SHAPES.items()
        for name, run in trainings(clf, rows, effort, shared=shape in SHARED).items()
    }
    found = in_turn({key: run for key, run in timed.items() if run}, effort.rounds)
    found = found.reindex(pd.MultiIndex.from_tuples(timed, names=["shape", "contestant"]))
    table = 1e3 * found[["median", "min", "max"]].add_prefix("ms, ")
    for other in ("reference", "zuko"):
        base = [table["ms, median"].get((shape, other), np.nan) for shape, _ in table.index]
        table[f"/ {other}"] = table["ms, median"] / base
    alone = table["ms, median"] / table.loc[(ONE, OURS), "ms, median"]
    table["/ one flow"] = alone.where(table.index.get_level_values("shape") == EIGHT)
    table["status"] = table["ms, median"].isna().map({True: "not installed", False: "run"})
    return table.reset_index()


def trainings(
    clf: RobustRealNVP, rows: torch.Tensor, effort: Effort, shared: bool
) -> dict[str, Timed | None]:
    """Return what times a step of each contestant, None for one that is not installed."""
    ours = {OURS: between_steps(our_steps(clf, rows, effort.steps))}
    if not shared:
        return ours
    width, batch_size = clf.hidden_neuron_list[0], clf.batch_size
    eps = settings_of(clf).trim
    others = {
        name: installed(partial(reference.contestant, name, rows, width, batch_size, eps))
        for name in reference.FLOWS
    }
    return ours | {name: other and each(other.step, effort.steps) for name, other in others.items()}


def our_steps(clf: RobustRealNVP, rows: torch.Tensor, steps: int) -> Callable[[], Clock]:
    """Return a function that trains the flows of a detector as one stack, in so many steps."""
    settings = settings_of(clf)
    training = replace(settings.for_training(len(rows)), steps=steps)
    x = rows.expand(len(settings.views), -1, -1).contiguous()

    def run() -> Clock:
        generator = torch.Generator().manual_seed(0)
        flows = RealNVP(rows.shape[1], settings.n_flows, settings.hidden, generator)
        with Clock(steps, flows.n_flows) as clock:
            train(flows, x, training, generator, None, clock)
        return clock

    return run


def settings_of(clf: RobustRealNVP) -> Settings:
    """Return the settings of a detector's density."""
    return resolve(clf)


def installed(make: Callable[[], T]) -> T | None:
    """Return what is made, or None, and say so, where the library for it is missing."""
    try:
        return make()
    except ImportError as error:
        print(error)
        return None


# Whole fits and scoring


def make(name: str, columns: int) -> BaseDetector:
    """Return an unfitted contestant, by its defaults and silent."""
    if name == "DeepSVDD":
        return DeepSVDD(columns, verbose=0, random_state=0, contamination=CONTAMINATION)
    if name == OURS:
        return RobustRealNVP(contamination=CONTAMINATION, random_state=0, device="cpu")
    if name == "AutoEncoder":
        return AutoEncoder(verbose=0, random_state=0, contamination=CONTAMINATION, device="cpu")
    return DETECTORS[name](CONTAMINATION, 0, columns)


def as_authors(contamination: float) -> RobustRealNVP:
    """Return our detector with the paper's settings, told the true contamination as theirs was."""
    return RobustRealNVP(**PAPER, contamination=contamination, random_state=0, device="cpu")


def fits(draw: Draw, effort: Effort) -> tuple[pd.DataFrame, dict[str, BaseDetector]]:
    """Return the seconds of whole fits and the ROC-AUC of held-out rows, and the detectors."""
    fitted: dict[str, BaseDetector] = {}
    detectors = {name: partial(make, name, draw.X.shape[1]) for name in CONTESTANTS}
    detectors[AS_AUTHORS] = partial(as_authors, float(draw.y.mean()))

    def fit(name: str, X: NDArray) -> float:
        fitted[name] = detectors[name]()
        return seconds_of(lambda: fitted[name].fit(X))

    rounds = dict.fromkeys(SLOW, effort.slow_fits) | {AS_AUTHORS: 1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in detectors:
            fit(name, draw.X[:500])
        timed = {name: lambda name=name: fit(name, draw.X) for name in detectors}
        timed |= computed(draw.X, effort)
        rounds = dict.fromkeys(timed, effort.fits) | rounds
        table = in_turn(timed, rounds, warm_up=False).add_prefix("s, ")
    table = table.rename(columns={"s, rounds": "rounds"})
    table["ROC-AUC"] = pd.Series(
        {
            name: roc_auc_score(draw.y_new, clf.decision_function(draw.X_new))
            for name, clf in fitted.items()
        }
    )
    table["/ ours"] = table["s, median"] / table.loc[OURS, "s, median"]
    return table.rename_axis("detector").reset_index(), fitted


def computed(X: NDArray, effort: Effort) -> dict[str, Timed]:
    """Return what times steps of other flows' training and counts them up to 200 epochs."""
    rows, steps = torch.as_tensor(X).float(), {AUTHORS: authors_step(X)}
    for name in ("zuko", "normflows"):
        if flow := installed(partial(reference.contestant, name, rows)):
            steps[name] = flow.step
    timed = {f"{name}, computed": each(step, effort.steps) for name, step in steps.items()}
    for step in timed.values():
        step()
    return {name: lambda step=step: step() * authors_steps(len(X)) for name, step in timed.items()}


def authors_step(X: NDArray) -> reference.Step:
    """Return a step of the authors' training on the rows of X."""
    eps = settings_of(RobustRealNVP(**PAPER)).trim
    return reference.contestant("reference", torch.as_tensor(X).float(), eps=eps).step


def authors_steps(n: int) -> int:
    """Return the steps of the authors' training on n rows.

    Examples
    --------
    >>> authors_steps(29458)
    46000
    """
    return PAPER["epoch_num"] * max(n // PAPER["batch_size"], 1)


def throughput(draw: Draw, fitted: dict[str, BaseDetector], effort: Effort) -> pd.DataFrame:
    """Return how many held-out rows a second each detector scores."""
    X, X_new = (torch.as_tensor(rows).float() for rows in (draw.X, draw.X_new))
    timed = {
        name: lambda clf=clf: seconds_of(lambda: clf.decision_function(draw.X_new))
        for name, clf in fitted.items()
    }
    for name in reference.FLOWS:
        if flow := installed(partial(reference.fit, name, X, effort.steps)):
            timed[name] = lambda nll=flow.nll: seconds_of(lambda: reference.score(nll, X_new))
    seconds = in_turn(timed, effort.rounds)
    columns = {"median": "median", "min": "max", "max": "min"}
    table = pd.DataFrame(
        {f"rows/s, {name}": len(X_new) / seconds[slowest] for name, slowest in columns.items()}
    )
    table["/ ours"] = table["rows/s, median"] / table.loc[OURS, "rows/s, median"]
    return table.rename_axis("detector").reset_index()


def by_set(datasets: list[Dataset], effort: Effort) -> pd.DataFrame:
    """Return, for each set and for all together, our fit against the authors' as computed."""
    rows = [_of_set(dataset, effort) for dataset in datasets]
    table = pd.DataFrame(rows)
    total = {"Data": "all together"} | {
        name: table[name].sum() for name in (f"{AUTHORS}, computed s", "our fit, s")
    }
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    table["ratio"] = table[f"{AUTHORS}, computed s"] / table["our fit, s"]
    return table.astype(dict.fromkeys(("rows", "columns", "steps"), "Int64"))


def _of_set(dataset: Dataset, effort: Effort) -> dict[str, object]:
    X = of(dataset).X
    timed = {
        "step": each(authors_step(X), effort.steps),
        "fit": lambda: seconds_of(lambda: make(OURS, X.shape[1]).fit(X)),
    }
    seconds = in_turn(timed, {"step": 3, "fit": 1})["median"]
    n_steps = authors_steps(len(X))
    return {
        "Data": dataset.name,
        "rows": len(X),
        "columns": X.shape[1],
        "reference step, ms": 1e3 * seconds["step"],
        "steps": n_steps,
        f"{AUTHORS}, computed s": seconds["step"] * n_steps,
        "our fit, s": seconds["fit"],
    }


# Memory


def peaks(draw: Draw, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the MiB that fitting and scoring add to those of a process that only loads the rows.

    Each contestant has a process of its own, into which it loads its code. Flows whose library is
    missing are left out.
    """
    names = tuple(
        name
        for name in names
        if name not in reference.FLOWS or installed(partial(reference.FLOWS[name], 2, 4))
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npz"
        np.savez(path, X=draw.X, X_new=draw.X_new)
        nothing, *of_names = [children.in_child(peak, name, path) for name in (None, *names)]
    return pd.DataFrame({"detector": names, "MiB": [most - nothing for most in of_names]})


def peak(name: str | None, path: Path) -> float:
    """Return the most MiB that this process held, after it fitted and scored a contestant."""
    rows = np.load(path)
    X, X_new = rows["X"], rows["X_new"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name in reference.FLOWS:
            flow = reference.fit(name, torch.as_tensor(X).float(), steps=50)
            reference.score(flow.nll, torch.as_tensor(X_new).float())
        elif name:
            make(name, X.shape[1]).fit(X).decision_function(X_new)
    return children.memory("VmHWM")


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_files(parser)
    given.add_quick(parser)


def run(options: Namespace) -> None:
    """Present all times, and the memory."""
    effort = QUICK if options.quick else THOROUGH
    datasets = [correlated(300, 5, seed=0)] if options.quick else data.load_files(options)
    shown = next((s for s in datasets if s.name == "shuttle"), datasets[-1])
    draw = of(shown)
    sets, of_steps = by_set(datasets, effort), steps(effort)
    of_fits, fitted = fits(draw, effort)
    found = {
        "steps": ("Training step; all flows of a shape take it together", of_steps),
        "products": (
            "Matrix products, default configuration",
            rates.of(draw, effort.repeats, effort.rounds),
        ),
        "fits": (f"Whole fit, {len(draw.X)} rows of {shown.name}", of_fits),
        "scoring": ("Scored rows a second", throughput(draw, fitted, effort)),
        "sets": ("Our fit against the authors' 200 epochs, as computed from a step", sets),
        "memory": ("Peak memory of a fit and its scoring, MiB", peaks(draw, effort.weighed)),
    } | usage.tables(draw, fitted, effort.fits, effort.calls)
    tables.keep(found, [machine(), conditions(effort)], options.out)
    print(pictures.speed(of_steps, found["scoring"][1], options.out))


SPEED = Experiment(
    "speed",
    "Time training, fits and scoring in turn with others, whole fits on shuttle.",
    add_arguments,
    run,
)
