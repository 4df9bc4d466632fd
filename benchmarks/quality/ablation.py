"""What each choice of the default is worth: the default with one choice switched off at a time."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.training import Settings

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import seeded
from ..harness.experiment import Experiment, fit, tell
from ..harness.protocol import Protocol
from . import splits

CANDIDATE_STEPS = (50, 100, 200, 400)
HELD_OUT = 0.1
# A cap of 0.35 on each of two matrices smooths as much as one of 0.5 on each of three.
WIDE = {"n_estimators": 16, "hidden_neuron_list": (48,), "lipschitz": (0.35, 1.5, 1.5)}


class OfSteps(RobustRealNVP):
    """The default with another number of steps."""

    steps = 200

    def _settings(self, n_samples: int) -> Settings:
        return replace(super()._settings(n_samples), steps=self.steps)


class Steps100(OfSteps):
    """The default with half the steps."""

    steps = 100


class Steps400(OfSteps):
    """The default with twice the steps."""

    steps = 400


class StepsByHeldOutLikelihood(OfSteps):
    """The default with the steps that give held-out rows the highest trimmed likelihood.

    A tenth of the rows is held out; their trimmed mean leaves out the least likely 35 %, as the
    training does, since they hold anomalies too. The last fit is to all rows.
    """

    def fit(self, X: NDArray, y: object = None) -> StepsByHeldOutLikelihood:
        """Fit every candidate to nine tenths of the rows, then the likeliest to all."""
        order = np.random.default_rng(self.random_state).permutation(len(X))
        held_out, rest = np.split(order, [max(round(HELD_OUT * len(X)), 1)])

        def loss(steps: int) -> float:
            self.steps = steps
            super(StepsByHeldOutLikelihood, self).fit(X[rest])
            scores = np.sort(self.decision_function(X[held_out]))
            return scores[: max(round(0.65 * len(scores)), 1)].mean()

        losses = {steps: loss(steps) for steps in CANDIDATE_STEPS}
        self.steps = min(losses, key=losses.__getitem__)
        return super().fit(X)


class MixtureOfFlows(RobustRealNVP):
    """The default with the mean of the flows' densities instead of their power mean."""

    def _pooled(self, by_flow: torch.Tensor) -> NDArray:
        return -self._power_means(by_flow, 1.0).mean(axis=0)


class ProductOfFlows(RobustRealNVP):
    """The default with the mean of the flows' log-densities instead of their power mean."""

    def _pooled(self, by_flow: torch.Tensor) -> NDArray:
        return -by_flow.mean(dim=0).cpu().numpy()


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
    "mixture of the flows": seeded(MixtureOfFlows),
    "product of the flows": seeded(ProductOfFlows),
    "min-max input, no noise": seeded(RobustRealNVP, preprocessing=MinMaxScaler(), noise=0.0),
    "z-scored input": seeded(RobustRealNVP, preprocessing=StandardScaler(), noise=0.23),
    "ranks as input": seeded(
        RobustRealNVP,
        preprocessing=QuantileTransformer(n_quantiles=100, random_state=0),
        noise=0.06,
    ),
    "100 steps": seeded(Steps100),
    "400 steps": seeded(Steps400),
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
