"""The command that computes kept fits anew and marks those of the present code."""

import re

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness import records
from benchmarks.harness.detectors import DETECTORS

CHOSEN = ("--data-dir", "{0}", "--datasets", "first", "--seeds", 2, "--detectors", "HBOS", "LOF")


@pytest.fixture
def kept(folder, command, monkeypatch):
    """Return the folder of a table of odds whose code is unknown."""
    monkeypatch.setattr("benchmarks.harness.options.ODDS", ("first",))
    monkeypatch.setattr("benchmarks.harness.options.USUAL", ("HBOS", "LOF"))
    arguments = [str(word).format(folder) for word in CHOSEN]
    out = folder / "results" / "odds"
    command("odds", *arguments, "--cache", folder / "cache", "--out", out)
    change(out, code="unknown")
    return out


def change(out, **columns):
    records.texts_of(out).assign(**columns).to_csv(out / "records.csv", index=False)


def recheck(command, folder):
    command("recheck", "odds", "--data-dir", folder, "--out", folder / "results")


def test_equal_fits_mark_all_records_of_the_present_code(kept, folder, command, capsys):
    recheck(command, folder)
    assert capsys.readouterr().out.count(": equal\n") == 2
    table = records.texts_of(kept)
    assert len(table) == 4
    assert (table["code"] != "unknown").all()
    arguments = [str(word).format(folder) for word in CHOSEN]
    command("odds", *arguments, "--cache", folder / "none", "--out", kept)
    assert "other code" not in capsys.readouterr().out
    assert not (folder / "none").exists()


def test_a_differing_fit_is_named_and_nothing_marked(kept, folder, command, capsys):
    change(kept, roc=[1 / 3] * 4)
    before = (kept / "records.csv").read_text()
    with pytest.raises(SystemExit, match="2 of 2 fits differ: nothing is marked"):
        recheck(command, folder)
    assert re.search(
        r"first, HBOS, [01]: roc was 0\.3333333333333333, is ", capsys.readouterr().out
    )
    assert (kept / "records.csv").read_text() == before


def test_without_records_there_is_nothing_to_check(folder, command, monkeypatch):
    monkeypatch.setattr("benchmarks.harness.options.ODDS", ("first",))
    with pytest.raises(SystemExit, match="holds no fit of odds"):
        recheck(command, folder)


def test_a_run_counts_records_of_other_code(kept, folder, command, capsys):
    arguments = [str(word).format(folder) for word in CHOSEN]
    command("odds", *arguments, "--cache", folder / "none", "--out", kept)
    assert "4 of 4 fits are of other code" in capsys.readouterr().out
    command("odds", *arguments, "--cache", folder / "none", "--out", kept, "--fresh")
    assert "other code" not in capsys.readouterr().out
    assert (pd.read_csv(kept / "records.csv")["code"] != "unknown").all()


def test_a_fit_that_cannot_be_repeated_says_nothing(kept, folder, command, monkeypatch, capsys):
    def restless(clf, X):
        return np.random.default_rng().normal(size=len(X))

    monkeypatch.setattr(DETECTORS["LOF"](0.1, 0, 3).__class__, "decision_function", restless)
    recheck(command, folder)
    assert re.search(r"first, LOF, [01]: differs from fit to fit", capsys.readouterr().out)
    assert (records.texts_of(kept)["code"] != "unknown").all()
