"""Tables of our numbers beside the paper's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from ..harness.detectors import OURS
from ..harness.extras import extra
from ..harness.tables import frame, over_seeds, ranks

FAR = 0.05
ABSENT = ""


def check_extras() -> None:
    """Raise what a missing package will raise at the end of the run, before its first fit."""
    for module in ("scikit_posthocs", "statsmodels.stats.multitest"):
        extra(module)


def in_words(mean: float, spread: float = float("nan")) -> str:
    """Return a mean and its standard deviation, which one seed does not have.

    Examples
    --------
    >>> in_words(0.5, 0.25), in_words(0.5), in_words(float("nan"))
    ('0.500 ± 0.250', '0.500', 'failed')
    """
    if pd.isna(mean):
        return "failed"
    return f"{mean:.3f}" if pd.isna(spread) else f"{mean:.3f} ± {spread:.3f}"


def beside(records: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Return mean ± standard deviation over the seeds and, in brackets, the distance to the paper.

    Below the sets stand the means over them and the average ranks, either with the paper's; the
    ranks are among the methods that the paper has.
    """
    ours, spread = frame(records, "roc"), frame(records, "roc", "std")
    theirs = paper.reindex(index=ours.index, columns=ours.columns)
    body = pd.DataFrame(
        {
            method: [
                _cell(ours.loc[name, method], spread.loc[name, method], theirs.loc[name, method])
                for name in ours.index
            ]
            for method in ours
        },
        index=ours.index,
    )
    ranked = [method for method in ours if method in paper]
    ends = {
        "mean": ours.mean(skipna=False).map("{:.3f}".format).replace("nan", "failed"),
        "the paper's mean": theirs.mean(skipna=False).map("{:.3f}".format),
        "average rank": ranks(ours[ranked]).map("{:.2f}".format),
        "of the paper's means": ranks(theirs[ranked].dropna(how="all")).map("{:.2f}".format),
    }
    return pd.concat([body, pd.DataFrame(ends).T.replace("nan", ABSENT)]).fillna(ABSENT)


def _cell(mean: float, spread: float, paper: float) -> str:
    distance = mean - paper
    return in_words(mean, spread) + ("" if pd.isna(distance) else f" ({distance:+.3f})")


def agreement(records: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Return how far each of the paper's methods is from its numbers, over the sets that it has."""
    ours = frame(records, "roc")
    ours = ours[[method for method in ours if method in paper]]
    theirs = paper.reindex(index=ours.index, columns=ours.columns).where(ours.notna())
    off = ours - theirs
    return pd.DataFrame(
        {
            "sets": off.count(),
            "ours, mean": ours.where(theirs.notna()).mean(),
            "paper's, mean": theirs.mean(),
            "difference": off.mean(),
            "absolute difference of a set, mean": off.abs().mean(),
            f"sets farther off than {FAR}": (off.abs() > FAR).sum(),
        }
    ).reset_index(names="method")


def far_off(records: pd.DataFrame, paper: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Return a row for each set where a method is far from the paper's number, or failed."""
    ours = frame(records, "roc")
    rows = [
        (name, method, in_words(ours.loc[name, method]), paper.loc[name, method])
        for method in methods
        for name in ours.index.intersection(paper.index)
        if not abs(ours.loc[name, method] - paper.loc[name, method]) <= FAR
    ]
    return pd.DataFrame(rows, columns=["set", "method", "ours", "paper's"])


def signed_rank(records: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Compare RobustRealNVP with each other method over the sets, by Wilcoxon's signed-rank test.

    The p-values are two-sided; Holm's are corrected for their number. A set where one of the two
    failed is left out.
    """
    ours = frame(records, "roc")
    rows = []
    for other in methods:
        difference = (ours[OURS] - ours[other]).dropna()
        wins, losses = (difference > 0).sum(), (difference < 0).sum()
        p = wilcoxon(difference).pvalue
        rows.append((other, len(difference), difference.median(), wins, losses, p))
    names = ["RobustRealNVP against", "sets", "median difference", "wins", "losses", "p"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**{"p, Holm": holm(table["p"].to_numpy())})


def smallest_p(sets: int) -> float:
    """Return the smallest two-sided p that Wilcoxon's test can give with so many sets.

    Examples
    --------
    >>> smallest_p(6)
    0.03125
    """
    return 2.0 ** (1 - sets)


def holm(p: NDArray) -> NDArray:
    """Return p-values corrected for their number (Holm 1979).

    Examples
    --------
    >>> holm(np.array([0.04, 0.01, 0.03])).tolist()
    [0.06, 0.03, 0.06]
    """
    return extra("statsmodels.stats.multitest").multipletests(p, method="holm")[1]


def paired(records: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return one method's ROC-AUC minus another's over the seeds, a row a set, and who wins.

    A tie is a mean difference within the standard deviation of the differences; a set where one of
    the methods failed with one of the seeds has no winner.
    """
    roc = records.pivot(index=["dataset", "seed"], columns="method", values="roc")
    difference = (roc[one] - roc[other]).rename("roc").reset_index()
    mean, spread = (over_seeds(difference, ["dataset"], "roc", s) for s in ("mean", "std"))
    table = pd.DataFrame({"mean": mean, "std": spread}).loc[records["dataset"].unique()]
    outcome = np.where(table["mean"] > 0, "win", "loss")
    outcome = np.where(table["mean"].abs() <= table["std"], "tie", outcome)
    return table.assign(outcome=np.where(table["mean"].isna(), "failed", outcome)).reset_index()
