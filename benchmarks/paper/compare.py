"""Tables of our numbers beside the paper's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from ..tables import ranks

OURS = "RobustRealNVP"
FAR = 0.05
ABSENT = ""


def means(records: pd.DataFrame, statistic: str = "mean") -> pd.DataFrame:
    """Return a statistic of the ROC-AUC over the seeds, a row a set, a column a method.

    A method that failed with one of the seeds has no number there.
    """
    complete = records.assign(auc=records["auc"].where(records["error"] == ""))
    grouped = complete.groupby(["dataset", "method"], sort=False)["auc"]
    whole = grouped.count() == grouped.size()
    return grouped.agg(statistic).where(whole).unstack(sort=False)


def beside(records: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Return mean ± standard deviation over the seeds and, in brackets, the distance to the paper.

    Below the sets stand the means over them and the average ranks, either with the paper's; the
    ranks are among the methods that the paper has.
    """
    ours, spread = means(records), means(records, "std")
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
        "mean": ours.mean(skipna=False).map("{:.3f}".format),
        "the paper's mean": theirs.mean(skipna=False).map("{:.3f}".format),
        "average rank": ranks(ours[ranked]).map("{:.2f}".format),
        "the paper's": ranks(theirs[ranked].dropna(how="all")).map("{:.2f}".format),
    }
    return pd.concat([body, pd.DataFrame(ends).T.replace("nan", ABSENT)]).fillna(ABSENT)


def _cell(mean: float, spread: float, paper: float) -> str:
    if pd.isna(mean):
        return "failed"
    text = f"{mean:.3f} ± {spread:.3f}" if pd.notna(spread) else f"{mean:.3f}"
    return text if pd.isna(paper) else f"{text} ({mean - paper:+.3f})"


def agreement(records: pd.DataFrame, paper: pd.DataFrame) -> pd.DataFrame:
    """Return how far each of the paper's methods is from its numbers, over the sets."""
    ours = means(records)
    off = (ours - paper.reindex(ours.index))[[m for m in ours if m in paper]]
    return pd.DataFrame(
        {
            "ours, mean": ours[off.columns].mean(),
            "paper's, mean": paper.reindex(ours.index)[off.columns].mean(),
            "difference": off.mean(),
            "absolute difference of a set, mean": off.abs().mean(),
            f"sets farther off than {FAR}": (off.abs() > FAR).sum(),
        }
    ).rename_axis("method")


def far_off(records: pd.DataFrame, paper: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Return a row for each set where one of the methods is far from the paper's number."""
    ours = means(records)
    rows = [
        (name, method, ours.loc[name, method], paper.loc[name, method])
        for method in methods
        for name in ours.index.intersection(paper.index)
        if abs(ours.loc[name, method] - paper.loc[name, method]) > FAR
    ]
    return pd.DataFrame(rows, columns=["set", "method", "ours", "paper's"])


def signed_rank(records: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Compare RobustRealNVP with each other method over the sets, by Wilcoxon's signed-rank test.

    The p-values are two-sided and not corrected for their number.
    """
    ours = means(records)
    rows = []
    for other in methods:
        difference = (ours[OURS] - ours[other]).dropna()
        p = wilcoxon(difference).pvalue
        wins, losses = (difference > 0).sum(), (difference < 0).sum()
        rows.append((other, difference.median(), wins, losses, p))
    names = ["RobustRealNVP against", "median difference", "wins", "losses", "p"]
    return pd.DataFrame(rows, columns=names)


def paired(records: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return one method's ROC-AUC minus another's over the seeds, a row a set, and who wins.

    A tie is a mean difference within the standard deviation of the differences.
    """
    auc = records.pivot(index=["dataset", "seed"], columns="method", values="auc")
    by_set = (auc[one] - auc[other]).groupby("dataset").agg(["mean", "std"])
    table = by_set.loc[records["dataset"].unique()].reset_index()
    outcome = np.where(table["mean"] > 0, "win", "loss")
    table["outcome"] = np.where(table["mean"].abs() <= table["std"], "tie", outcome)
    return table


def failures(records: pd.DataFrame) -> str:
    """Return a line for each cell that holds an error."""
    failed = records[records["error"] != ""]
    return "\n".join(
        f"{row.dataset}, {row.method}, seed {row.seed}: {row.error}" for row in failed.itertuples()
    )
