"""The cells of this room: detectors on 60/40 splits of sets, columns z-scored."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from functools import partial

import joblib
import numpy as np

from ..harness import data, fits
from ..harness.cells import Cell
from ..harness.data import Dataset
from ..harness.detectors import Maker
from ..harness.protocol import Protocol, Source, split
from ..harness.tables import LEADING


def of_files(options: Namespace, seeds: int) -> list[tuple[Dataset, int]]:
    """Return the sets that the options name, each with every seed."""
    return [(dataset, seed) for dataset in data.load_files(options) for seed in range(seeds)]


def source(dataset: Dataset, protocol: Protocol) -> Source:
    """Return the splits of a set."""
    said = f"{protocol.held_out} held out, z-scored"
    said += ", stratified" * protocol.stratify + f", {protocol.rows} rows" * bool(protocol.rows)
    return Source(
        dataset.name,
        f"{said}, of {joblib.hash((dataset.X, dataset.y))}",
        partial(split, partial(_same, dataset), protocol),
        min(len(dataset.X), protocol.rows or len(dataset.X)),
        dataset.X.shape[1],
        float(dataset.y.mean()),
        data.__name__,
    )


def _same(dataset: Dataset, seed: int) -> Dataset:
    return dataset


def cells(
    splits: list[tuple[Dataset, int]],
    makers: Mapping[str, Maker],
    protocol: Protocol,
    contamination: float | None = None,
    pictured: int | None = None,
) -> list[Cell]:
    """Return a cell for every set with its seed and every detector, in that order.

    Parameters
    ----------
    splits : list of (Dataset, int)
    makers : mapping of a name to Maker
    protocol : Protocol
    contamination : float or None
        What detectors are told; None tells them the true one among their training rows.
    pictured : int or None
        The seed whose scores are kept, for pictures.
    """
    found = []
    for dataset, seed in splits:
        draws = source(dataset, protocol)
        told = _true(draws, seed) if contamination is None else contamination
        said = len(dataset.X), draws.columns, 100 * draws.contamination
        labels = dict(zip(LEADING, said, strict=True))
        for name, make in makers.items():
            clf = make(told, seed, draws.columns)
            found.append(fits.cell(draws, name, clf, seed, labels, keep_scores=seed == pictured))
    return found


def _true(draws: Source, seed: int) -> float:
    """Return the contamination of the training rows, which is one that detectors take."""
    y = draws.draw(seed).y
    return float(np.clip(y.mean(), 1 / len(y), 0.5))
