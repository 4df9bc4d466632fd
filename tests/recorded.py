"""Scores that were kept: what they are of, and how they were recorded.

``python -m tests.recorded`` writes the file anew. Do that only for a change that is meant to
change scores: the file is what proves that no other one does. It was written anew with the default
of four views, and when stacks of flows got random numbers of their own; each time the cases of the
paper's settings were the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

FILE = Path(__file__).parent / "fixtures" / "scores.npz"
SEED = 7


def table(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return training rows, a tenth of them anomalies, and new rows, two of them far outside."""
    rng = np.random.default_rng(SEED)
    X = rng.normal(size=(n, d)) * np.linspace(1, 30, d) + 50
    X[:, 1:] += 20 * X[:, :-1]
    X[: n // 10] += rng.uniform(-300, 300, size=(n // 10, d))
    X_new = np.vstack([X[: n // 4] + 0.5, X[-2:] * [[40.0], [-1e6]]])
    return X, X_new


def detector(**parameters: Any) -> RobustRealNVP:
    """Return a detector on the CPU."""
    return RobustRealNVP(random_state=SEED, device="cpu", **parameters)


def paper(**changes: Any) -> RobustRealNVP:
    """Return a detector with the paper's settings, with fewer epochs."""
    return detector(**(PAPER | {"epoch_num": 20} | changes))


def float32(n: int, d: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of ``table`` as float32."""
    X, X_new = table(n, d)
    return X.astype(np.float32), X_new.astype(np.float32)


#: What is fitted, and to what.
CASES: dict[str, tuple[Callable[[], RobustRealNVP], tuple[np.ndarray, np.ndarray]]] = {
    "default": (detector, table(300, 5)),
    "paper": (paper, table(300, 5)),
    "real_nvp": (lambda: paper(**REAL_NVP), table(300, 5)),
    "trim_real_nvp": (lambda: paper(**TRIM_REAL_NVP), table(300, 5)),
    "one flow": (lambda: detector(n_estimators=1), table(300, 5)),
    "no axes": (lambda: detector(principal_axes=False), table(300, 5)),
    "transformer": (lambda: detector(preprocessing=StandardScaler(), noise=0.2), table(300, 5)),
    "values as they are": (lambda: detector(preprocessing=False), table(300, 5)),
    "float32": (detector, float32(300, 5)),
    "one column": (detector, table(300, 1)),
    "fewer rows than a batch": (detector, table(60, 4)),
    "longer than is learned": (lambda: detector(batch_size=2), table(500, 3)),
    "9 columns": (detector, table(900, 9)),
    "40 columns": (detector, table(300, 40)),
}


def fitted(name: str) -> tuple[RobustRealNVP, np.ndarray]:
    """Return the fitted detector of a case and its new rows."""
    make, (X, X_new) = CASES[name]
    return make().fit(X), X_new


def scores(clf: RobustRealNVP, X_new: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a detector says of its rows and of new ones."""
    return {
        "decision_scores_": clf.decision_scores_,
        "decision_function": clf.decision_function(X_new),
        "score_samples": clf.score_samples(X_new),
        "sample": clf.sample(5, random_state=SEED),
    }


def machine() -> str:
    """Return what the last digits of float32 sums depend on."""
    return f"torch {torch.__version__.split('+')[0]}, {torch.backends.cpu.get_cpu_capability()}"


if __name__ == "__main__":
    kept = {f"{case}/{key}": rows for case in CASES for key, rows in scores(*fitted(case)).items()}
    np.savez_compressed(FILE, machine=machine(), **kept)
