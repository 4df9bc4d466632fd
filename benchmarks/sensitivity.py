"""How much scores depend on what the user can't know: the true share and the seed."""

from __future__ import annotations

import pandas as pd

from pyod_robustnvp import RobustRealNVP

from .protocol import Maker, Record
from .tables import frame

FACTORS = (0.5, 1.0, 2.0)
TRIMS = {"auto": "auto", "contamination itself": None}


def makers(seeds: int) -> dict[str, Maker]:
    """Return the default at several assumed shares and with several seeds.

    The share that a maker is given is the true one.
    """
    shares = {
        f"{trim}, {factor:g} times": _assuming(factor, trim_fraction)
        for trim, trim_fraction in TRIMS.items()
        for factor in FACTORS
    }
    return shares | {f"seed {seed}": _seeded(seed) for seed in range(seeds)}


def _assuming(factor: float, trim_fraction: str | None) -> Maker:
    return lambda share, seed: RobustRealNVP(
        contamination=min(factor * share, 0.5), trim_fraction=trim_fraction, random_state=seed
    )


def _seeded(fixed: int) -> Maker:
    return lambda share, seed: RobustRealNVP(random_state=fixed)


def by_share(records: list[Record]) -> pd.DataFrame:
    """Return the mean ROC-AUC, a row a factor of the true share, a column a way of trimming."""
    means = frame(records, "roc").mean(skipna=False)
    return pd.DataFrame(
        {trim: [means[f"{trim}, {factor:g} times"] for factor in FACTORS] for trim in TRIMS},
        index=pd.Index(FACTORS, name="assumed / true share"),
    )


def by_seed(records: list[Record]) -> pd.Series:
    """Return the standard deviation of each set's ROC-AUC over the seeds of the model."""
    table = frame([r for r in records if r.detector.startswith("seed ")], "roc")
    return table.std(axis=1, ddof=1)
