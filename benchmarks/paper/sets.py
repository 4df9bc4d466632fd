"""What the paper's experiments run on: the user's files, or small made tables for a quick look."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from functools import partial

import numpy as np

from ..datasets import Dataset, correlated, find_data_dir, load_file
from . import cifar, fits, shares

QUICK_COMPONENTS = 4


def odds(options: argparse.Namespace, names: Iterable[str]) -> list[Dataset]:
    """Return sets of ODDS by name."""
    if options.quick:
        return [_made(seed) for seed in range(3)]
    folder = find_data_dir(options.data_dir)
    return [load_file(folder, name) for name in names]


def _made(seed: int) -> Dataset:
    made = correlated(200, 4, seed, share=0.2)
    return Dataset(f"made{seed}", made.X, made.y)


def features(options: argparse.Namespace) -> dict[str, cifar.Features]:
    """Return the features of CIFAR10's classes."""
    if not options.quick:
        return cifar.load(find_data_dir(options.data_dir))
    rng = np.random.default_rng(0)
    centres = {"airplane": -1.0, "deer": 0.0, "frog": 1.0}
    return {
        name: cifar.Features(rng.normal(c, 1, (180, 8)), rng.normal(3, 1, (10, 8)))
        for name, c in centres.items()
    }


def classes(options: argparse.Namespace, given: dict[str, cifar.Features]) -> list[fits.Source]:
    """Return the draws of table 2: each class with uniform, then with clustered anomalies."""
    components = QUICK_COMPONENTS if options.quick else cifar.COMPONENTS
    return [
        cifar.source(given, name, kind, components=components)
        for kind in cifar.KINDS
        for name in given
    ]


def families(options: argparse.Namespace, given: dict[str, cifar.Features]) -> list[shares.Family]:
    """Return the sets of figures 5 and 6: uniform anomalies of each class, then three of ODDS."""
    components = QUICK_COMPONENTS if options.quick else cifar.COMPONENTS
    of_classes = (partial(cifar.source, given, name, "u", components=components) for name in given)
    of_odds = (partial(fits.odds_with, dataset) for dataset in odds(options, shares.SETS))
    return [*of_classes, *of_odds]
