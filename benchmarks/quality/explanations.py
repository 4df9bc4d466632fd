"""Whether explanations name the columns that are wrong: four ground truths, six explainers."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.experiment import Experiment, fit, tell
from ..harness.extras import extra
from . import explainers, truths
from .explainers import EXPLAINERS, FEW, OURS
from .truths import KINDS, Kind

#: Ten tables of each kind. The method was chosen on others: segment, wdbc, hypothyroid, saheart,
#: yeast, vehicle, and tables made with other seeds.
REAL = (
    "diabetes", "wine", "abalone/abalone-17_vs_7-8-9-10", "australian/australian", "bupa/bupa",
    "cleveland/cleveland-0_vs_4", "ecoli/ecoli1", "page-blocks/page-blocks-1-3_vs_4",
    "software/KC1", "winequality/winequality-red-4",
)  # fmt: skip
SUITE = (
    *(Kind("a", name) for name in REAL),
    *(Kind("b", f"gauss{d}", k) for d, k in ((10, 1), (10, 2), (10, 3), (20, 1), (20, 3))),
    *(Kind("b", f"mixture{d}", k) for d, k in ((10, 1), (10, 2), (10, 3), (20, 1), (20, 3))),
    *(Kind("c", f"curved{d}", k) for d, k in ((10, 1), (15, 1), (20, 2))),
    *(Kind("c", f"gauss{d}", k) for d, k in ((12, 1), (20, 2))),
    *(Kind("c", REAL[n], k) for n, k in ((2, 1), (7, 1), (8, 1), (8, 2))),
    Kind("c", "abalone/abalone-19_vs_10-11-12-13", 2),
    *(Kind("d", f"gauss{d}", k) for d, k in ((12, 3), (20, 4))),
    *(Kind("d", f"curved{d}", k) for d, k in ((10, 2), (15, 3))),
    *(Kind("d", REAL[n], k) for n, k in ((0, 3), (1, 3), (2, 3), (7, 3), (8, 4), (9, 3))),
    Kind("e", "gauss30", 2, 1000),
)
QUICK = (Kind("a", "gauss4", 1, 12), Kind("b", "mixture4", 2, 12))
MEASURES = {
    "first": "Right column first", "auroc": "AUROC over columns", "precision": "Precision at k",
}  # fmt: skip
#: Other seeds than those of the tables that the method was chosen on.
FIRST_SEED = 1000


def measures(contributions: NDArray, wrong: NDArray[np.bool_]) -> dict[str, float]:
    """Return how well contributions tell the wrong columns, means over the rows.

    Examples
    --------
    >>> measures(np.array([[3.0, 1.0, 2.0]]), np.array([[True, True, False]]))
    {'first': 1.0, 'auroc': 0.5, 'precision': 0.5}
    """
    order = np.argsort(-contributions, axis=1, kind="stable")
    right = np.take_along_axis(wrong, order, axis=1)
    told = [row[: row.sum()].mean() for row in right]
    areas = [roc_auc_score(y, x) for y, x in zip(wrong, contributions, strict=True)]
    found = {"first": right[:, 0].mean(), "auroc": np.mean(areas), "precision": np.mean(told)}
    return {name: float(value) for name, value in found.items()}


def measure(kind: Kind, name: str, seed: int) -> dict[str, Any]:
    """Return how well and how fast an explainer tells the wrong columns of a truth."""
    truth, explainer = kind.draw(seed), EXPLAINERS[name]
    rows = truth.X_new[:FEW] if explainer.is_slow else truth.X_new
    said, fitting, explaining = explainer.timed(truth.X, rows, seed)
    found = measures(said.contributions, truth.wrong[: len(rows)])
    few = measures(said.contributions[:FEW], truth.wrong[:FEW])
    return {
        **{f"few_{key}": value for key, value in few.items()},
        **({} if explainer.is_slow else found),
        **({} if np.isnan(said.gap) else {"gap": said.gap}),
        "time_fit": fitting,
        "rows": len(rows),
        "time_row": explaining / len(rows),
    }


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_seeds(parser, 1)
    given.add_quick(parser)
    given.add_fits(parser)


def cells(options: Namespace) -> list[Cell]:
    """Return a cell for each truth, seed and explainer."""
    if not find_spec("shap"):
        extra("shap", "bench")
    from shap import __version__ as version

    suite = QUICK if options.quick else SUITE
    return [
        Cell(
            kind.name,
            name,
            seed,
            f"{kind}, {FEW} rows where slow, shap {version}",
            partial(measure, kind, name, seed),
            modules=(__name__, explainers.__name__, truths.__name__, "pyod_robustnvp.explain"),
            weight=FEW * 100 if explainer.is_slow else kind.rows,
        )
        for kind in suite
        for seed in range(FIRST_SEED, FIRST_SEED + options.seeds)
        for name, explainer in EXPLAINERS.items()
    ]


def summary(records: pd.DataFrame, measure: str) -> str:
    """Return a Markdown table of a measure, a row an explainer: the mean of each kind of truth."""
    by_kind = records.groupby(["method", "kind"], sort=False)[measure].mean().unstack()
    found = by_kind.reindex(list(EXPLAINERS)).dropna(how="all")
    return found.rename_axis("").to_markdown(floatfmt=".3f")


def seconds(records: pd.DataFrame) -> str:
    """Return a Markdown table of the milliseconds a row, and how many times ours that is."""
    by_kind = records.groupby(["method", "kind"], sort=False)["time_row"].median().unstack()
    found = 1000 * by_kind.reindex(list(EXPLAINERS))
    times = (found / found.loc[OURS]).add_suffix(": times ours")
    return found.add_suffix(": ms a row").join(times).rename_axis("").to_markdown(floatfmt=".3g")


def run(options: Namespace) -> None:
    """Present how well each kind of truth is told, and how fast."""
    records = fit(cells(options), options)
    by_kind = records.assign(kind=records["dataset"].str[0])
    own = by_kind[by_kind["method"] == OURS]
    legend = "\n".join(f"- {kind}: {said}" for kind, said in KINDS.items())
    means, each = [], []
    for name, said in MEASURES.items():
        means += [f"### {said}", summary(by_kind, name)]
        means += [f"The first {FEW} rows of each table", summary(by_kind, f"few_{name}")]
        table = tables.frame(records, f"few_{name}").to_markdown(floatfmt=".3f")
        each += [f"### {said}, first {FEW} rows", table]
    text = [
        f"Kinds of ground truth, the mean over the tables of each:\n\n{legend}",
        f"## Means over the tables (SHAP's permutations explain {FEW} rows of each)",
        *means,
        "## Seconds, the median over the tables",
        seconds(by_kind),
        f"The contributions of `{OURS}` sum to what the scores differ by within "
        f"{own['gap'].max():.1g}. {_speed(own)}",
        "## Each table",
        *each,
    ]
    tell(text, records, options)


def _speed(own: pd.DataFrame) -> str:
    """Return how long many rows take."""
    many = own[own["kind"] == "e"]
    lines = [
        f"It explained {row.rows:,.0f} rows of 30 columns in {row.rows * row.time_row:.1f} s."
        for row in many.itertuples()
    ]
    return " ".join(lines)


EXPLANATIONS = Experiment(
    "explanations",
    "Compare what tells which columns make a row abnormal, on rows whose wrong columns are known.",
    add_arguments,
    run,
    cells,
)
