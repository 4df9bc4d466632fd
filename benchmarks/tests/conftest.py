"""Small tables and short fits for the tests of the benchmarks."""

import numpy as np
import pytest
from scipy.io import savemat

from benchmarks.__main__ import main
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
