"""The command that runs the promises' tests: what it counts, and what it says where they fail."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from benchmarks.cost import reliability

CONFTEST = Path(__file__).parents[3] / "tests" / "conftest.py"
PROMISES = """
import pytest

@pytest.mark.reliability
@pytest.mark.parametrize("n", [2, 3])
def test_it_holds(n, deaths, tried):
    tried(n * deaths)

@pytest.mark.reliability
def test_it_is_broken(tried):
    tried()
    assert {holds}

def test_something_else(tried):
    tried(1000)
"""


@pytest.fixture
def promises(tmp_path, monkeypatch, request):
    """Return what writes promises of which the second holds or not, where the command looks."""
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = reliability: a promise\n")
    monkeypatch.setattr(reliability, "TESTS", tmp_path)
    monkeypatch.setattr(reliability, "CALLERS", {"2 threads": reliability.CALLERS["2 threads"]})
    monkeypatch.setattr(reliability, "in_child", lambda function, *arguments: 1.5)
    name = f"test_promises_{tmp_path.name}.py"
    yield lambda holds: (tmp_path / name).write_text(PROMISES.format(holds=holds))
    settings.load_profile(str(request.config.getoption("--examples", "default")))


@pytest.mark.parametrize("holds", [True, False])
def test_cases_and_failures_are_counted_and_shown(promises, command, tmp_path, capsys, holds):
    promises(holds)
    arguments = ["reliability", "--examples", "30", "--out", str(tmp_path / "out")]
    if holds:
        command(*arguments)
    else:
        with pytest.raises(SystemExit, match="some promises are not kept"):
            command(*arguments)
    found = pd.read_csv(tmp_path / "out" / "tests.csv").set_index("promise")
    assert found["cases"].to_dict() == {"it holds": 15, "it is broken": 1}
    assert found["failures"].to_dict() == {"it holds": 0, "it is broken": 0 if holds else 1}
    assert (tmp_path / "out" / "tables.md").read_text() in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "out" / "callers.csv")["times serial"].tolist() == [1.5]


def test_without_tests_it_says_where_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(reliability, "TESTS", tmp_path)
    with pytest.raises(SystemExit, match="holds no tests: run this in a clone"):
        reliability.run_tests(examples=1)


@pytest.mark.parametrize("name", ["8 threads", "joblib, 8 threads", "joblib, 2 processes"])
def test_callers_score_every_table(name):
    jobs = [np.ones((3, 2)), np.zeros((2, 2))]
    with reliability.CALLERS[name](np.sum) as together:
        assert list(together(jobs)) == [6.0, 0.0]


def test_processes_score_every_table():
    with reliability.CALLERS["2 spawned processes, a thread each"](np.sum) as together:
        assert together([np.ones((3, 2)), np.zeros((2, 2))]) == [6.0, 0.0]


def test_a_slowdown_is_a_ratio(monkeypatch):
    monkeypatch.setattr(reliability, "ROWS", 50)
    monkeypatch.setattr(reliability, "CALLS", 2)
    monkeypatch.setattr(reliability, "RUNS", 1)
    assert 0 < reliability.slowdown("2 threads") < 1000
