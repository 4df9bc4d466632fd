"""
My table has a million rows
===========================

A fit learns from a random sample of at most 51,200 rows, whatever the length of the
table, and then scores every row. Rows may lie on disk: a ``numpy.memmap`` is read
part by part. Here a million rows are made of scikit-learn's diabetes table, by
drawing patients and adding a little noise; a batch of 2,000 rows in a row has a
fault: two of its columns were swapped.
"""

# %%
# A file of a million rows
# ------------------------

from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes

from pyod_robustnvp import RobustRealNVP

patients = load_diabetes(scaled=False).data[:, 2:]
rng = np.random.default_rng(0)
n, d = 1_000_000, patients.shape[1]
path = Path(mkdtemp()) / "rows.npy"

table = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n, d))
for start in range(0, n, 100_000):
    drawn = patients[rng.integers(len(patients), size=100_000)]
    table[start : start + 100_000] = drawn + 0.1 * patients.std(axis=0) * rng.normal(
        size=drawn.shape
    )
table[400_000:402_000, [0, 1]] = table[400_000:402_000, [1, 0]]
table.flush()
print(f"{path.stat().st_size / 2**20:.0f} MiB on disk")

# %%
# Fit from disk
# -------------
# ``numpy.load`` with ``mmap_mode`` opens the file without reading it. A memmap of
# float32 or float64 is never held in memory as a whole; other types would be
# converted first.

rows = np.load(path, mmap_mode="r")
start = perf_counter()
clf = RobustRealNVP(contamination=0.002, random_state=0).fit(rows)
print(f"fitted and scored in {perf_counter() - start:.0f} s")

# %%
# Other formats, by chunks
# ------------------------
# A CSV or Parquet file is not a memmap. Fit on a random part of it, and score chunk
# by chunk: a row has the same score in every chunk.

chunk = rows[400_000:410_000]
scores = clf.decision_function(chunk)
assert np.allclose(scores, clf.decision_scores_[400_000:410_000], rtol=1e-6)
flagged = scores > clf.threshold_
print(f"flagged in this chunk: {flagged.sum()} of {len(chunk)} rows")

# %%
# Where in the file are the anomalies?
# ------------------------------------
# Count the flagged rows by their place in the file: the faulty batch stands out.

by_place = clf.labels_.reshape(-1, 2_000).sum(axis=1)
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.plot(np.arange(len(by_place)) * 2_000, by_place, color="#0072B2", linewidth=1)
ax.annotate(
    "the batch with two columns swapped",
    (400_000, by_place.max()),
    xytext=(10, -6),
    textcoords="offset points",
)
ax.set(
    xlabel="row in the file",
    ylabel="flagged of 2,000 rows",
    title="Flagged rows by their place in a file of a million",
)
ax.xaxis.set_major_formatter("{x:,.0f}")
plt.show()
