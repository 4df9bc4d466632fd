"""What each choice of the default is worth: the default with one choice switched off at a time."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.pooling import PowerMean

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import seeded
from ..harness.experiment import Experiment, fit, tell
from ..harness.protocol import Protocol
from . import splits
from .exchanged import Exchanged, StepsByHeldOutLikelihood

# A cap of 0.35 on each of two matrices smooths as much as one of 0.5 on each of three.
WIDE = {"n_estimators": 16, "hidden_neuron_list": (48,), "lipschitz": (0.35, 1.5, 1.5)}

#: Noise follows the scale of the input: 0.05 / 0.72 of the range of nine tenths of a column. The
#: principal axes have the default's scale in all variants. A single flow sees the columns alone.
VARIANTS = {
    "default": seeded(RobustRealNVP),
    "no trimming": seeded(RobustRealNVP, trim_fraction=0.0),
    "trim the contamination": seeded(RobustRealNVP, trim_fraction=None),
    "no cap": seeded(RobustRealNVP, lipschitz=None),
    "one cap, k = 1.5": seeded(RobustRealNVP, lipschitz=1.5),
    "one cap, k = 0.5": seeded(RobustRealNVP, lipschitz=0.5),
    "as many smooth flows": seeded(RobustRealNVP, lipschitz=(0.5, 1.5)),
    "smooth flows smoother, k = 0.35": seeded(RobustRealNVP, lipschitz=(0.35, 1.5, 1.5, 1.5)),
    "columns alone": seeded(RobustRealNVP, principal_axes=False),
    "no noise": seeded(RobustRealNVP, noise=0.0),
    "one flow, k = 1.5": seeded(RobustRealNVP, n_estimators=1, lipschitz=1.5),
    "16 flows": seeded(RobustRealNVP, n_estimators=16),
    "hidden layers of 64": seeded(RobustRealNVP, hidden_neuron_list=(64, 64)),
    "16 flows, one hidden layer of 48": seeded(RobustRealNVP, **WIDE),
    "batches of 128": seeded(RobustRealNVP, batch_size=128),
    "steps twice as large": seeded(RobustRealNVP, lr=2e-3),
    "mixture of the flows": seeded(Exchanged, changes={"pooling": PowerMean(1.0)}),
    "product of the flows": seeded(Exchanged, changes={"pooling": PowerMean(0.0)}),
    "min-max input, no noise": seeded(RobustRealNVP, preprocessing=MinMaxScaler(), noise=0.0),
    "z-scored input": seeded(RobustRealNVP, preprocessing=StandardScaler(), noise=0.23),
    "ranks as input": seeded(
        RobustRealNVP,
        preprocessing=QuantileTransformer(n_quantiles=100, random_state=0),
        noise=0.06,
    ),
    "100 steps": seeded(Exchanged, changes={"steps": 100}),
    "400 steps": seeded(Exchanged, changes={"steps": 400}),
    "steps by held-out likelihood": seeded(StepsByHeldOutLikelihood),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_files(parser)
    given.add_rows(parser)
    given.add_contamination(parser)
    given.add_seeds(parser, 3)
    given.add_fits(parser)


def cells(options: Namespace) -> list[Cell]:
    """Return a cell for each split of each file and each variant."""
    files = splits.of_files(options, options.seeds)
    return splits.cells(files, VARIANTS, Protocol(rows=options.rows), options.contamination)


def run(options: Namespace) -> None:
    """Present a row a variant."""
    records = fit(cells(options), options)
    tables.write_csv(records, options.out)
    tell([tables.summary(records)], records, options)


ABLATION = Experiment(
    "ablation",
    "Switch off each choice of the default, one at a time, on files of ADBench or ODDS.",
    add_arguments,
    run,
    cells,
)
