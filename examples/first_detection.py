"""Find the anomalies of a real table that nobody labelled, and see why they are odd.

The table is scikit-learn's of 569 breast tumours, 30 measures each. Of the malignant ones only
every tenth is kept, among all benign ones: 22 of 379 rows. The detector is told no label; the last
lines of the output compare.
"""

from __future__ import annotations

from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer

from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.explanation import Explanation

SHOWN = 10


def table() -> tuple[NDArray[np.float64], NDArray[np.bool_], list[str]]:
    """Return the measures, which rows are malignant, and the names of the columns."""
    data = load_breast_cancer()
    malignant = np.flatnonzero(data.target == 0)
    rows = np.sort(np.r_[np.flatnonzero(data.target == 1), malignant[::10]])
    return data.data[rows], data.target[rows] == 0, list(data.feature_names)


def reason(found: Explanation, place: int, names: list[str]) -> str:
    """Return which column adds most to a score, and what was expected there."""
    j = found.top(place)[0]
    expected, value = found.expected[place, j], found.values[place, j]
    return f"{names[j]} is {value:.4g}, expected was {expected:.4g}"


def main() -> None:
    """Fit, and print the most suspicious rows."""
    X, malignant, names = table()
    start = perf_counter()
    clf = RobustRealNVP(contamination=0.05, random_state=0).fit(X)
    seconds = perf_counter() - start
    print(f"{len(X)} rows, {X.shape[1]} columns: fitted and scored in {seconds:.1f} s\n")
    first = np.argsort(-clf.decision_scores_)[:SHOWN]
    start = perf_counter()
    found = clf.explain(X[first])
    print(f"The {SHOWN} most suspicious rows, explained in {perf_counter() - start:.1f} s")
    for place, row in enumerate(first):
        print(f"  row {row:3}, score {found.scores[place]:4.1f}: {reason(found, place, names)}")
    flagged = clf.labels_ == 1
    print(
        f"\nflagged: {flagged.sum()} rows with a score above {clf.threshold_:.1f}; "
        f"malignant, as the labels say that it never saw: {malignant[first].sum()} of the first "
        f"{SHOWN}, {malignant[flagged].sum()} of the flagged, {malignant.mean():.0%} of all"
    )


if __name__ == "__main__":
    main()
