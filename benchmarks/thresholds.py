"""How well the share of anomalies can be estimated from the scores alone, by PyThresh."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from pythresh.thresholds.chau import CHAU
from pythresh.thresholds.clf import CLF
from pythresh.thresholds.filter import FILTER
from pythresh.thresholds.iqr import IQR
from pythresh.thresholds.karch import KARCH
from pythresh.thresholds.mad import MAD
from pythresh.thresholds.qmcd import QMCD
from tqdm import tqdm

from pyod_robustnvp import RobustRealNVP

from .datasets import Dataset

#: Classes of PyThresh that are compared, from their defaults.
THRESHOLDERS = (CLF, CHAU, QMCD, MAD, IQR, KARCH, FILTER)


def estimates(datasets: Iterable[Dataset]) -> pd.DataFrame:
    """Return the true share of each set and what each thresholder makes of the scores."""
    rows = {}
    for dataset in tqdm(datasets, unit="set"):
        clf = RobustRealNVP(random_state=0).fit(dataset.X)
        found = {cls.__name__: clf.estimate_contamination(cls()) for cls in THRESHOLDERS}
        rows[dataset.name] = {"true share": dataset.y.mean(), "0.1 for all": 0.1, **found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Data")


def errors(table: pd.DataFrame) -> pd.Series:
    """Return the mean absolute error of each column against the true share."""
    return table.drop(columns="true share").sub(table["true share"], axis=0).abs().mean()
