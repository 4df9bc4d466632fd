"""
What if my anomalies look alike?
================================

One broken machine, one fraud scheme, one faulty import: anomalies often come as a
cluster of similar rows. A detector that learns from the table then learns the
cluster, too, and calls it normal. This example repeats one malignant tumour, with a
little noise, among 357 benign ones, and asks ``RobustRealNVP``, ``IForest`` and
``MCD`` to find the copies.
"""

# %%
# The tables
# ----------
# Each copy differs from the tumour by noise of a tenth of a column's standard
# deviation. The copies are 5 %, 10 % and 20 % of the number of benign rows.

import matplotlib.pyplot as plt
import numpy as np
from pyod.models.iforest import IForest
from pyod.models.mcd import MCD
from sklearn.datasets import load_breast_cancer
from sklearn.metrics import average_precision_score

from pyod_robustnvp import RobustRealNVP

data = load_breast_cancer()
benign, malignant = data.data[data.target == 1], data.data[data.target == 0]
spread = benign.std(axis=0)
rng = np.random.default_rng(0)


def with_copies(share):
    """Return benign rows with copies of a malignant one; which are copies."""
    n = round(share * len(benign))
    copies = malignant[0] + 0.1 * spread * rng.normal(size=(n, benign.shape[1]))
    return np.vstack([benign, copies]), np.arange(len(benign) + n) >= len(benign)


# %%
# The detectors
# -------------
# All have their default settings. None is told how many copies there are.
# ``RobustRealNVP`` scales the columns itself; the distances of ``MCD`` and the cuts
# of ``IForest`` need no scaling.
#
# The measure is the average precision: 1 means that all copies come before all benign
# rows.

shares = [0.05, 0.1, 0.2]
detectors = {
    "RobustRealNVP": lambda: RobustRealNVP(random_state=0),
    "IForest": lambda: IForest(random_state=0),
    "MCD": lambda: MCD(random_state=0),
}
found = {name: [] for name in detectors}
for share in shares:
    X, is_copy = with_copies(share)
    for name, make in detectors.items():
        scores = make().fit(X).decision_scores_
        found[name].append(average_precision_score(is_copy, scores))
        precision = found[name][-1]
        print(f"{share:4.0%} copies, {name:13}: {precision:.2f}")

# %%
# What comes out
# --------------
# ``IForest`` misses many copies with every share. ``MCD`` finds few copies well, and
# takes many for normal rows. ``RobustRealNVP`` keeps finding them, for two reasons:
# it leaves the least likely rows of each batch out of the training, and its capped
# density cannot concentrate on a small cluster.
#
# There is a limit. Where a cluster is denser than the normal rows, every density
# model takes it for normal: see the guide's page about when not to use the detector.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for (name, values), colour, marker in zip(
    found.items(), ("#0072B2", "#D55E00", "#666666"), "o^s", strict=True
):
    ax.plot(
        [f"{share:.0%}" for share in shares],
        values,
        marker=marker,
        color=colour,
        label=name,
    )
ax.set(
    xlabel="copies of one malignant tumour, of the number of benign rows",
    ylabel="average precision",
    ylim=(0, 1.02),
    title="How well the copies are found",
)
ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
plt.show()
