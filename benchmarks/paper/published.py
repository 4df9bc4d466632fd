"""The paper's numbers, as printed in its tables 1 and 2."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent / "published"


def table(name: str) -> pd.DataFrame:
    """Return the mean ROC-AUC of table1_odds or table2_cifar10, a row a set, a column a method."""
    read = pd.read_csv(FOLDER / f"{name}.csv")
    return read.pivot(index="dataset", columns="method", values="auc_mean")
