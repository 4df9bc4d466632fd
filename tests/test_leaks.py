"""Hundreds of fits and thousands of scorings hold no more memory than a few."""

import sys

import numpy as np
import pytest

from benchmarks.children import in_child, memory
from pyod_robustnvp import RobustRealNVP

FITS, SCORINGS = 200, 2000


def growth():
    """Return by what share the private memory of a process grows after its first fits."""
    X = np.random.default_rng(0).normal(size=(500, 5))

    def work(fits, scorings):
        for seed in range(fits):
            clf = RobustRealNVP(n_estimators=4, epoch_num=5, random_state=seed).fit(X)
        for _ in range(scorings):
            clf.decision_function(X)

    work(FITS // 10, SCORINGS // 10)
    before = memory("RssAnon")
    work(FITS, SCORINGS)
    return memory("RssAnon") / before - 1


@pytest.mark.reliability
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_fits_and_scorings_leave_no_memory_behind(tried):
    tried(FITS + SCORINGS)
    assert in_child(growth) < 0.05
