"""How much scores depend on what the user can't know: the true contamination and the seed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import pandas as pd

from pyod_robustnvp import RobustRealNVP

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import Maker
from ..harness.experiment import Experiment, fit, tell
from ..harness.protocol import Protocol
from . import pictures, splits

FACTORS = (0.5, 1.0, 2.0)
TRIMS = {"auto": "auto", "contamination itself": None}


def makers(seeds: int) -> dict[str, Maker]:
    """Return the default at several assumed contaminations and with several seeds.

    The contamination that a maker is given is the true one.
    """
    assuming = {
        f"{trim}, {factor:g} times": _assuming(factor, trim_fraction)
        for trim, trim_fraction in TRIMS.items()
        for factor in FACTORS
    }
    return assuming | {f"seed {seed}": _with_seed(seed) for seed in range(seeds)}


def _assuming(factor: float, trim_fraction: str | None) -> Maker:
    return lambda contamination, seed, columns: RobustRealNVP(
        contamination=min(factor * contamination, 0.5),
        trim_fraction=trim_fraction,
        random_state=seed,
    )


def _with_seed(fixed: int) -> Maker:
    return lambda contamination, seed, columns: RobustRealNVP(random_state=fixed)


def by_contamination(records: pd.DataFrame) -> pd.DataFrame:
    """Return the mean ROC-AUC, a row a factor of the true one, a column a way of trimming."""
    means = tables.frame(records, "roc").mean(skipna=False)
    return pd.DataFrame(
        {trim: [means[f"{trim}, {factor:g} times"] for factor in FACTORS] for trim in TRIMS},
        index=pd.Index(FACTORS, name="assumed / true share"),
    )


def by_seed(records: pd.DataFrame) -> pd.Series:
    """Return the standard deviation of each set's ROC-AUC over the seeds of the model."""
    own = records[records["method"].str.startswith("seed ")]
    return tables.frame(own, "roc").std(axis=1, ddof=1)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_files(parser)
    given.add_rows(parser)
    given.add_seeds(parser, 3)
    given.add_fits(parser)


def cells(options: Namespace) -> list[Cell]:
    """Return the cells: one split of each file."""
    if options.seeds < 2:
        raise SystemExit("--seeds must be at least 2: one seed has no spread")
    protocol = Protocol(rows=options.rows)
    return splits.cells(splits.of_files(options, 1), makers(options.seeds), protocol)


def run(options: Namespace) -> None:
    """Present means by the assumed contamination and the spread over the seeds."""
    records = fit(cells(options), options)
    tables.write_csv(records, options.out)
    means, spread = by_contamination(records), by_seed(records)
    text = [
        "Mean ROC-AUC by the assumed share of anomalies and by what is trimmed",
        means.to_markdown(floatfmt=".4f"),
        f"Standard deviation of the ROC-AUC over {options.seeds} seeds of the model, mean over "
        f"the sets: {spread.mean():.4f}, largest: {spread.max():.4f} ({spread.idxmax()})",
    ]
    tell(text, records, options)
    print(pictures.sensitivity(means, spread, options.out))


SENSITIVITY = Experiment(
    "sensitivity",
    "Vary the assumed contamination and the seed of the model on one split of each file.",
    add_arguments,
    run,
    cells,
)
