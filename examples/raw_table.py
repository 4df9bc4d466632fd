"""
My table has text, dates and gaps
=================================

A table out of a database is seldom all numbers. Give the detector a scikit-learn
transformer that makes it numbers, as ``preprocessing=``: it is fitted with the model
and used again for new rows. The table here is scikit-learn's of 442 diabetes
patients, made raw again: text for the sex, a date for the visit, and gaps in a blood
value. Six rows get an error each.
"""

# %%
# The raw table
# -------------

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from pyod_robustnvp import RobustRealNVP

rng = np.random.default_rng(0)
measured = load_diabetes(as_frame=True, scaled=False).data
patients = measured[["age", "bmi", "bp", "s5", "s6"]].rename(
    columns={"bp": "blood_pressure", "s5": "log_triglycerides", "s6": "glucose"}
)
patients["sex"] = measured["sex"].map({1: "female", 2: "male"})
days = rng.integers(0, 365, size=len(patients))
patients["visit"] = pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D")
patients.loc[rng.choice(len(patients), 30, replace=False), "glucose"] = np.nan

errors = {
    50: ("bmi", 245.0, "decimal point lost"),
    120: ("blood_pressure", 8.4, "decimal point moved"),
    180: ("visit", pd.Timestamp("1970-01-01"), "empty date of a database"),
    240: ("age", 0.0, "not filled in"),
    310: ("glucose", 999.0, "code for 'unknown'"),
    390: ("sex", "unknown", "a value of its own"),
}
for row, (column, value, _) in errors.items():
    patients.loc[row, column] = value
print(patients.head(3).to_string())

# %%
# Numbers out of it
# -----------------
# Gaps get the median of their column, text a column for each value, and a date the
# days since a first day. Columns that are named nowhere would be dropped;
# ``remainder="passthrough"`` keeps them.


def days_since_2025(frame):
    """Return dates as days since the first day of 2025."""
    return frame.apply(lambda dates: (dates - pd.Timestamp("2025-01-01")).dt.days)


to_numbers = make_column_transformer(
    (SimpleImputer(strategy="median"), ["glucose"]),
    (OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["sex"]),
    (FunctionTransformer(days_since_2025), ["visit"]),
    remainder="passthrough",
)

# %%
# Flagged rows
# ------------
# The detector gets the raw table, and flags rows of the raw table.

clf = RobustRealNVP(preprocessing=to_numbers, contamination=0.02, random_state=0).fit(
    patients
)
flagged = patients.assign(score=clf.decision_scores_)[clf.labels_ == 1]
flagged["error"] = [errors[row][2] if row in errors else "" for row in flagged.index]
print(flagged.sort_values("score", ascending=False).to_string())

# %%
# Four errors lie far outside of their column, and have the highest scores of all. The
# other two do not: an age of 0 is not far below the youngest patient, and a value of
# its own among the sexes is a single odd number among many columns. Rules find such
# errors better: ages above 0, sexes of a list.
#
# The figure shows the scores of all rows in order, and where the errors lie.

order = np.argsort(clf.decision_scores_)
place = np.empty(len(order), dtype=int)
place[order] = np.arange(len(order))
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(clf.decision_scores_[order], ".", color="#0072B2", label="a row")
bad = list(errors)
ax.plot(
    place[bad],
    clf.decision_scores_[bad],
    "^",
    color="#D55E00",
    ms=9,
    label="a planted error",
)
ax.axhline(
    clf.threshold_, color="black", linestyle="--", linewidth=1, label="threshold"
)
ax.set(xlabel="rows in the order of their scores", ylabel="score")
above = sum(clf.labels_[bad])
ax.set_title(f"{above} of {len(bad)} planted errors are above the threshold")
ax.legend(loc="upper left", frameon=False)
plt.show()
