"""
The paper's figure 3: why trimming alone is not enough
======================================================

The paper trains three models on two moons and a small cluster of anomalies. RealNVP
learns the cluster as if it were normal. TrimRealNVP leaves out the least likely rows
of each batch. RobustRealNVP also caps the Lipschitz constant of its networks. Here
the same is done with fewer rows and steps, so that it takes seconds; the figure with
the paper's numbers of rows and steps is printed by ``python -m benchmarks figure3
--seeds 5``.
"""

# %%
# Moons and a cluster
# -------------------

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons
from sklearn.metrics import roc_auc_score

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

rng = np.random.default_rng(0)
moons = make_moons(2000, noise=0.1, random_state=0)[0]
cluster = rng.normal([2.5, 2.5], 0.05, size=(100, 2))
X = np.vstack([moons, cluster])

# %%
# Three models
# ------------
# They differ in two parameters: what is left out of each batch, and the cap. The true
# contamination, 5 %, is told, as in the paper; the cap is the paper's k = 1.

shared = PAPER | {
    "preprocessing": False,
    "epoch_num": 60,
    "lr": 1e-3,
    "hidden_neuron_list": (64, 64),
    "lipschitz": 1.0,
}
models = {
    "RealNVP": shared | REAL_NVP,
    "TrimRealNVP": shared | TRIM_REAL_NVP,
    "RobustRealNVP": shared,
}
fresh = make_moons(2000, noise=0.1, random_state=1)[0]
fitted = {}
for name, parameters in models.items():
    fitted[name] = RobustRealNVP(
        **parameters, contamination=100 / 2100, random_state=0
    ).fit(X)
    scores = fitted[name].decision_function(np.vstack([fresh, cluster]))
    auc = roc_auc_score(np.arange(len(scores)) >= len(fresh), scores)
    print(f"{name:13} ROC-AUC of the cluster against fresh moons: {auc:.3f}")

# %%
# What each has learned
# ---------------------
# Bright is likely. The orange crosses are anomalies of the training rows.

axis = np.linspace(-2, 3.5, 120)
grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True, layout="constrained")
for ax, (name, clf) in zip(axes, fitted.items(), strict=True):
    log_density = clf.score_samples(grid).reshape(len(axis), -1)
    ends = (axis[0], axis[-1], axis[0], axis[-1])
    shown = ax.imshow(
        log_density, origin="lower", extent=ends, vmin=-8, vmax=0, cmap="cividis"
    )
    ax.plot(*cluster[::5].T, "x", color="#D55E00", markersize=5)
    ax.set(title=name, xticks=[-2, 0, 2], yticks=[-2, 0, 2])
fig.colorbar(shown, ax=axes, label="log-density, nats", shrink=0.9)
plt.show()
