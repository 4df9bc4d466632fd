"""Tables for the reader."""

import numpy as np
import pandas as pd

from benchmarks.harness import data, tables


def records(**by_method):
    """Return records of one seed, from the ROC-AUC by method and set; None is a failure."""
    rows = [
        {"dataset": name, "method": method, "seed": 0, "roc": roc, "ap": 0.5, "time_fit": 1.0,
         "error": "no" if roc is None else ""}
        for method, sets in by_method.items()
        for name, roc in sets.items()
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"roc": float})


def test_means_say_over_how_many_sets():
    assert "| mean         | 0.500 of 1 |" in tables.readable(records(one={"a": 0.5, "b": None}))


def test_a_method_that_failed_with_one_seed_has_no_mean():
    twice = pd.concat([records(a={"set": 0.5}), records(a={"set": None})])
    assert np.isnan(tables.frame(twice, "roc").loc["set", "a"])
    assert tables.frame(twice[:1], "roc").loc["set", "a"] == 0.5


def test_ranks_put_failures_last():
    found = records(a={"set": 0.5}, b={"set": None}, c={"set": 0.9})
    assert tables.ranks(tables.frame(found, "roc")).to_dict() == {"a": 2, "b": 3, "c": 1}


def test_failures_are_named_with_their_seed():
    found = records(a={"one": 0.5, "two": None})
    assert tables.failures(found) == "two, a, seed 0: no"


def test_means_of_odds_are_shown_in_two_parts():
    found = records(a={name: float(name in data.CONFIRMATION) for name in data.ODDS})
    lines = tables.readable(found).splitlines()
    assert [line.split("|")[1:3] for line in lines[-4:-1]] == [
        [" mean                  ", " 0.375 "],
        [" mean of the ten       ", " 0.000 "],
        [" mean of the other six ", " 1.000 "],
    ]
    assert "ROC-AUC, mean of the other six" in tables.summary(found)
    assert "mean of the ten" not in tables.readable(found[:5])


def test_missing_numbers_say_why():
    table = pd.DataFrame({"a": [1.0, np.nan, np.nan], "status": ["run", "run", "skipped"]})
    assert [line.strip("| ") for line in tables.brief(table).splitlines()[2:]] == [
        "1.00", "", "skipped"
    ]  # fmt: skip
