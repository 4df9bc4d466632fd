"""
Why is this row an anomaly?
===========================

A score says that a row is abnormal. An explanation says which columns make it so, and
what was expected there, given all other columns.

The table is scikit-learn's of 569 breast tumours, 30 measures each. Of the malignant
tumours only every tenth is kept: 22 of 379 rows. The detector is told no label.
"""

# %%
# Fit the detector, and explain its most suspicious row
# -----------------------------------------------------
#
# ``explain`` takes training rows or new ones. Here it gets the ten rows with the
# highest scores.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from pyod_robustnvp import RobustRealNVP

data = load_breast_cancer(as_frame=True)
malignant = np.flatnonzero(data.target == 0)
rows = np.sort(np.r_[np.flatnonzero(data.target == 1), malignant[::10]])
X = data.data.iloc[rows].reset_index(drop=True)

clf = RobustRealNVP(contamination=0.05, random_state=0).fit(X)
first = np.argsort(-clf.decision_scores_)[:10]
found = clf.explain(X.iloc[first])

for place, row in enumerate(first):
    print(f"row {row}, score {found.scores[place]:.1f}")
    for reason in found.reasons(place):
        print("   ", reason)

# %%
# One row as a picture
# --------------------
#
# On the left: what each column adds to the score. The contributions of all columns
# sum to the score minus that of the reference, a likely row beside this one. On the
# right: the value that the row has, and the value that was expected. To show all
# columns on one axis, values are given in standard deviations from the mean of their
# column.

place, shown = 0, 8
top = found.top(place, most=shown)[::-1]
at = np.arange(len(top))
spread, mean = X.std().to_numpy()[top], X.mean().to_numpy()[top]
saw = (found.values[place, top] - mean) / spread
expected = (found.expected[place, top] - mean) / spread

figure, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.5), sharey=True, layout="constrained", width_ratios=(1, 1.3)
)
left.barh(
    at,
    found.contributions[place, top],
    color="#56B4E9",
    edgecolor="black",
    linewidth=0.5,
)
left.set_yticks(at, [found.names[j] for j in top])
left.set_xlabel("adds to the score")
right.hlines(at, expected, saw, color="0.7", linewidth=2)
right.scatter(
    expected, at, marker="o", color="#0072B2", s=60, label="expected", zorder=3
)
right.scatter(saw, at, marker="X", color="#D55E00", s=70, label="saw", zorder=3)
right.set_xlabel("standard deviations from the column's mean")
figure.legend(loc="outside upper right", ncols=2, frameon=False)
figure.suptitle(
    f"Row {first[place]}: score {found.scores[place]:.1f}", x=0.02, ha="left"
)
plt.show()
