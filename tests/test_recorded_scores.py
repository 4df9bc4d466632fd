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
            recorded = in_units(clf, X_new, key, kept[f"{name}/{key}"])
            assert rows.dtype == recorded.dtype
            if same_rounding:
                np.testing.assert_array_equal(rows, recorded, err_msg=key)
            else:
                np.testing.assert_allclose(rows, recorded, **ELSEWHERE, err_msg=key)


def in_units(clf, X_new, key, recorded):
    """Bring what 0.1.0 gave in the units of a transformer's output to those of its input."""
    if isinstance(clf.preprocessing, bool):
        return recorded
    scaler = clf.density_.views.views[0].fitted
    if key == "sample":
        return scaler.inverse_transform(recorded)
    if key == "score_samples":
        slopes = getattr(scaler, "data_range_", None)
        slopes = scaler.scale_ if slopes is not None else 1 / scaler.scale_
        return np.log(np.broadcast_to(slopes, X_new.shape)).sum(axis=1) + recorded
    return recorded
