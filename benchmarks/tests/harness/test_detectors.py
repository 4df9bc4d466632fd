"""The detectors by name."""

import numpy as np
import pytest
import torch

from benchmarks.harness.detectors import DETECTORS, METHODS, quickened
from benchmarks.harness.fits import described


@pytest.mark.parametrize("make", [*DETECTORS.values(), *METHODS.values()])
def test_detectors_are_told_the_contamination_and_the_seed(make):
    clf = make(0.07, 3, 5)
    assert clf.contamination == 0.07
    assert clf.get_params().get("random_state", 3) == 3
    assert quickened(clf).get_params().get("epoch_num", 3) == 3


def test_flows_have_the_authors_settings():
    robust, real, trim = (
        METHODS[name](0.1, 0, 5) for name in ("RobustRealNVP", "RealNVP", "TrimRealNVP")
    )
    for clf in (robust, real, trim):
        assert (clf.epoch_num, clf.batch_size, clf.lr) == (200, 128, 3e-4)
        assert clf.hidden_neuron_list == (256, 256)
    assert (robust.lipschitz, real.lipschitz, trim.lipschitz) == (1.5, None, None)
    assert (robust.trim_fraction, real.trim_fraction, trim.trim_fraction) == (None, 0.0, None)


def test_so_gaal_has_the_score_of_its_paper():
    """1 - D(x), the discriminator's output D being 1 for what it takes for real."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    clf = quickened(METHODS["SO-GAAL"](0.1, 0, 3)).fit(X)
    with torch.no_grad():
        real = clf.discriminator(torch.tensor(X, dtype=torch.float32)).numpy().ravel()
    np.testing.assert_array_equal(clf.decision_function(X), 1 - real)
    np.testing.assert_array_equal(clf.decision_scores_, 1 - real)


def test_what_is_not_the_default_describes_a_detector():
    assert described(METHODS["IF"](0.1, 3, 5)) == "IForest()"
    assert described(METHODS["OCSVM"](0.2, 3, 5)) == "OCSVM(contamination=0.2, gamma='scale')"
    assert "n_features=5, verbose=0)" in described(METHODS["Deep-SVDD"](0.1, 3, 5))
