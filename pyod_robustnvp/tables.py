"""The door: a user's X becomes a checked table here, once, and nothing checks it again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import validate_data

from . import diagnosis

#: What an error of scikit-learn or numpy about a table holds, and what to do about it.
MENDS = {
    "Expected 2D array, got": (
        "Reshape your data, X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if it is one row"
    ),
    "Expected unique column names": "rename those that are there twice",
    "all input features have string names": "give X.rename(columns=str)",
    "contains infinity": "clip it, or drop these rows",
    "inhomogeneous": "give every row as many numbers",
    "Complex data": "give real numbers, X.real say",
    "seen at fit time, yet now missing": "add them, or fit without them",
    "same order": "give X[list(clf.feature_names_in_)]",
    "unseen at fit time": "give X[list(clf.feature_names_in_)]",
}

#: Errors that go on with the table itself.
ONE_LINE = ("Complex data", "Expected 2D array, got", "all input features have string names")


def checked(estimator: Any, X: ArrayLike, reset: bool) -> NDArray[np.floating]:
    """Return X as a finite table, itself where it is an array of float32 or float64.

    Parameters
    ----------
    estimator : estimator
        Learns the number of columns and their names, or compares them with what it learned.
    X : array-like of shape (n_samples, n_features)
        Numbers, or text that Python reads as numbers.
    reset : bool
        Whether this is a fit, which needs two rows at least.

    Raises
    ------
    ValueError
        X can't be used; the message says which column and row, and what to do.
    TypeError
        X is sparse, or of a kind that holds no rows.
    """
    if not reset and hasattr(X, "columns") and hasattr(estimator, "feature_names_in_"):
        # Before the values: one in a column that the fit did not have tells nothing.
        noted(estimator, X, reset)
    else:
        refuse_kind(X)
    if refusal := diagnosis.refusal_of_types(X):
        raise ValueError(refusal)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            return _finite(
                validate_data(
                    estimator,
                    _numbers(X),
                    reset=reset,
                    dtype="numeric",
                    ensure_all_finite=False,
                    ensure_min_samples=2 if reset else 1,
                )
            )
    except (OverflowError, RuntimeError, TypeError, ValueError) as error:
        refusal = _refusal_of_values(X)
        as_type = isinstance(error, TypeError) and (refusal is None or "objects" in refusal)
        kind = TypeError if as_type else ValueError
        raise kind(refusal or mended(_with_names(str(error), estimator, X))) from error


def refuse_kind(X: Any) -> None:
    """Refuse a table of which nothing can be made.

    Raises
    ------
    ValueError, TypeError
    """
    rows = X if isinstance(X, list | tuple) else [X]
    if any(map(np.ma.is_masked, rows)):
        raise ValueError("X has masked values, which have no score; fill them: X.filled(...)")
    if refusal := diagnosis.refusal_of_kind(X):
        raise (TypeError if refusal.startswith("X is") else ValueError)(refusal)


def noted(estimator: Any, X: ArrayLike, reset: bool) -> None:
    """Let the estimator learn the names and the number of columns, or compare, and no more.

    Raises
    ------
    ValueError
        The columns are others than those of the fit, or X is nothing that has rows.
    """
    refuse_kind(X)
    try:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    except (TypeError, ValueError) as error:
        raise ValueError(mended(_with_names(str(error), estimator, X))) from error


def _with_names(message: str, estimator: Any, X: Any) -> str:
    """Return a message, with the names of columns that stand in another order."""
    if "unseen at fit time" in message or "now missing" in message:
        return message + _spaces(estimator, X)
    if "same order" not in message:
        return message
    pairs = enumerate(zip(X.columns, estimator.feature_names_in_, strict=False))
    place, (found, expected) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
    found, expected = diagnosis.shown(found), diagnosis.shown(expected)
    return f"{message.rstrip()} Column {place} is {found}, where the fit had {expected}"


def _spaces(estimator: Any, X: Any) -> str:
    """Return which names of X and of the fit begin or end with a space, which is easily missed."""
    names = [str(name) for name in [*X.columns, *estimator.feature_names_in_]]
    spaced = sorted({name for name in names if name != name.strip()})
    return f" Mind the spaces in {', '.join(map(diagnosis.shown, spaced))}" if spaced else ""


def mended(message: str) -> str:
    """Return an error of scikit-learn or numpy about X with what to do about it.

    Examples
    --------
    >>> mended("The array has an inhomogeneous shape.")
    'The array has an inhomogeneous shape: give every row as many numbers'
    """
    for part, mend in MENDS.items():
        if part in message:
            first = message.splitlines()[0] if part in ONE_LINE else diagnosis.one_line(message)
            room = diagnosis.LONGEST - len(mend) - 2
            cut = first if first.endswith("...") else first.rstrip(".:")
            return f"{diagnosis.shortened(cut, room)}: {mend}"
    return diagnosis.shortened(diagnosis.one_line(message))


def _refusal_of_values(X: Any) -> str | None:
    """Return what is wrong with a value, None where none is to blame, or where none can be read."""
    try:
        return diagnosis.refusal_of_values(X)
    except (AttributeError, RuntimeError, TypeError, ValueError):
        return None


def _numbers(X: Any) -> Any:
    """Return an array or rows of text as numbers, and all else as it is."""
    if not isinstance(X, np.ndarray | list | tuple):
        return X
    try:
        array = np.asarray(X)
    except ValueError:
        return X
    if array.dtype == object and (refusal := diagnosis.refusal_of_types(array)):
        raise ValueError(refusal)
    return array.astype(np.float64) if array.dtype.kind in "US" and array.ndim == 2 else X


def _finite(table: NDArray[Any]) -> NDArray[np.floating]:
    """Return a table of finite float32 or float64 numbers."""
    if refusal := diagnosis.refusal_of_types(table):
        raise ValueError(refusal)
    if table.dtype not in (np.float32, np.float64):
        table = table.astype(np.float64)
    assert_all_finite(table, input_name="X")
    return table
