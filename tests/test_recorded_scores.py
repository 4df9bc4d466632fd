"""Scores are those that were recorded, to the last bit on a machine that rounds the same way."""

import numpy as np
import pytest

from .recorded import CASES, FILE, fitted, machine, scores

#: What float32 sums in another order may come to after a whole training.
ELSEWHERE = {"rtol": 0.02, "atol": 0.2}


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_recorded(name):
    clf, X_new = fitted(name)
    with np.load(FILE) as kept:
        same_rounding = str(kept["machine"]) == machine()
        for key, rows in scores(clf, X_new).items():
            recorded = kept[f"{name}/{key}"]
            assert rows.dtype == recorded.dtype
            if same_rounding:
                np.testing.assert_array_equal(rows, recorded, err_msg=key)
            else:
                np.testing.assert_allclose(rows, recorded, **ELSEWHERE, err_msg=key)
