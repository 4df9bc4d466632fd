"""What each parameter of the detector does, and the paper's settings."""

import sys

import numpy as np
import pytest
from pythresh.thresholds.filter import FILTER

from pyod_robustnvp import PAPER, REAL_NVP, TRIM_REAL_NVP, RobustRealNVP
from pyod_robustnvp.parameters import resolve


def settings_of(clf):
    return resolve(clf)


@pytest.mark.parametrize("contamination", [np.float32(0.1), np.float64(0.1), 0.1])
def test_any_number_is_a_contamination(make, X, X_new, contamination):
    clf = make(contamination=contamination).fit(X)
    assert clf.labels_.sum() == 20
    assert set(clf.predict(X_new)) == {0, 1}
    assert clf.predict_confidence(X_new).shape == (100,)


@pytest.mark.parametrize("trim_fraction", ["auto", 0.2])
def test_pythresh_object_as_contamination(make, X, X_new, trim_fraction):
    clf = make(contamination=FILTER(), trim_fraction=trim_fraction).fit(X)
    assert 0 < clf.labels_.sum() < len(X)
    assert set(clf.predict(X_new)) == {0, 1}
    assert clf.predict_confidence(X_new).shape == (100,)


def test_contamination_estimated_from_the_scores(fitted):
    state = np.random.get_state()  # noqa: NPY002
    share = fitted.estimate_contamination()
    assert 0.05 < share < 0.2
    after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(state[1], after[1])
    labels = FILTER().eval(fitted.decision_scores_)
    assert fitted.estimate_contamination(FILTER()) == min(labels.mean(), 0.5)


def test_estimated_contamination_is_one_that_can_be_used(fitted):
    class Everything:
        def eval(self, scores):
            return np.ones_like(scores)

    class Nothing:
        def eval(self, scores):
            return np.zeros_like(scores)

    assert fitted.estimate_contamination(Everything()) == 0.5
    assert fitted.estimate_contamination(Nothing()) == 1 / 200


@pytest.mark.parametrize("table", [np.ones((20, 3)), [[0.0, 1.0], [1.0, 3.0]]])
def test_estimated_contamination_where_no_row_stands_out(make, table):
    clf = make().fit(table)
    estimated = clf.estimate_contamination()
    assert 1 / len(table) <= estimated <= 0.5
    assert clf.set_params(contamination=estimated).fit(table).labels_.mean() <= estimated


def test_estimated_contamination_does_not_drown_in_a_giant(make, X, fitted):
    clf = make().fit(np.vstack([X, np.full((1, 5), 1e12)]))
    assert clf.estimate_contamination() == pytest.approx(fitted.estimate_contamination(), abs=0.05)


def test_a_missing_pythresh_names_the_extra(fitted, monkeypatch):
    monkeypatch.setitem(sys.modules, "pythresh.thresholds.clf", None)
    with pytest.raises(ImportError, match=r"pip install 'pyod-robustnvp\[thresh\]'"):
        fitted.estimate_contamination()


@pytest.mark.parametrize(
    ("contamination", "given", "trim"),
    [(0.1, "auto", 0.35), (0.45, "auto", 0.45), (0.1, None, 0.1), (0.1, 0.25, 0.25), (0.1, 0, 0)],
)
def test_trim_fraction(make, contamination, given, trim):
    clf = make(contamination=contamination, trim_fraction=given)
    assert settings_of(clf).trim == trim


def test_three_models_of_the_paper(make, X):
    plain, trimmed, robust = (make(**kind).fit(X) for kind in (REAL_NVP, TRIM_REAL_NVP, {}))
    assert settings_of(plain).trim == 0
    assert settings_of(plain).caps is None
    assert settings_of(trimmed).trim > 0
    assert settings_of(trimmed).caps is None
    assert robust.lipschitz_ <= 1.5
    assert len({clf.decision_scores_.sum() for clf in (plain, trimmed, robust)}) == 3


def test_the_authors_settings(X):
    clf = RobustRealNVP(**{**PAPER, "epoch_num": 2}, random_state=0).fit(X)
    assert [tuple(w.shape) for w in clf.density_.flows.weights] == [
        (6, 2, 256, 3), (6, 2, 256, 256), (6, 2, 2, 256)
    ]  # fmt: skip
    assert settings_of(clf).trim == 0.1
    assert clf.lipschitz_ <= 1.5
    assert clf.density_.views.transform(X, X).max() == pytest.approx(1)


def test_steps_follow_epoch_num_or_stay_fixed(make, X):
    assert make(epoch_num=3, batch_size=64).fit(X).n_iter_ == 9
    assert len(make(epoch_num=3, batch_size=64).fit(X).loss_curve_) == 3
    steps = {settings_of(make(epoch_num=None)).for_training(n).steps for n in (10, 10**7)}
    assert steps == {200}


def test_flows_of_a_view_take_turns_in_the_caps(make, X):
    clf = make(lipschitz=(0.3, 0.9), n_estimators=5, epoch_num=40).fit(X)
    largest = clf.density_.flows.sigma().amax(dim=(0, 1)).view(5, 2).amax(dim=1)
    caps = [0.3, 0.3, 0.3, 0.3, 0.9]
    np.testing.assert_allclose(largest, caps, rtol=1e-4)
    assert (largest.numpy() <= caps).all()


def test_noise_changes_the_training(make, fitted, X):
    calm = make(noise=0).fit(X)
    assert calm.loss_curve_[-1] < make(noise=0.5).fit(X).loss_curve_[-1]


def test_verbose_reaches_the_training(make, X, capsys):
    make(verbose=2, epoch_num=3).fit(X)
    assert capsys.readouterr().out.count("epoch ") == 3
