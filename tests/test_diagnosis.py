"""Errors about a table name the column, the first bad row and the mend, in any library."""

import datetime as dt
import re
import time
from collections import OrderedDict, UserDict
from decimal import Decimal
from pathlib import Path

import dask.array
import dask.dataframe
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.preprocessing import FunctionTransformer

from pyod_robustnvp.diagnosis import LONGEST

N = 12
DAY = dt.date(2020, 1, 1)
NUMBERS = {"a": [float(n) for n in range(N)], "b": [n**0.5 for n in range(N)]}
LONG_NAME = "a column whose name is much longer than anybody would like to read in a message " * 5

#: Of each kind some values, of which one stands among numbers in row 3 of the column 'bad'.
AMONG_NUMBERS = {
    "gaps (NaN)": [
        None,
        float("nan"),
        np.nan,
        pd.NA,
        pd.NaT,
        np.float32("nan"),
        Decimal("NaN"),
        "nan",
    ],
    "infinity": [float("inf"), -np.inf, "inf", "-Infinity", np.float32("inf"), Decimal("Infinity")],
    "text among numbers": ["N/A", "", "1,234.5", "12 EUR", "1.234,5", "-", "?", "null", b"x", "€5"],
    "dates": [DAY, dt.datetime(2020, 1, 1), pd.Timestamp("2020"), np.datetime64("2020-01-01")],
    "durations": [dt.timedelta(1), pd.Timedelta(days=2), np.timedelta64(3, "s")],
    "times": [dt.time(12, 30)],
    "lists": [[1.0, 2.0], (1.0,), np.zeros(3), {1}],
    "objects": [{"a": 1}, object, slice(1)],
    "complex numbers": [1j, np.complex64(2 + 1j)],
    "a number beyond float64": [10**400, -(10**309)],
}
MENDS = {
    "gaps (NaN)": "SimpleImputer",
    "infinity": "clip it",
    "text among numbers": "pandas.to_numeric",
    "dates as text": "pandas.to_datetime",
    "text": "OneHotEncoder(sparse_output=False)",
    "dates": "days since",
    "durations": "seconds",
    "times": "seconds since midnight",
    "lists": "a column of its own",
    "records": "a column of its own",
    "intervals": "their middles",
    "objects": "give numbers",
    "complex numbers": "real numbers",
    "a number beyond float64": "float64 holds",
}


def refusal(make, X):
    """Return what a fit says of a table."""
    with pytest.raises((ValueError, TypeError)) as caught:
        make().fit(X)
    message = str(caught.value)
    assert len(message) <= LONGEST
    assert "\n" not in message
    return message


@pytest.mark.parametrize("index", [None, [f"row {n}" for n in range(N)]], ids=["rows", "named"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [(kind, value) for kind, values in AMONG_NUMBERS.items() for value in values],
    ids=repr,
)
def test_a_value_among_numbers_in_pandas(make, kind, value, index):
    values = [float(n) for n in range(N)]
    values[3] = value
    column = pd.Series(values, dtype=object, index=index)
    message = refusal(make, pd.DataFrame(NUMBERS, index=index).assign(bad=column))
    assert f"column 'bad' holds {kind}, first " in message
    assert "in row 3 " in message
    assert MENDS[kind] in message


@pytest.mark.parametrize(
    ("kind", "value"),
    [(kind, value) for kind, values in AMONG_NUMBERS.items() for value in values],
    ids=repr,
)
def test_a_value_among_numbers_in_an_array_of_objects(make, kind, value):
    table = np.array([NUMBERS["a"], NUMBERS["b"]], dtype=object).T
    table[3, 1] = value
    message = refusal(make, table)
    assert f"column 1 holds {kind}, first " in message
    assert "in row 3 " in message


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "gaps (NaN)"),
        (float("nan"), "gaps (NaN)"),
        (float("inf"), "infinity"),
        (float("-inf"), "infinity"),
    ],
)
@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
def test_a_value_among_numbers_in_polars(make, value, kind, dtype):
    values = [float(n) for n in range(N)]
    values[3] = value
    message = refusal(make, pl.DataFrame(NUMBERS).with_columns(pl.Series("bad", values, dtype)))
    assert f"column 'bad' holds {kind}, first " in message
    assert "in row 3 " in message


@pytest.mark.parametrize("text", ["N/A", "", "1,234.5", "12 EUR", "1.234,5", "-", "?", "null"])
@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_text_among_numbers_as_text(make, text, library):
    values = [str(n) for n in range(N)]
    values[3] = text
    message = refusal(make, library.DataFrame(NUMBERS | {"bad": values}))
    assert f"column 'bad' holds text among numbers, first {text!r} in row 3 " in message


PANDAS = {
    "dates": [
        pd.date_range("2020", periods=N),
        pd.date_range("2020", periods=N, tz="UTC"),
        pd.date_range("2020", periods=N, tz="Asia/Tokyo"),
        pd.period_range("2020", periods=N, freq="D"),
        pd.date_range("2020", periods=N).astype("datetime64[s]"),
        [DAY] * N,
        [dt.datetime(2020, 1, 1)] * N,
    ],
    "durations": [pd.timedelta_range("1 day", periods=N), [dt.timedelta(1)] * N],
    "intervals": [pd.interval_range(0, N)],
    "text": [
        ["red"] * N,
        pd.Categorical(["red", "blue"] * (N // 2)),
        pd.array(["red"] * N, dtype="string"),
        pd.Series(["red"] * N, dtype=object),
    ],
    "lists": [[[1.0, 2.0]] * N],
    "gaps (NaN)": [
        pd.array([1, None] * (N // 2), dtype="Int64"),
        pd.array([1.5, None] * (N // 2), dtype="Float32"),
        pd.array([True, None] * (N // 2), dtype="boolean"),
        pd.Series([None] * N, dtype=object),
    ],
}
POLARS = {
    "dates": [
        pl.Series([DAY] * N),
        pl.Series([dt.datetime(2020, 1, 1)] * N),
        pl.Series([dt.datetime(2020, 1, 1)] * N, dtype=pl.Datetime("ms")),
        pl.Series([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)] * N),
    ],
    "durations": [pl.Series([dt.timedelta(1)] * N)],
    "times": [pl.Series([dt.time(12)] * N)],
    "text": [
        pl.Series(["red"] * N),
        pl.Series(["red"] * N, dtype=pl.Categorical),
        pl.Series(["red"] * N, dtype=pl.Enum(["red"])),
    ],
    "lists": [
        pl.Series([[1.0, 2.0]] * N),
        pl.Series([[1.0, 2.0]] * N, dtype=pl.Array(pl.Float64, 2)),
    ],
    "records": [pl.Series([{"x": 1.0}] * N)],
    "gaps (NaN)": [pl.Series([1, None] * (N // 2)), pl.Series([True, None] * (N // 2))],
}


@pytest.mark.parametrize(
    ("library", "kind", "column"),
    [
        (library, kind, column)
        for library, kinds in ((pd, PANDAS), (pl, POLARS))
        for kind, columns in kinds.items()
        for column in columns
    ],
)
def test_a_column_of_a_kind(make, library, kind, column):
    message = refusal(make, library.DataFrame(NUMBERS | {"bad": column}))
    assert f"column 'bad' holds {kind}" in message
    assert MENDS[kind] in message


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_scoring_says_the_same(make, library):
    clf = make().fit(library.DataFrame(NUMBERS))
    bad = library.DataFrame(NUMBERS | {"b": [1.0, None] * (N // 2)})
    with pytest.raises(ValueError, match=r"column 'b' holds gaps .* in row 1 .*SimpleImputer"):
        clf.predict(bad)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1,234.5", "text among numbers"),
        ("$5", "text among numbers"),
        ("5 %", "text among numbers"),
        ("12 EUR", "text among numbers"),
        ("3kg", "text among numbers"),
        ("1.234,5", "text among numbers"),
        ("N/A", "text among numbers"),
        ("", "text among numbers"),
        ("2020-01-31", "dates as text"),
        ("31.1.2020", "dates as text"),
        ("1/31/2020", "dates as text"),
        ("red", "text"),
        ("A1", "text"),
        ("a longer text, with 1 number", "text"),
    ],
)
@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_a_column_of_text_gets_the_mend_of_its_kind(make, library, text, kind):
    message = refusal(make, library.DataFrame(NUMBERS | {"bad": [text] * N}))
    assert f"column 'bad' holds {kind}, first {text!r} in row 0 " in message
    assert MENDS[kind] in message


@pytest.mark.parametrize(
    "value", [np.datetime64("2020-01-01"), np.datetime64("NaT"), np.timedelta64(1, "s")]
)
@pytest.mark.parametrize("kind", [list, tuple, lambda rows: np.array(rows, dtype=object)])
def test_dates_of_numpy_among_rows_of_numbers(make, value, kind):
    rows = [[float(n), n**0.5] for n in range(N)]
    clf = make().fit(rows)
    rows[3][1] = value
    for call in (make().fit, clf.predict):
        with pytest.raises(ValueError, match=r"column 1 holds (dates|durations|gaps).* in row 3 "):
            call(kind(rows))


OTHERS = {
    "one dimension": (np.arange(9.0), r"reshape\(-1, 1\)"),
    "a row": ([1.0, 2.0], r"reshape\(1, -1\)"),
    "a series": (pd.Series([1.0, 2.0]), r"one dimension, a Series: give X.to_frame\(\)"),
    "names twice": (pd.DataFrame(np.eye(3), columns=["a", "a", "b"]), "rename those"),
    "names of two kinds": (pd.DataFrame(np.eye(3), columns=["a", 1, "b"]), r"rename\(columns=str"),
    "a sparse frame": (pd.DataFrame(np.eye(3)).astype("Sparse[float]"), "to_dense"),
    "durations": (np.ones((4, 2), dtype="m8[s]"), "column 0 holds durations.*row 0"),
    "a row of text": (["a", "b"], r"reshape\(1, -1\)"),
    "lists of dates": ([[np.datetime64("2020")], [np.datetime64("2021")]], "column 0 holds dates"),
    "tuples of durations": (((np.timedelta64(1, "D"),),) * 2, "column 0 holds durations"),
    "arrow dates": (pa.table({"t": pd.date_range("2020", periods=9)}), "column 't' holds dates"),
    "arrow dates among numbers": (
        pa.table({"n": np.ones(9), "t": pd.date_range("2020", periods=9)}),
        "column 't' holds dates, first .* in row 0",
    ),
    "a date after a gap": (
        pd.DataFrame({"t": pd.to_datetime([None, None, "2020-01-31"])}),
        "column 't' holds dates, first .*2020.* in row 2",
    ),
    "a column of dates without rows": (
        pd.DataFrame({"t": pd.to_datetime([])}),
        "column 't' holds dates: give numbers",
    ),
    "periods among objects": (
        pd.DataFrame({"p": pd.period_range("2020", periods=4).astype(object)}),
        "column 'p' holds dates, first Period.*days since",
    ),
    "intervals among objects": (
        pd.DataFrame({"i": pd.interval_range(0, 4).astype(object)}),
        "column 'i' holds intervals.*middles",
    ),
    "a gap of a Decimal": (
        pd.DataFrame({"d": [Decimal(1), Decimal("sNaN")]}),
        r"column 'd' holds gaps \(NaN\).* row 1",
    ),
    "beyond float64": (
        np.array([[1.0], [2.0]], dtype=np.longdouble) * np.longdouble("1e400"),
        "column 0 holds infinity.* row 0",
    ),
    "complex numbers": (np.array([[1, 2], [3, 4j]]), r"column 1 holds complex numbers.* row 1"),
    "a short row": ([[1.0, 2.0], [3.0, 4.0], [5.0]], "row 2 holds 1 values where row 0 holds 2"),
    "a row that is None": ([[1.0, 2.0], None], "row 1 is None.*drop it"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_table_of_another_kind_has_its_mend(make, name):
    table, message = OTHERS[name]
    assert re.search(message, refusal(make, table))


def test_a_gap_in_a_long_frame_is_found_quickly(make):
    frame = pd.DataFrame(np.zeros((100_000, 10)), columns=list("abcdefghij"))
    frame.iloc[99_999, 9] = np.nan
    start = time.perf_counter()
    assert "column 'j' holds gaps (NaN), first nan in row 99999 " in refusal(make, frame)
    assert time.perf_counter() - start < 1


WHOLE = {
    "a lazy frame": (pl.LazyFrame(NUMBERS), r"X is a polars LazyFrame: give X\.collect\(\)"),
    "a dict": (NUMBERS, r"X is a dict: give pandas\.DataFrame\(X\)"),
    "a dask frame": (
        dask.dataframe.from_pandas(pd.DataFrame(NUMBERS), npartitions=2),
        r"X is a dask DataFrame: give X\.compute\(\)",
    ),
    "a dask array": (dask.array.ones((9, 2)), r"X is a dask Array: give X\.compute\(\)"),
    "bfloat16": (torch.zeros(9, 2).bfloat16(), r"bfloat16.*give X\.float\(\)"),
    "bfloat16 in a list": ([torch.zeros(2).bfloat16()] * 9, r"bfloat16.*give X\.float\(\)"),
    "float8": (torch.zeros(9, 2).to(torch.float8_e5m2), r"float8_e5m2.*give X\.float\(\)"),
    "an ordered dict": (OrderedDict(NUMBERS), r"X is a OrderedDict: give pandas\.DataFrame\(X\)"),
    "a user's dict": (UserDict(NUMBERS), r"X is a UserDict: give pandas\.DataFrame\(X\)"),
    "dicts": ([{"a": 1.0}, {"a": 2.0}], r"a list of dicts: give pandas\.DataFrame\(X\)"),
    "an array of dicts": (np.array([{"a": 1.0}, {"a": 2.0}]), r"an array of dicts: give pandas"),
    "records": (pd.DataFrame(NUMBERS).to_records(), r"structured array: give pandas\.DataFrame"),
    "nothing": (None, "X is None: give a table"),
    "a path": (Path("data.csv"), r"no table: give pandas\.read_csv\(X\)"),
    "the name of a file": ("data.csv", r"no table: give pandas\.read_csv\(X\)"),
    "a generator": ((row for row in [[1.0], [2.0]]), "a generator, which has no rows to count"),
    "a set": ({1.0, 2.0}, "X is a set.*a list of its rows"),
    "values of a dict": (NUMBERS.values(), "X is a dict_values.*a list of its rows"),
    "a series of objects": (pd.Series([1, 2], dtype=object), r"give X\.to_frame\(\)"),
    "a series of text": (pd.Series(["a", "b"]), r"give X\.to_frame\(\)"),
    "a series of polars": (pl.Series([1.0, 2.0]), r"X\.to_frame\(\) if it is one column$"),
    "dates of an index": (pd.date_range("2020", periods=3), r"give X\.to_frame\(\)"),
    "no columns": (pd.DataFrame(index=range(5)), "0 features.*no columns"),
    "no columns in polars": (pl.DataFrame(), "0 features.*no columns"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_table_of_a_kind(make, name):
    table, message = WHOLE[name]
    with pytest.raises((ValueError, TypeError), match=message):
        make().fit(table)


@pytest.mark.parametrize(
    "table",
    [
        [[str(value) for value in row] for row in zip(*NUMBERS.values(), strict=True)],
        np.array(list(NUMBERS.values())).T.astype(str),
        np.array(list(NUMBERS.values())).T.astype("S"),
        np.array(list(NUMBERS.values())).T.astype(str).astype(object),
        pd.DataFrame(NUMBERS).astype(str),
        pl.DataFrame(NUMBERS).cast(pl.String),
        pd.DataFrame(NUMBERS).astype("Float64"),
        pd.DataFrame(NUMBERS).map(Decimal),
    ],
    ids=["lists", "U", "S", "objects", "pandas", "polars", "Float64", "Decimal"],
)
def test_text_that_python_reads_as_numbers_is_numbers(make, table):
    expected = make().fit(pd.DataFrame(NUMBERS).to_numpy()).decision_scores_
    np.testing.assert_allclose(make().fit(table).decision_scores_, expected, rtol=1e-6)


def test_long_names_and_values_are_cut(make):
    for value in ("x" * 10_000, list(range(10_000))):
        message = refusal(make, pd.DataFrame({"a": [1.0, 2.0], LONG_NAME: [value, value]}))
        assert message.startswith("column 'a column whose")
    names = [f"{LONG_NAME}{n}" for n in range(9)]
    clf = make().fit(pd.DataFrame(np.eye(9), columns=names))
    with pytest.raises(ValueError, match=r"unseen at fit.*(add them|\.\.\.)") as caught:
        clf.predict(pd.DataFrame(np.eye(9), columns=[f"{name}'" for name in names]))
    assert len(str(caught.value)) <= LONGEST


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_columns_that_differ_are_named(make, library):
    clf = make().fit(library.DataFrame(NUMBERS | {"c": NUMBERS["a"]}))
    mend = r"give X\[list\(clf\.feature_names_in_\)\]"
    cases = {
        "acb": f"same order.* Column 1 is 'c', where the fit had 'b': {mend}",
        "abcd": f"unseen at fit time: - d: {mend}",
        "ab": "yet now missing: - c: add them, or fit without them",
    }
    for names, message in cases.items():
        table = library.DataFrame(dict.fromkeys(names, NUMBERS["a"]))
        with pytest.raises(ValueError, match=message):
            clf.predict(table)


@pytest.mark.parametrize(
    "more",
    [
        {"id": "x"},
        {"t": pd.Timestamp("2020")},
        {"id": np.nan},
    ],
    ids=["text", "dates", "gaps"],
)
def test_an_additional_column_is_named_before_its_values(make, more):
    frame = pd.DataFrame(NUMBERS)
    clf = make().fit(frame)
    with pytest.raises(ValueError, match=rf"unseen at fit time: - {next(iter(more))}.*X\[list"):
        clf.predict(frame.assign(**more))


def test_names_that_differ_by_a_space_are_shown(make):
    frame = pd.DataFrame(NUMBERS)
    clf = make().fit(frame)
    with pytest.raises(ValueError, match=r"Mind the spaces in 'a '.*add them"):
        clf.predict(frame.rename(columns={"a": "a "}))


@pytest.mark.parametrize("made", [[[np.datetime64("2020")]] * N, pa.table({"t": [DAY] * N})])
def test_dates_that_a_transformer_returns_are_refused(make, made):
    with pytest.raises(ValueError, match=r"of what it returns, column .* holds dates"):
        make(preprocessing=FunctionTransformer(lambda X: made)).fit(pd.DataFrame(NUMBERS))


def test_rows_of_unlike_lengths_have_a_mend_in_predict_proba(make):
    clf = make().fit(np.array(list(NUMBERS.values())).T)
    with pytest.raises(ValueError, match="row 1 holds 1 values where row 0 holds 2"):
        clf.predict_proba([[1.0, 2.0], [1.0]])


def test_a_fit_without_names_is_said_once(make):
    frame = pd.DataFrame(NUMBERS)
    clf = make().fit(frame.to_numpy())
    with pytest.warns(UserWarning, match="fitted without feature names") as caught:
        clf.predict(frame)
    assert len(caught) == 1
