"""
How do I score tomorrow's file?
===============================

Fit once, save the model, and score new rows when they come, in another process or on
another machine. The saved file holds numbers and text only: loading it runs no code.
The table is scikit-learn's of breast tumours: "today" is half of the benign ones,
"tomorrow" is the other half and some malignant ones, in a CSV file.
"""

# %%
# Today: fit and save
# -------------------

from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer

from pyod_robustnvp import RobustRealNVP

folder = Path(mkdtemp())
data = load_breast_cancer(as_frame=True)
measures = data.data.iloc[:, :10]
benign, malignant = measures[data.target == 1], measures[data.target == 0]
today, later = benign.iloc[::2], benign.iloc[1::2]

clf = RobustRealNVP(contamination=0.05, random_state=0).fit(today)
clf.save(folder / "tumours.safetensors")
print(f"{(folder / 'tumours.safetensors').stat().st_size / 1024:.0f} KiB")

# %%
# Tomorrow: load and score
# ------------------------
# A file arrives. Its columns are in another order, which the model notices by their
# names: ``feature_names_in_`` puts them right.

pd.concat([later, malignant.iloc[:20]]).iloc[:, ::-1].to_csv(
    folder / "tomorrow.csv", index=False
)

model = RobustRealNVP.load(folder / "tumours.safetensors")
tomorrow = pd.read_csv(folder / "tomorrow.csv")
try:
    model.predict(tomorrow)
except ValueError as error:
    print(error)

tomorrow = tomorrow[list(model.feature_names_in_)]
scores = model.decision_function(tomorrow)
flagged = tomorrow.assign(score=scores)[model.predict(tomorrow) == 1]
print(f"\n{len(flagged)} of {len(tomorrow)} rows flagged, the first five:")
print(
    flagged.nlargest(5, "score")[
        ["mean radius", "mean concavity", "score"]
    ].to_string()
)

# %%
# Does tomorrow look like today?
# ------------------------------
# If most new rows score higher than the training rows, the data has changed and the
# model is old: fit again. Here the benign rows lie where today's lay, and the 20
# malignant ones above.

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
parts = {
    "today, fitted": (model.decision_scores_, "#999999"),
    "tomorrow, benign": (scores[: len(later)], "#0072B2"),
    "tomorrow, malignant": (scores[len(later) :], "#D55E00"),
}
for place, (values, colour) in enumerate(parts.values()):
    jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(values))
    ax.scatter(values, place + jitter, s=14, color=colour)
ax.axvline(model.threshold_, color="black", linestyle="--", linewidth=1)
ax.annotate(
    "threshold",
    (model.threshold_, 1.0),
    xycoords=("data", "axes fraction"),
    xytext=(4, -12),
    textcoords="offset points",
)
ax.set_yticks(range(len(parts)), list(parts))
ax.set(xlabel="score", title="Scores of the rows of both days")
ax.invert_yaxis()
plt.show()
