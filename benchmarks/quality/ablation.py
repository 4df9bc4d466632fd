"""What each choice of the default is worth: the default with one choice switched off at a time."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.axes import PrincipalAxes
from pyod_robustnvp.box import Box
from pyod_robustnvp.columns import ScaledColumns
from pyod_robustnvp.pooling import PowerMean, StandardizedMean
from pyod_robustnvp.ranges import RangedColumns
from pyod_robustnvp.ranks import RankedColumns

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import Maker, seeded
from ..harness.experiment import Experiment, fit, tell
from ..harness.protocol import Protocol
from . import choice, splits
from .exchanged import Exchanged


def exchanged(**changes: object) -> Maker:
    """Return what makes the default with other settings of its density."""
    return seeded(Exchanged, changes=changes)


class RanksAlone(RankedColumns):
    """Ranks that say nothing of how dense a column is."""

    is_of_columns = False


SOFT, AXES, RANGES, RANKS = ScaledColumns(), PrincipalAxes(), RangedColumns(), RankedColumns()

#: The flows of a release before, in its two views: the score in nats, far rows moved as a whole.
FORMER = {
    "views": (SOFT, AXES), "box": Box(), "pooling": PowerMean(), "n_flows": 8, "hidden": (48, 48),
    "caps": (0.5, 1.5, 1.5, 1.5), "lr": 1e-3,
}  # fmt: skip

VARIANTS = {
    "default": seeded(RobustRealNVP),
    "no trimming": seeded(RobustRealNVP, trim_fraction=0.0),
    "trim the contamination": seeded(RobustRealNVP, trim_fraction=None),
    "no cap": seeded(RobustRealNVP, lipschitz=None),
    "no softened columns, nor their axes": exchanged(views=(RANGES, RANKS)),
    "no principal axes": seeded(RobustRealNVP, principal_axes=False),
    "no ranges": exchanged(views=(SOFT, AXES, RANKS)),
    "no ranks, no densities of columns": exchanged(views=(SOFT, AXES, RANGES)),
    "no densities of columns": exchanged(views=(SOFT, AXES, RANGES, RanksAlone())),
    "views averaged in nats": exchanged(pooling=PowerMean()),
    "mixture of the flows": exchanged(pooling=StandardizedMean(exponent=1.0)),
    "product of the flows": exchanged(pooling=StandardizedMean(exponent=0.0)),
    "no edges, far rows moved as a whole": exchanged(box=Box()),
    "no noise": seeded(RobustRealNVP, noise=0.0),
    "the former default": exchanged(**FORMER),
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_files(parser)
    text = "in place of the files, tables of a half of the suite of `choice`, one of a family"
    parser.add_argument("--suite", choices=choice.HALVES, help=text)
    text = "so many tables of each of its groups, at most"
    parser.add_argument("--most", type=given.count, default=8, help=text)
    given.add_rows(parser)
    given.add_contamination(parser)
    given.add_seeds(parser, 3)
    given.add_fits(parser)


def cells(options: Namespace) -> list[Cell]:
    """Return a cell for each split of each file and each variant."""
    if options.suite is None:
        sets = splits.of_files(options, options.seeds)
    else:
        first = choice.first_of_families(options.data_dir, options.suite, options.most)
        sets = [(dataset, seed) for dataset in first for seed in range(options.seeds)]
    protocol = Protocol(stratify=options.suite is not None, rows=options.rows)
    return splits.cells(sets, VARIANTS, protocol, options.contamination)


def run(options: Namespace) -> None:
    """Present a row a variant."""
    records = fit(cells(options), options)
    tables.write_csv(records, options.out)
    told = tables.summary(records) if options.suite is None else choice.summarized(records)
    tell([told], records, options)


ABLATION = Experiment(
    "ablation",
    "Switch off each choice of the default, one at a time, on files or on the suite of choice.",
    add_arguments,
    run,
    cells,
)
