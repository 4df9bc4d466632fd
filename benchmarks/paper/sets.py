"""What the paper's experiments run on: the user's files, or small made tables for a quick look."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from ..harness.data import Dataset, correlated, find_data_dir, load_file
from ..harness.protocol import Source
from . import cifar, odds

QUICK_COMPONENTS = 4

#: The three ODDS sets with the largest contamination: the fewest rows are left out of them.
THINNED = ("pima", "ionosphere", "satellite")

#: Returns the draws of a set that has a contamination.
Family = Callable[[float], Source]


def of_odds(options: Namespace, names: Iterable[str]) -> list[Dataset]:
    """Return sets of ODDS by name."""
    if options.quick:
        return [_made(seed) for seed in range(3)]
    folder = find_data_dir(options.data_dir)
    return [load_file(folder, name) for name in names]


def _made(seed: int) -> Dataset:
    made = correlated(200, 4, seed, 0.2)
    return Dataset(f"made{seed}", made.X, made.y)


def features(options: Namespace) -> dict[str, cifar.Features]:
    """Return the features of CIFAR10's classes."""
    if not options.quick:
        return cifar.load(find_data_dir(options.data_dir))
    rng = np.random.default_rng(0)
    centres = {"airplane": -1.0, "deer": 0.0, "frog": 1.0}
    return {
        name: cifar.Features(rng.normal(c, 1, (180, 8)), rng.normal(3, 1, (10, 8)))
        for name, c in centres.items()
    }


def classes(options: Namespace, given: dict[str, cifar.Features]) -> list[Source]:
    """Return the draws of table 2: each class with uniform, then with clustered anomalies."""
    components = QUICK_COMPONENTS if options.quick else cifar.COMPONENTS
    return [
        cifar.source(given, name, kind, components=components)
        for kind in cifar.KINDS
        for name in given
    ]


def families(options: Namespace, given: dict[str, cifar.Features]) -> list[Family]:
    """Return the sets of figures 5 and 6: uniform anomalies of each class, then three of ODDS."""
    components = QUICK_COMPONENTS if options.quick else cifar.COMPONENTS
    of_classes = (partial(cifar.source, given, name, "u", components=components) for name in given)
    thinned = (partial(odds.thinned, dataset) for dataset in of_odds(options, THINNED))
    return [*of_classes, *thinned]
