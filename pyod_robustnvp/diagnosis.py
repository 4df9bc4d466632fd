"""What is wrong with a table: which column, which row, and what to do about it.

Nothing here is asked of a table that is fine, but for the types of the columns of a frame.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from numbers import Complex, Real
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
#: Text that is a number with a unit, or separators, or that stands for no number.
LIKE_A_NUMBER = re.compile(
    r"[\s+\-(€$£]*([A-Za-z]{1,3}\s)?[\s+\-]*\d[\d.,' ]*[\s)%€$£]*([A-Za-z]{1,3}\.?)?"
)
NO_NUMBER = {"", "-", "--", "?", "na", "n/a", "nan", "null", "none", "missing", "unknown"}
LIKE_A_DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}")
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
    "objects": "give numbers, since float()'s argument must be a string or a real number",
}
#: Kinds of whole tables, by module and name of their class, and what to give instead.
TABLES = {
    ("polars", "LazyFrame"): "X.collect()",
    ("pyspark", "DataFrame"): "X.toPandas(), of a sample where it is large",
    ("dask", "DataFrame"): "X.compute()",
    ("dask", "Array"): "X.compute()",
    ("dask", "Series"): "X.compute()",
    ("builtins", "dict"): "pandas.DataFrame(X)",
}


def refusal_of_kind(X: Any) -> str | None:
    """Return why a table can't be used because of what it is, or None.

    Examples
    --------
    >>> refusal_of_kind({"a": [1.0]})
    'X is a dict: give pandas.DataFrame(X)'
    """
    module = type(X).__module__.partition(".")[0]
    instead = TABLES.get((module, type(X).__name__))
    if instead:
        library = "" if module == "builtins" else f"{module} "
        return f"X is a {library}{type(X).__name__}: give {instead}"
    if str(getattr(X, "dtype", "")) == "torch.bfloat16":
        return "X holds bfloat16, which numpy has not: give X.float()"
    if hasattr(X, "columns") and not len(X.columns):
        return "X has 0 features (no columns), a minimum of 1 is required"
    return None


def refusal_of_types(X: Any) -> str | None:
    """Return which column can't be used because of its type, or None."""
    if isinstance(X, np.ndarray) and X.dtype.kind in "mM" and X.ndim == 2 and X.size:
        return _sentence("column 0", kind_of(X[0, 0]) or "dates", X[0, 0], 0)
    types = list(_columns_by_type(X))
    if types and all(kind.startswith("sparse") for _, kind in types):
        return "X is sparse: give X.sparse.to_dense()"
    for number, (name, kind) in enumerate(types):
        for beginning, what in REFUSED.items():
            if kind.startswith(beginning):
                values = list(_columns(X))[number][1]
                return _sentence(f"column {shown(name)}", what, values[0] if len(values) else "", 0)
    return _refusal_of_objects(X)


def _refusal_of_objects(X: Any) -> str | None:
    """Return which object is a date or a duration of numpy's, which float() takes for a number."""
    kinds = {kind for _, kind in _columns_by_type(X)} or {str(getattr(X, "dtype", ""))}
    if "object" not in kinds:
        return None
    for name, values in _columns(X):
        for row, value in enumerate(values):
            if isinstance(value, np.datetime64 | np.timedelta64):
                return _sentence(f"column {shown(name)}", kind_of(value) or "", value, row)
    return None


def refusal_of_values(X: Any) -> str | None:
    """Return which value of a table is no finite number, and what to do, or None.

    Examples
    --------
    >>> refusal_of_values([[1.0, 2.0], [3.0, "red"]])
    "column 1 holds text, first 'red' in row 1 (rows and columns count from 0): encode it, with \
sklearn.preprocessing.OneHotEncoder(sparse_output=False) say"
    """
    for name, values in _columns(X):
        row = _first_bad(values)
        if row is not None:
            what = kind_of(values[row]) or "objects"
            if what == "text":
                what = _kind_of_column(values, values[row])
            return _sentence(f"column {shown(name)}", what, values[row], row)
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
    if hasattr(X, "iloc"):
        for number, name in enumerate(X.columns):
            column = X.iloc[:, number]
            plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiub"
            yield name, column.to_numpy() if plain else column.tolist()
    elif hasattr(X, "get_columns"):
        for name, column in zip(X.columns, X.get_columns(), strict=True):
            yield name, column.to_list()
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
        return None
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        bad = ~np.isfinite(values)
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


def _sentence(where: str, what: str, value: Any, row: int) -> str:
    """Say what a column holds, where first, and what to do about it."""
    holds = f"{where} holds {'gaps (NaN)' if what == 'gaps' else what}"
    at = f"first {shown(value)} in row {row} (rows and columns count from 0)"
    return shortened(f"{holds}, {at}: {MENDS[what]}")
