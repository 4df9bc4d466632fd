"""The variants of the default, and their table."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.harness.data import correlated
from benchmarks.quality import ablation
from benchmarks.quality.exchanged import Exchanged
from pyod_robustnvp import RobustRealNVP
from pyod_robustnvp.box import Box
from pyod_robustnvp.density import TabularDensity
from pyod_robustnvp.parameters import resolve
from pyod_robustnvp.pooling import PowerMean, StandardizedMean


@pytest.fixture(scope="module")
def X():
    return correlated(200, 3, seed=0).X


def test_ablation_writes_a_row_a_variant(folder, command, short_fits, monkeypatch, capsys):
    chosen = ("default", "no noise", "product of the flows")
    variants = {name: ablation.VARIANTS[name] for name in chosen}
    monkeypatch.setattr(ablation, "VARIANTS", variants)
    out = folder / "out"
    command("ablation", "--data-dir", folder, "--datasets", "first", "--seeds", 1,
            "--cache", folder, "--out", out)  # fmt: skip
    text = (out / "tables.md").read_text()
    assert [line.split("|")[1].strip() for line in text.splitlines()[4:7]] == list(chosen)
    assert text in capsys.readouterr().out
    assert (out / "roc.csv").exists()


def test_every_variant_differs_from_the_default_and_from_the_others():
    made = {name: make(0.1, 3, 5) for name, make in ablation.VARIANTS.items()}
    assert {(clf.contamination, clf.random_state) for clf in made.values()} == {(0.1, 3)}
    said = {name: f"{type(clf).__name__} {clf.get_params()}" for name, clf in made.items()}
    assert not [text for text in said.values() if " at 0x" in text]
    assert len(set(said.values())) == len(said)
    assert made["default"].get_params() == RobustRealNVP(random_state=3).get_params()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("views averaged in nats", {"pooling": PowerMean()}),
        ("product of the flows", {"pooling": StandardizedMean(0.0)}),
        ("no edges, far rows moved as a whole", {"box": Box()}),
    ],
)
def test_settings_are_exchanged(X, short_fits, name, changes):
    settings = replace(resolve(RobustRealNVP()), **changes)
    expected = TabularDensity.fit(X, settings, 0).score(X)
    found = ablation.VARIANTS[name](0.1, 0, 3).fit(X).decision_function(X)
    np.testing.assert_array_equal(found, expected)
    default = ablation.VARIANTS["default"](0.1, 0, 3).fit(X).decision_scores_
    assert not np.allclose(found, default)


def test_nothing_exchanged_is_the_default(X, short_fits):
    found = Exchanged({}, random_state=0).fit(X).decision_function(X)
    np.testing.assert_array_equal(found, RobustRealNVP(random_state=0).fit(X).decision_scores_)
