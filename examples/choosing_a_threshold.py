"""
Where do I put the threshold?
=============================

A score says which of two rows is more abnormal. Where "abnormal" begins is your
choice, and it can change after the fit, without a new one. Three ways lead to a
threshold: the number of rows that you can look at, a bend in the sorted scores, or a
few rows that you know to be wrong. The table is the one of the first example: 357
benign and 22 malignant tumours, labels not shown to the detector.
"""

# %%
# One fit, several thresholds
# ---------------------------

import warnings
from io import BytesIO

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from pyod_robustnvp import RobustRealNVP

data = load_breast_cancer()
every_tenth = np.flatnonzero(data.target == 0)[::10]
rows = np.sort(np.r_[np.flatnonzero(data.target == 1), every_tenth])
X, malignant = data.data[rows], data.target[rows] == 0
clf = RobustRealNVP(random_state=0).fit(X)

# %%
# **By the work that you can do.** ``set_contamination`` takes the fraction of rows to
# flag. To look at ``n`` rows, give ``n / len(X)``. Scores stay as they are.

thresholds = {}
for fraction in (0.02, 0.05, 0.1):
    clf.set_contamination(fraction)
    thresholds[fraction] = clf.threshold_
    flagged = clf.labels_ == 1
    print(
        f"{fraction:4.0%}: threshold {clf.threshold_:5.2f}, "
        f"{flagged.sum():2} rows flagged, "
        f"{malignant[flagged].sum():2} of them malignant"
    )

# %%
# **By a row that you know.** Say that you know one malignant tumour and want all rows
# flagged that score at least as high. Set ``threshold_`` yourself; ``predict`` uses
# it.

known = np.flatnonzero(malignant)[0]
clf.threshold_ = float(clf.decision_scores_[known]) - 1e-9
print(f"threshold {clf.threshold_:.2f} by one known row")
print(f"{clf.predict(X).sum()} rows flagged")

# %%
# Such a threshold is saved with the model. ``save`` warns that it is not the one of
# ``contamination``, so that nobody is surprised later.

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    clf.save(BytesIO())
print(caught[0].message)

# %%
# **By a bend.** Sort the scores and look where the curve bends: left of the bend the
# scores fall fast, right of it the rows are alike. A bend is a hint and no proof:
# some tables have none.

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ordered = np.sort(clf.decision_scores_)[::-1]
ax.plot(np.arange(1, len(ordered) + 1), ordered, color="#0072B2", linewidth=2)
for (fraction, threshold), style in zip(
    thresholds.items(), (":", "--", "-."), strict=True
):
    ax.axhline(threshold, color="#D55E00", linestyle=style, linewidth=1.2)
    beside = ax.get_yaxis_transform()
    ax.text(1.01, threshold, f"{fraction:.0%} flagged", transform=beside, va="center")
ax.set(
    xlabel="rows, the most abnormal first",
    ylabel="score",
    title="Sorted scores and thresholds",
)
plt.show()
