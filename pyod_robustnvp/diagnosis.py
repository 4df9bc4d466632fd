"""What is wrong with a table: which column, which row, and what to do about it.

Nothing here is asked of a table that is fine, but for the types of the columns of a frame.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from numbers import Complex, Real
from os import PathLike
from typing import Any

import numpy as np

#: No message is longer.
LONGEST = 300
#: How much of a value or a name a message shows.
SHOWN = 40

#: Types of the columns of frames, by how their names begin, that no conversion to floats refuses,
#: though their values are no numbers.
REFUSED = {
    "datetime": "dates",
    "date": "dates",
    "timestamp": "dates",
    "period": "dates",
    "timedelta": "durations",
    "time": "times",
    "duration": "durations",
    "interval": "intervals",
    "list": "lists",
    "array": "lists",
    "struct": "records",
}
#: Objects of pandas that stand in columns of mixed types.
OBJECTS = {"Period": "dates", "Interval": "intervals"}
#: Text that is a number with a unit, or separators, or that stands for no number.
LIKE_A_NUMBER = re.compile(
    r"[\s+\-(€$£]*([A-Za-z]{1,3}\s)?[\s+\-]*\d[\d.,' ]*[\s)%€$£]*([A-Za-z]{1,3}\.?)?"
)
NO_NUMBER = {"", "-", "--", "?", "na", "n/a", "nan", "null", "none", "missing", "unknown"}
LIKE_A_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}")
#: Words that scikit-learn's checks of estimators ask for.
NEEDED = "argument must be a string or a real number"
#: Values that tell what a column of text is.
JUDGED = 1000
MENDS = {
    "gaps": "fill them, with sklearn.impute.SimpleImputer say, or drop these rows",
    "infinity": "clip it, or drop these rows",
    "dates": "give numbers, days since a first date say",
    "times": "give numbers, seconds since midnight say",
    "durations": "give numbers, seconds say",
    "intervals": "give their middles",
    "lists": "give each entry a column of its own",
    "records": "give each entry a column of its own",
    "text among numbers": (
        "remove units and separators, then make it numbers, with pandas.to_numeric say"
    ),
    "dates as text": "parse them, with pandas.to_datetime say, and give days since a first date",
    "text": "encode it, with sklearn.preprocessing.OneHotEncoder(sparse_output=False) say",
    "complex numbers": "give real numbers, X.real say",
    "a number beyond float64": "give numbers that float64 holds",
    "objects": f"give numbers, since float()'s {NEEDED}",
}
#: Kinds of whole tables, by module and name of their class, and what to give instead.
TABLES = {
    ("polars", "LazyFrame"): "X.collect()",
    ("pyspark", "DataFrame"): "X.toPandas(), of a sample where it is large",
    ("dask", "DataFrame"): "X.compute()",
    ("dask", "Array"): "X.compute()",
    ("dask", "Series"): "X.compute()",
}
FRAME = "give pandas.DataFrame(X)"
#: Of torch, which numpy has not, by how their names begin, and what to give instead.
TORCH_TYPES = {
    "torch.bfloat16": "X.float()",
    "torch.float8": "X.float()",
    "torch.q": "X.dequantize()",
}


def refusal_of_kind(X: Any) -> str | None:
    """Return why a table can't be used because of what it is, or None.

    Examples
    --------
    >>> refusal_of_kind({"a": [1.0]})
    'X is a dict: give pandas.DataFrame(X)'
    """
    module, name = type(X).__module__.partition(".")[0], type(X).__name__
    if instead := TABLES.get((module, name)):
        return f"X is a {module} {name}: give {instead}"
    if isinstance(X, Mapping) and not _has_shape(X):
        return f"X is a {name}: {FRAME}"
    if getattr(getattr(X, "dtype", None), "names", None):
        return f"X is a structured array: {FRAME}"
    if X is None:
        return "X is None: give a table, such as an array or a DataFrame"
    if isinstance(X, str | bytes | PathLike):
        return "X is text or a path, no table: give pandas.read_csv(X) if it names a CSV file"
    if isinstance(X, Iterable) and not isinstance(X, Sequence) and not _has_shape(X):
        return f"X is a {name}, which has no rows to count: give an array or a list of its rows"
    if hasattr(X, "to_frame") and not hasattr(X, "columns"):
        row = "" if module == "polars" else ", X.to_frame().T if it is one row"
        return f"X has one dimension, a {name}: give X.to_frame() if it is one column{row}"
    if hasattr(X, "columns") and not len(X.columns):
        return "X has 0 features (no columns), a minimum of 1 is required"
    return _refusal_of_parts(X)


def _has_shape(X: Any) -> bool:
    """Return whether numpy or a library of frames knows how many rows there are."""
    return any(hasattr(X, name) for name in ("shape", "columns", "__array__"))


def _refusal_of_parts(X: Any) -> str | None:
    """Return why a table can't be used because of what its first row is, or its tensors are."""
    some = X[:1] if isinstance(X, list | tuple) else []
    if any(isinstance(row, Mapping) for row in some):
        return f"X is a {type(X).__name__} of dicts: {FRAME}"
    if (
        isinstance(X, np.ndarray)
        and X.dtype == object
        and X.size
        and isinstance(X.flat[0], Mapping)
    ):
        return f"X is an array of dicts: {FRAME}, since float()'s {NEEDED}"
    for part in [X, *some]:
        held = str(getattr(part, "dtype", ""))
        for beginning, instead in TORCH_TYPES.items():
            if held.startswith(beginning):
                held = held.removeprefix("torch.")
                return f"X holds {held}, which numpy has not: give {instead}"
    return None


def refusal_of_types(X: Any) -> str | None:
    """Return which column can't be used because of its type, or None."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM" and X.ndim == 2 and X.size:
        return _sentence("column 0", "dates" if X.dtype.kind == "M" else "durations", X[:, 0], 0)
    types = list(_columns_by_type(X))
    if types and all(kind.startswith("sparse") for _, kind in types):
        return "X is sparse: give X.sparse.to_dense()"
    for number, (name, kind) in enumerate(types):
        for beginning, what in REFUSED.items():
            if kind.startswith(beginning):
                values = list(_columns(X))[number][1]
                known = (row for row, value in enumerate(values) if kind_of(value) != "gaps")
                return _sentence(f"column {shown(name)}", what, values, next(known, None))
    return _refusal_of_objects(X)


def _refusal_of_objects(X: Any) -> str | None:
    """Return which object is a date or a duration of numpy's, which float() takes for a number."""
    kinds = {kind for _, kind in _columns_by_type(X)} or {str(getattr(X, "dtype", ""))}
    if "object" not in kinds:
        return None
    for name, values in _columns(X):
        for row, value in enumerate(values):
            if isinstance(value, np.datetime64 | np.timedelta64):
                return _sentence(f"column {shown(name)}", kind_of(value) or "", values, row)
    return None


def refusal_of_values(X: Any) -> str | None:
    """Return which value of a table is no finite number, and what to do, or None.

    Examples
    --------
    >>> refusal_of_values([[1.0, 2.0], [3.0, "red"]])
    "column 1 holds text, first 'red' in row 1 (rows and columns count from 0): encode it, with \
sklearn.preprocessing.OneHotEncoder(sparse_output=False) say"
    """
    if refusal := _refusal_of_lengths(X):
        return refusal
    for name, values in _columns(X):
        row = _first_bad(values)
        if row is not None:
            what = kind_of(values[row]) or "objects"
            if what == "text":
                what = _kind_of_column(values, values[row])
            refusal = _sentence(f"column {shown(name)}", what, values, row)
            # scikit-learn's words, which its checks of estimators ask for.
            return f"Complex data not supported: {refusal}" if "complex" in what else refusal
    return None


def _refusal_of_lengths(X: Any) -> str | None:
    """Return which of the rows of a list is longer or shorter than the first."""
    if not isinstance(X, list | tuple):
        return None
    lengths = [len(row) if isinstance(row, list | tuple | np.ndarray) else None for row in X]
    if not lengths or lengths[0] is None:
        return None
    for row, length in enumerate(lengths):
        if length is None:
            return f"row {row} is {shown(X[row])}, no list of numbers: drop it, or give its numbers"
        if length != lengths[0]:
            found = f"row {row} holds {length} values where row 0 holds {lengths[0]}"
            return f"{found} (rows count from 0): give every row as many numbers"
    return None


def shortened(message: str, longest: int = LONGEST) -> str:
    """Return a message, cut where it is too long."""
    return message if len(message) <= longest else f"{message[: longest - 3]}..."


def shown(value: Any) -> str:
    """Return a value as a message shows it.

    Examples
    --------
    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
    """
    text = repr(value.item() if isinstance(value, np.generic) else value).replace("\n", " ")
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _columns_by_type(X: Any) -> Iterator[tuple[Any, str]]:
    """Yield the names of a frame's columns and their types, in small letters."""
    types = getattr(X, "dtypes", None)
    if types is None or not hasattr(X, "columns"):
        return
    for name, kind in zip(X.columns, types, strict=True):
        yield name, str(kind).lower()


def _columns(X: Any) -> Iterator[tuple[Any, list[Any] | np.ndarray]]:
    """Yield the names or numbers of the columns of a table, and their values."""
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        for number, name in enumerate(X.columns):
            column = X.iloc[:, number]
            plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub"
            yield name, column.to_numpy() if plain else column.tolist()
    elif hasattr(X, "get_columns"):
        for name, column in zip(X.columns, X.get_columns(), strict=True):
            yield name, column.to_list()
    elif hasattr(X, "to_pydict"):
        yield from X.to_pydict().items()
    else:
        table = X if isinstance(X, np.ndarray) else np.array(_plain(X), dtype=object)
        if table.ndim == 2:
            yield from enumerate(table.T)


def _plain(X: Any) -> Any:
    """Return rows of which numpy makes no more than two dimensions."""
    return X if isinstance(X, list | tuple) else np.asarray(X)


def _first_bad(values: list[Any] | np.ndarray) -> int | None:
    """Return the first row whose value is no finite number."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "c":
        bad = values.imag != 0
        return int(bad.argmax()) if bad.any() else None
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(values.astype(np.float64))
        return int(bad.argmax()) if bad.any() else None
    return next((row for row, value in enumerate(values) if kind_of(value)), None)


def kind_of(value: Any) -> str | None:
    """Return what a value is that is no finite number, or None.

    Examples
    --------
    >>> [kind_of(value) for value in (1.5, "2", None, float("inf"), "x", datetime.date(2020, 1, 1))]
    [None, None, 'gaps', 'infinity', 'text', 'dates']
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return "gaps"
    if type(value).__name__ in OBJECTS:
        return OBJECTS[type(value).__name__]
    if isinstance(value, np.datetime64 | datetime.date | datetime.datetime):
        return "gaps" if isinstance(value, np.datetime64) and np.isnat(value) else "dates"
    if isinstance(value, np.timedelta64 | datetime.timedelta):
        return "gaps" if isinstance(value, np.timedelta64) and np.isnat(value) else "durations"
    if isinstance(value, datetime.time):
        return "times"
    if isinstance(value, str | bytes):
        return _kind_of_text(value)
    if isinstance(value, Real | Decimal | np.bool_):
        return _kind_of_number(value)
    if isinstance(value, Complex):
        return "complex numbers"
    return "lists" if isinstance(value, list | tuple | np.ndarray | set) else "objects"


def _kind_of_number(value: Any) -> str | None:
    try:
        number = float(value)
    except (InvalidOperation, OverflowError):
        return "a number beyond float64"
    except ValueError:  # A Decimal that is a signaling NaN.
        return "gaps"
    if math.isnan(number):
        return "gaps"
    return "infinity" if math.isinf(number) else None


def _kind_of_text(value: str | bytes) -> str | None:
    try:
        return _kind_of_number(float(value))
    except ValueError:
        return "text"


def _kind_of_column(values: list[Any] | np.ndarray, bad: str | bytes) -> str:
    """Return what a column is of which a value is text."""
    if LIKE_A_DATE.match(str(bad)):
        return "dates as text"
    some = values[:JUDGED]
    numbers = sum(kind_of(value) is None or _is_like_a_number(value) for value in some)
    return "text among numbers" if 2 * numbers > len(some) else "text"


def _is_like_a_number(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    text = value.strip()
    return text.lower() in NO_NUMBER or bool(LIKE_A_NUMBER.fullmatch(text))


def one_line(message: object) -> str:
    """Return a message in one line."""
    return " ".join(str(message).split())


def _sentence(where: str, what: str, values: Any, row: int | None) -> str:
    """Say what a column holds, in which row first, and what to do about it."""
    holds = f"{where} holds {'gaps (NaN)' if what == 'gaps' else what}"
    if row is None:
        return shortened(f"{holds}: {MENDS[what]}")
    at = f"first {shown(values[row])} in row {row} (rows and columns count from 0)"
    return shortened(f"{holds}, {at}: {MENDS[what]}")
