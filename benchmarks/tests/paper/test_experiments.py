"""Small runs of all experiments of the paper, and what is kept of the large ones."""

import json
import re
import sys
from functools import cache

import pandas as pd
import pytest

from benchmarks.harness.detectors import METHODS, NINE
from benchmarks.harness.fits import described
from benchmarks.harness.records import RESULTS, read_table
from benchmarks.paper import compare, figures123, moons, published
from benchmarks.paper.report import TITLES


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Return a folder that the experiments share, the cache included."""
    return tmp_path_factory.mktemp("paper")


@pytest.mark.parametrize(
    ("name", "picture", "fits", "own", "said"),
    [
        ("table1", "ranks.png", 66, 66, "| made2 "),
        ("figure1", "moons.png", 6, 9, "| RobustRealNVP "),
        ("figure2", "moons.png", 8, 9, "| RealNVP, clean rows "),
        ("figure3", "moons.png", 8, 9, "| RealNVP, clean rows "),
        ("figure4", "differences.png", 12, 0, "ties"),
        ("table2", "ranks.png", 108, 108, "| frog-c "),
        ("figure5", "shares.png", 96, 84, "| airplane-u "),
        ("figure6", "shares.png", 60, 36, "| made1 "),
    ],
)
def test_small_runs_of_all_experiments(shared, command, capsys, name, picture, fits, own, said):
    out = shared / name
    command(name, "--quick", "--seeds", 2, "--cache", shared / "cache", "--out", out)
    printed = capsys.readouterr().out
    assert said in printed
    assert f"{name} --seeds 2 --quick`: {fits} fits" in printed
    assert "failed" not in printed
    assert "other code" not in printed
    assert (out / "tables.md").read_text() in printed
    assert (out / picture).stat().st_size > 5000
    # What another experiment has is not kept twice.
    assert len(list(read_table(out))) == own
    if name == "figure6":
        told = pd.DataFrame(read_table(out)).groupby(["dataset", "seed"])["roc"]
        assert (told.nunique() > 1).any()


@pytest.mark.parametrize("package", ["scikit_posthocs", "statsmodels"])
def test_a_missing_package_is_named_before_the_first_fit(command, monkeypatch, tmp_path, package):
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit, match=rf"this needs {package}.*pyod-robustnvp\[paper\]"):
        command("table1", "--quick", "--cache", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_figure4_wants_a_spread(command):
    with pytest.raises(SystemExit, match="--seeds must be at least 2"):
        command("figure4", "--quick", "--seeds", 1)


@cache
def kept(name):
    """Return the records that are kept of an experiment."""
    return pd.DataFrame(read_table(RESULTS / name))


def told(name):
    """Return the tables that were printed."""
    return (RESULTS / name / "tables.md").read_text()


@pytest.mark.parametrize(
    ("name", "numbers"), [("table1", "table1_odds"), ("table2", "table2_cifar10")]
)
def test_kept_fits_give_the_tables_that_are_kept(name, numbers):
    paper = published.table(numbers)
    table = compare.beside(kept(name), paper).to_markdown(disable_numparse=True)
    assert table in told(name)
    assert "RealNVP" in told(name)


def test_kept_fits_of_table1_give_figure4():
    outcome = compare.paired(kept("table1"), "RobustRealNVP", "TrimRealNVP")["outcome"]
    assert f"{(outcome == 'win').sum()} wins, {(outcome == 'tie').sum()} ties" in told("figure4")
    assert not (RESULTS / "figure4" / "records.csv").exists()


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(("figure1", "figure2", "figure3"), moons.KINDS, strict=True))
)
def test_kept_fits_of_moons_give_the_tables_that_are_kept(name, kind):
    clean = kept("figure1").query("method == 'RealNVP' and dataset == 'clean moons'")
    records = pd.concat([kept(name)] + [clean] * (kind != moons.CLEAN))
    drawn = records["dataset"].str.endswith(" drawn")
    assert figures123.summary(records[~drawn], kind).to_markdown() in told(name)
    assert [len(grid) for grid in records.loc[drawn, "grid"]] == [moons.PIXELS**2] * 3
    assert set(records.loc[drawn, "seed"]) == {figures123.typical(records, kind)}


@pytest.mark.parametrize(
    ("name", "kind"), list(zip(("figure1", "figure2", "figure3"), moons.KINDS, strict=True))
)
def test_all_fits_of_moons_that_the_figures_ask_for_are_kept(name, kind):
    (texts,) = json.loads((RESULTS / name / "settings.json").read_text()).values()
    found = {(r.dataset, r.method, r.seed): texts[r.key] for r in kept(name).itertuples()}
    for seed in range(5):
        for model in figures123.MODELS:
            cell = figures123.cell(kind, model, seed)
            assert found[cell.dataset, model, seed] == cell.settings


@pytest.mark.parametrize("method", METHODS)
def test_kept_fits_have_the_present_parameters(method):
    checked = 0
    for name in ("table1", "table2", "figure5", "figure6"):
        (texts,) = json.loads((RESULTS / name / "settings.json").read_text()).values()
        for record in kept(name).query("method == @method").itertuples():
            said = texts[record.key].partition("; ")[2]
            contamination = float((re.search(r"contamination=([\d.]+)", said) or [0, 0.1])[1])
            columns = int((re.search(r"n_features=(\d+)", said) or [0, 1])[1])
            assert said == described(METHODS[method](contamination, record.seed, columns))
            checked += 1
    assert checked >= (98 if method in NINE else 80)


def test_every_experiment_of_the_report_is_kept():
    for name in TITLES:
        assert f"`python -m benchmarks {name} --seeds " in told(name)
