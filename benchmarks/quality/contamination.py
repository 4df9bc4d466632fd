"""How well the contamination can be estimated from the scores alone, by PyThresh."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
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

from ..harness import options as given
from ..harness import tables
from ..harness.data import Dataset, load_files
from ..harness.experiment import Experiment

#: Classes of PyThresh that are compared, from their defaults.
THRESHOLDERS = (CLF, CHAU, QMCD, MAD, IQR, KARCH, FILTER)
TRUE = "true share"


def estimates(datasets: Iterable[Dataset]) -> pd.DataFrame:
    """Return the true contamination of each set and what each thresholder makes of the scores."""
    rows = {}
    for dataset in tqdm(datasets, unit="set"):
        clf = RobustRealNVP(random_state=0).fit(dataset.X)
        found = {cls.__name__: clf.estimate_contamination(cls()) for cls in THRESHOLDERS}
        rows[dataset.name] = {TRUE: dataset.y.mean(), "0.1 for all": 0.1, **found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("Data")


def errors(table: pd.DataFrame) -> pd.Series:
    """Return the mean absolute error of each column against the true contamination."""
    return table.drop(columns=TRUE).sub(table[TRUE], axis=0).abs().mean()


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_files(parser)


def run(options: Namespace) -> None:
    """Present the estimates and their errors."""
    table = estimates(load_files(options))
    means = {name: errors(part) for name, part in tables.groups(table).items()}
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "estimates.csv", float_format="%.4f")
    text = [
        "Share of anomalies, estimated from the scores",
        table.to_markdown(floatfmt=".3f"),
        "Mean absolute error",
        pd.DataFrame(means).T.to_markdown(floatfmt=".3f"),
    ]
    tables.tell(text, options.out)


CONTAMINATION = Experiment(
    "contamination",
    "Estimate the contamination from the scores alone, on files of ADBench or ODDS.",
    add_arguments,
    run,
)
