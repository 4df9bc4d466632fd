"""Figures 1 to 3: what the flows learn of two moons, clean and with anomalies."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from functools import partial

import pandas as pd

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

from ..harness.cells import DRAWN, Cell
from ..harness.experiment import Experiment, fit, tell
from ..harness.fits import described
from ..harness.tables import over_seeds
from . import fits, moons, pictures
from .compare import in_words
from .moons import CLEAN, CLUSTERED, NOISE, ROWS, SHARE, SPREAD, UNIFORM, WINDOW

MODELS = {"RealNVP": REAL_NVP, "TrimRealNVP": TRIM_REAL_NVP, "RobustRealNVP": {}}
#: Steps of training.
STEPS = 5000
#: The cap of RobustRealNVP.
K = 1.0

MEASURES = {
    "auc_uniform": "ROC-AUC against uniform",
    "auc_clustered": "ROC-AUC against clustered",
    "nll": "NLL of fresh moons, nats",
    "mass": "mass in the cluster's box",
}

SETTINGS = (
    f"{ROWS} rows of the moons with a noise of {NOISE}, batches of {PAPER['batch_size']}, {STEPS} "
    "steps, two hidden layers of 256 units, the columns as they are. TrimRealNVP and RobustRealNVP "
    f"are told a share of {SHARE}, RobustRealNVP has k = {K:g}."
)


def cells(kind: str, options: Namespace) -> list[Cell]:
    """Return the cells of a kind of moons; a RealNVP that saw clean ones is the yardstick."""
    seeds = range(options.seeds)
    found = [cell(kind, model, seed, options.quick) for seed in seeds for model in MODELS]
    if kind != CLEAN:
        found += [cell(CLEAN, "RealNVP", seed, options.quick) for seed in seeds]
    return found


def cell(kind: str, model: str, seed: int, quick: bool = False) -> Cell:
    """Return the cell of a model and a seed."""
    n, steps = (400, 12) if quick else (ROWS, STEPS)
    clf = flow(model, seed, round(steps / (len(moons.rows(kind, seed, n)) // PAPER["batch_size"])))
    clf = clf.set_params(hidden_neuron_list=(16, 16)) if quick else clf
    return Cell(
        f"{kind} moons",
        model,
        seed,
        f"{n} rows, noise {NOISE}, spread {SPREAD}; {described(clf)}",
        partial(moons.measure, clf, kind, seed, n),
        modules=(moons.__name__, type(clf).__module__),
    )


def flow(model: str, seed: int, epochs: int) -> RobustRealNVP:
    """Return an untrained model."""
    changes = {"preprocessing": False, "lipschitz": K} | MODELS[model]
    return RobustRealNVP(
        **(PAPER | changes | {"epoch_num": epochs}),
        contamination=SHARE,
        random_state=seed,
        device="cpu",
    )


def portraits(kind: str, seed: int, quick: bool) -> list[Cell]:
    """Return cells that train with a seed once more and keep the log-density on a grid."""
    found = []
    for model in MODELS:
        trained = cell(kind, model, seed, quick)
        work = partial(moons.portray, *trained.work.args)
        settings = f"{moons.PIXELS} pixels of {WINDOW}; {trained.settings}"
        drawn = trained.dataset + DRAWN
        found.append(replace(trained, dataset=drawn, settings=settings, work=work))
    return found


def typical(records: pd.DataFrame, kind: str) -> int:
    """Return the seed with which RealNVP tells anomalies apart as well as in the median.

    The first, where it failed with all.
    """
    own = records[(records["dataset"] == f"{kind} moons") & (records["method"] == "RealNVP")]
    auc = own.set_index("seed")[f"auc_{UNIFORM if kind == CLEAN else kind}"].dropna().sort_values()
    return int(auc.index[len(auc) // 2]) if len(auc) else 0


def summary(records: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return mean ± standard deviation over the seeds, a row a model.

    The last row is a RealNVP that saw clean moons alone, where the others did not.
    """
    clean = records["dataset"] == f"{CLEAN} moons"
    named = records["method"].where(~clean | (kind == CLEAN), "RealNVP, clean rows")
    parts = records.assign(model=named)
    words = {}
    for key, title in MEASURES.items():
        mean, spread = (over_seeds(parts, ["model"], key, s) for s in ("mean", "std"))
        words[title] = [in_words(*pair) for pair in zip(mean, spread, strict=True)]
    return pd.DataFrame(words, index=mean.index)


def run(kind: str, options: Namespace) -> None:
    """Present one kind of moons."""
    records = fit(cells(kind, options), options)
    table, seed = summary(records, kind), typical(records, kind)
    drawn = fit(portraits(kind, seed, options.quick), options)
    text = [
        *fits.notes(SETTINGS, options=options),
        f"Two moons, {kind}, mean ± standard deviation over the seeds. The picture is of seed "
        f"{seed}, RealNVP's middle one by ROC-AUC.",
        table.to_markdown(),
    ]
    tell(text, records, options, drawn)
    print(pictures.moons(drawn, kind, table, options.out))


def _figure(name: str, kind: str, text: str, lenders: tuple[str, ...] = ()) -> Experiment:
    run_kind, cells_of_kind = partial(run, kind), partial(cells, kind)
    return Experiment(name, text, fits.add_arguments, run_kind, cells_of_kind, lenders)


FIGURE1 = _figure(
    "figure1", CLEAN, "Show what RealNVP, TrimRealNVP and RobustRealNVP learn of two clean moons."
)
FIGURE2 = _figure(
    "figure2",
    UNIFORM,
    "Show what they learn of two moons with 5 % uniform anomalies.",
    ("figure1",),
)
FIGURE3 = _figure(
    "figure3",
    CLUSTERED,
    "Show what they learn of two moons with 5 % clustered anomalies.",
    ("figure1",),
)
