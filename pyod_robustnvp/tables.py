"""The door: a user's X becomes a checked table here, once, and nothing checks it again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

#: What an error about a table holds, and what to do about it.
MENDS = {
    "contains NaN": "fill gaps or drop their rows first, with sklearn.impute.SimpleImputer say",
    "contains infinity": "clip or drop infinite values first",
    "could not convert": "encode it as numbers first, with sklearn.preprocessing.OneHotEncoder say",
    "bytes/strings": "encode it as numbers first, with sklearn.preprocessing.OneHotEncoder say",
    "to float": "give numbers that float64 holds",
    "float()": "give numbers",
    "could not be promoted": "give numbers",
    "inhomogeneous": "give every row as many numbers",
    "Complex data": "give real numbers, X.real say",
}


def checked(estimator: Any, X: ArrayLike, reset: bool) -> NDArray[np.floating]:
    """Return X as a finite table, itself where it is an array of float32 or float64.

    Parameters
    ----------
    estimator : estimator
        Learns the number of columns and their names, or compares them with what it learned.
    X : array-like of shape (n_samples, n_features)
    reset : bool
        Whether this is a fit, which needs two rows at least.

    Raises
    ------
    ValueError
        X can't be used; the message says why and what to do.
    TypeError
        X is sparse, or of a kind that holds no numbers.
    """
    rows = X if isinstance(X, list | tuple) else [X]
    if any(map(np.ma.is_masked, rows)):
        raise ValueError("X has masked values, which have no score; fill them: X.filled(...)")
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(
                validate_data(
                    estimator,
                    X,
                    reset=reset,
                    dtype="numeric",
                    ensure_all_finite=False,
                    ensure_min_samples=2 if reset else 1,
                )
            )
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(mended(str(error))) from error


def mended(message: str) -> str:
    """Return an error of scikit-learn or numpy about X with what to do about it.

    Examples
    --------
    >>> mended("Input X contains infinity.")
    'Input X contains infinity: clip or drop infinite values first'
    """
    for part, mend in MENDS.items():
        if part in message:
            text = "X holds text or objects: " * ("encode" in mend) + message.splitlines()[0]
            return f"{text.rstrip('.')}: {mend}"
    return message


def _finite(table: NDArray[Any]) -> NDArray[np.floating]:
    """Return a table of finite float32 or float64 numbers."""
    if table.dtype.kind in "mM":
        raise ValueError(f"X holds {table.dtype}: give numbers, days since a date say")
    if table.dtype not in (np.float32, np.float64):
        table = table.astype(np.float64)
    assert_all_finite(table, input_name="X")
    return table
