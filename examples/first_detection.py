"""
Which rows of my table are anomalies?
=====================================

You have a table that nobody labelled, and you suspect that some of its rows are wrong
or unusual. One fit names them. The table here is scikit-learn's of 569 breast
tumours, 30 measures each. Of the malignant ones only every tenth is kept, among all
benign ones: 22 of 379 rows. The detector is told no label; at the end the labels show
what it found.
"""

# %%
# The table
# ---------
# ``X`` is what you would have: rows of numbers. ``malignant`` is what you would not
# have.

from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from pyod_robustnvp import RobustRealNVP

data = load_breast_cancer()
every_tenth = np.flatnonzero(data.target == 0)[::10]
rows = np.sort(np.r_[np.flatnonzero(data.target == 1), every_tenth])
X, malignant, names = (data.data[rows], data.target[rows] == 0, data.feature_names)

# %%
# The fit
# -------
# ``contamination`` is the fraction of rows that shall be flagged. It moves the
# threshold, not the scores.

start = perf_counter()
clf = RobustRealNVP(contamination=0.05, random_state=0).fit(X)
seconds = perf_counter() - start
print(f"{X.shape[0]} rows, {X.shape[1]} columns: {seconds:.1f} s")

# %%
# The most suspicious rows
# ------------------------
# The higher the score, the more abnormal the row. Beside each score stands the column
# that adds most to it, and the value that was expected there, given all others.

most_suspicious = np.argsort(-clf.decision_scores_)[:10]
found = clf.explain(X[most_suspicious])
print("\nThe 10 most suspicious rows")
for place, row in enumerate(most_suspicious):
    j = found.top(place)[0]
    saw, expected = found.values[place, j], found.expected[place, j]
    reason = f"{names[j]} is {saw:.4g}, expected was {expected:.4g}"
    print(f"  row {row:3}, score {found.scores[place]:5.1f}: {reason}")

# %%
# What the labels say
# -------------------
# A row is flagged where its score is above ``clf.threshold_``.

flagged = clf.labels_ == 1
print(f"\nflagged: {flagged.sum()} rows, score above {clf.threshold_:.1f}")
print(
    "malignant, as the labels say that it never saw:\n  "
    f"{malignant[most_suspicious].sum()} of the first 10, "
    f"{malignant[flagged].sum()} of the flagged, {malignant.mean():.0%} of all"
)

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for kind, colour, marker, label in (
    (~malignant, "#0072B2", "o", "benign"),
    (malignant, "#D55E00", "^", "malignant"),
):
    number = np.flatnonzero(kind)
    ax.scatter(
        number,
        clf.decision_scores_[kind],
        s=18,
        color=colour,
        marker=marker,
        label=label,
    )
ax.axhline(clf.threshold_, color="black", linestyle="--", linewidth=1)
beside = ax.get_yaxis_transform()
ax.text(1.01, clf.threshold_, "threshold", transform=beside, va="center")
ax.set(xlabel="row", ylabel="score", title="Scores of the rows")
ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
fig.savefig("first_detection.png", dpi=120)
print("\nThe picture of all scores: first_detection.png")
