"""Hundreds of fits and thousands of scorings hold no more memory than a few."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from pyod_robustnvp import RobustRealNVP

FITS, SCORINGS = 200, 2000


def private_memory():
    """Return the kilobytes of this process that no file stands behind."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))


def growth():
    """Return by what share the private memory of a process grows after its first fits."""
    X = np.random.default_rng(0).normal(size=(500, 5))

    def work(fits, scorings):
        for seed in range(fits):
            clf = RobustRealNVP(n_estimators=4, epoch_num=5, random_state=seed).fit(X)
        for _ in range(scorings):
            clf.decision_function(X)

    work(FITS // 10, SCORINGS // 10)
    before = private_memory()
    work(FITS, SCORINGS)
    return private_memory() / before - 1


@pytest.mark.reliability
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_fits_and_scorings_leave_no_memory_behind(tried):
    tried(FITS + SCORINGS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        assert fresh.submit(growth).result() < 0.05
