"""Explanations on rows whose wrong columns are known."""

import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness.extras import MissingExtraError
from benchmarks.quality import explainers, explanations, truths
from benchmarks.quality.truths import Kind


@pytest.fixture
def tables(monkeypatch):
    """Stand in for the real tables: one of related columns, two of them no numbers."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 1)) + 0.2 * rng.normal(size=(300, 5))
    X[:, 3] = rng.integers(0, 2, 300)
    X[:, 4] = 7.0
    monkeypatch.setattr(truths, "real", lambda: {"some": X})
    return X


def test_a_shifted_value_lies_outside_of_its_column(tables):
    truth = Kind("a", "some", rows=50).draw(0)
    assert truth.X.shape == (250, 5)
    assert (truth.wrong.sum(axis=1) == 1).all()
    assert not truth.wrong[:, 4].any()  # A constant column has no range.
    low, high = truth.X.min(axis=0), truth.X.max(axis=0)
    outside = np.maximum(low - truth.X_new, truth.X_new - high) / np.maximum(high - low, 1e-9)
    assert outside[truth.wrong].min() >= 0.5 - 1e-9
    assert outside[truth.wrong].max() <= 1.5 + 1e-9


def test_subtle_shifts_are_one_to_two_deviations(monkeypatch):
    monkeypatch.setitem(truths.MADE, "gauss", lambda n, d, rng: np.tile([-1.0, 1.0], (d, n // 2)).T)
    truth = Kind("b", "gauss6", 2, 40).draw(0)
    assert truth.X.shape == (1000, 6)
    assert (truth.wrong.sum(axis=1) == 2).all()
    shifts = np.minimum(abs(truth.X_new - 1), abs(truth.X_new + 1))
    assert (shifts[~truth.wrong] == 0).all()
    assert (abs(truth.X_new)[truth.wrong] <= 3).all()


def test_exchanged_values_come_from_other_rows_and_break_relations(tables):
    truth = Kind("c", "some", 1, 60).draw(0)
    assert truth.wrong.any(axis=1).all()
    assert not truth.wrong[:, 3:].any()  # Nothing tells these columns.
    others = [set(column) for column in tables.T]
    assert all(
        truth.X_new[i, j] in others[j] for i, j in zip(*np.nonzero(truth.wrong), strict=True)
    )


def test_a_table_without_relations_has_nothing_to_break():
    X = np.random.default_rng(0).normal(size=(100, 3))
    with pytest.raises(ValueError, match="the others tell no column"):
        truths.tellable(X)


def test_a_pattern_is_among_the_training_rows(tables):
    truth = Kind("d", "some", 2, 60).draw(0)
    assert truth.X_new.tolist() == truth.X[:9].tolist()
    assert (truth.wrong == truth.wrong[0]).all()
    assert truth.wrong[0].sum() == 2
    assert not truth.wrong[0, 3:].any()


@pytest.mark.parametrize("name", ["gauss8", "mixture8", "curved8"])
def test_made_tables_follow_the_seed(name):
    first, again, other = (Kind("b", name).draw(seed).X for seed in (0, 0, 1))
    assert first.shape == (1000, 8)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_real_tables_are_those_of_the_wheels_and_of_scikit_learn(wheels):
    truths.real.cache_clear()
    found = truths.real()
    truths.real.cache_clear()
    assert {"even/one", "odd/three", "diabetes", "wine"} <= set(found)
    assert found["wine"].shape == (178, 13)


def test_measures_of_rows():
    wrong = np.array([[True, False, False], [False, True, True]])
    found = explanations.measures(np.array([[3.0, 1.0, 2.0], [2.0, 3.0, 1.0]]), wrong)
    assert found == {"first": 1.0, "auroc": 0.75, "precision": 0.75}


def test_every_explainer_names_a_value_far_outside():
    pytest.importorskip("shap")
    X = np.random.default_rng(0).normal(size=(200, 4))
    rows = np.zeros((3, 4))
    rows[[0, 1, 2], [0, 2, 3]] = 40.0
    for name, explainer in explainers.EXPLAINERS.items():
        said, fitting, explaining = explainer.timed(X, rows, 0)
        assert said.contributions.argmax(axis=1).tolist() == [0, 2, 3], name
        assert fitting >= 0
        assert explaining > 0
        assert (said.gap < 1e-6) == (name == explainers.OURS)


def test_explanations_need_shap(command, folder, monkeypatch):
    monkeypatch.setattr(explanations, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(SystemExit, match=r"this needs shap: pip install 'pyod-robustnvp\[bench\]'"):
        command("explanations", "--quick", "--out", folder)
    assert issubclass(MissingExtraError, ImportError)


def test_explanations_write_tables_and_go_on_where_they_were(
    command, folder, short_fits, monkeypatch, capsys
):
    pytest.importorskip("shap")
    monkeypatch.setattr(explainers, "BACKGROUND", 5)
    quick = (Kind("a", "gauss3", 1, 4), Kind("e", "gauss3", 2, 4))
    monkeypatch.setattr(explanations, "QUICK", quick)
    out = folder / "out"
    arguments = ["explanations", "--quick", "--cache", folder, "--out", out]
    command(*arguments)
    printed = capsys.readouterr().out
    assert "The contributions of `explain` sum to what the scores differ by within" in printed
    assert "It explained 4 rows of 30 columns in" in printed
    records = pd.read_csv(out / "records.csv")
    assert len(records) == 2 * len(explainers.EXPLAINERS)
    assert records["few_auroc"].between(0, 1).all()
    slow = records["method"].str.startswith("SHAP")
    assert records["auroc"].isna().equals(slow)
    monkeypatch.setattr(explanations, "measure", pytest.fail)
    command(*arguments)
    assert "12 fits" in capsys.readouterr().out
