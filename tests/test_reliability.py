"""The command that runs the promises' tests: what it counts, and what it says where they fail."""

import re
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from benchmarks import reliability
from benchmarks.__main__ import main

CONFTEST = Path(__file__).with_name("conftest.py")
README = CONFTEST.parents[1] / "README.md"
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
    settings.load_profile(str(request.config.getoption("--examples")))


@pytest.mark.parametrize("holds", [True, False])
def test_cases_and_failures_are_counted_and_shown(promises, tmp_path, capsys, holds):
    promises(holds)
    arguments = ["reliability", "--examples", "30", "--out", str(tmp_path / "out")]
    if holds:
        main(arguments)
    else:
        with pytest.raises(SystemExit, match="some promises are not kept"):
            main(arguments)
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


def test_the_readme_names_tests_that_there_are():
    file, named = "", 0
    for path, name in re.findall(r"`(test_\w+\.py)?(?:::(\w+))?`", README.read_text()):
        file = path or file
        if file:
            source = CONFTEST.with_name(file).read_text()
            assert not name or f"def {name}(" in source
            named += 1
    assert named > 10


def test_the_lowest_versions_are_the_floors_of_the_ranges():
    project = tomllib.loads((README.parent / "pyproject.toml").read_text())["project"]
    used = [project["dependencies"], *project["optional-dependencies"].values()]
    floors = dict(line.split(">=") for lines in used for line in lines if ">=" in line)
    text = (README.parent / "constraints-lowest.txt").read_text()
    lowest = dict(line.split("==") for line in text.splitlines() if "==" in line)
    assert set(floors) - set(lowest) <= {"torchvision", "build", "mypy", "ruff"}
    for name, version in lowest.items():
        assert version == floors[name] or version.startswith(f"{floors[name]}.")
