"""Operations a second of training and of scoring, beside those of their bare matrix products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.flow import CPU_BLOCK, RealNVP
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.stacks import FLOWS_OF_A_STACK, fit_flows
from pyod_robustnvp.threads import shared

from ..harness.protocol import Draw
from . import products
from .timing import Timed, each, in_turn, seconds_of

#: Rows of the table that the training is timed on.
ROWS = 10_000


def of(draw: Draw, repeats: int, rounds: int) -> pd.DataFrame:
    """Return the operations a second of the bare products, of the training and of the scoring.

    The share is that of the products' rate in the same direction, the higher one where torch's
    threads share each product or have products of their own.
    """
    clf = RobustRealNVP(random_state=0, device="cpu").fit(draw.X)
    flow, batch, block = clf.density_.flows, clf.batch_size, CPU_BLOCK
    training, scoring = products.of_training(flow, batch), products.of_scoring(flow, block)
    stacks = [products.of_training(stack, batch) for stack in stacks_like(flow)]
    blocks = [products.of_scoring(flow, block) for _ in range(torch.get_num_threads())]
    train_all = our_training(clf, np.random.default_rng(0).normal(size=(ROWS, flow.features)))
    timed = {
        "products of a training step": each(lambda: products.multiply(training), repeats),
        "the same, by threads of their own": apart(stacks, repeats),
        "the whole training, by its steps": lambda: seconds_of(train_all) / clf.n_iter_,
        "products of a scored block": each(lambda: products.multiply(scoring), repeats),
        "the same, a block a thread": apart(blocks, repeats * len(blocks)),
        "decision_function": lambda: seconds_of(lambda: clf.decision_function(draw.X_new)),
    }
    seconds = in_turn(timed, rounds)
    to_train, to_score = products.operations_to_train(flow), products.operations_to_score(flow)
    table = pd.DataFrame(
        {
            "operations": [to_train * batch] * 3
            + [to_score * n for n in (block, block, len(draw.X_new))],
            **{f"ms, {name}": 1e3 * seconds[name] for name in ("median", "min", "max")},
        },
        index=seconds.index,
    )
    table["GFLOP/s"] = table["operations"] / table["ms, median"] / 1e6
    of_training, of_scoring = (table["GFLOP/s"].iloc[[n, n + 1]].max() for n in (0, 3))
    table["share"] = table["GFLOP/s"] / ([of_training] * 3 + [of_scoring] * 3)
    return table.rename_axis("what").reset_index()


def stacks_like(flow: RealNVP) -> list[RealNVP]:
    """Return untrained flows in stacks as the fit trains them."""
    n_stacks = -(-flow.n_flows // FLOWS_OF_A_STACK)
    sizes = [len(part) for part in np.array_split(np.arange(flow.n_flows), n_stacks)]
    return [RealNVP(flow.features, size, flow.hidden).requires_grad_(False) for size in sizes]


def apart(parts: list[list[products.Product]], repeats: int) -> Timed:
    """Return what times products of which each thread runs a part at a time.

    All parts are run, ``repeats`` times together.
    """
    times = max(repeats // len(parts), 1)

    def work(part: list[products.Product]) -> None:
        for _ in range(times):
            products.multiply(part)

    threads = torch.get_num_threads()
    return lambda: seconds_of(lambda: list(shared(work, parts, threads))) / times


def our_training(clf: RobustRealNVP, rows: NDArray[np.float64]) -> Callable[[], object]:
    """Return a function that trains the flows of a detector as its fit does."""
    settings, cpu = resolve(clf), torch.device("cpu")
    seen = np.stack([rows] * len(settings.views))

    def run() -> object:
        generator = torch.Generator().manual_seed(0)
        return fit_flows(seen, settings, settings.for_training(len(rows)), generator, cpu)

    return run
