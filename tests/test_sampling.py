"""score_samples and sample: a density in input units, and rows that come from it."""

import numpy as np
import pytest

from pyod_robustnvp import RobustRealNVP


def test_score_samples_is_a_density_in_input_units():
    rng = np.random.default_rng(0)
    X = rng.normal(50, [3, 0.2], size=(500, 2))
    clf = RobustRealNVP(trim_fraction=0.0, random_state=0).fit(X)
    x, y = np.linspace(0, 100, 500), np.linspace(47, 53, 500)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    mass = np.exp(clf.score_samples(grid)).sum() * (x[1] - x[0]) * (y[1] - y[0])
    assert mass == pytest.approx(1, abs=0.02)


def test_score_samples_follows_the_units(make, X):
    first = make().fit(X).score_samples(X)
    scaled = make().fit(X * 1000).score_samples(X * 1000)
    np.testing.assert_allclose(scaled, first - 5 * np.log(1000))


def test_samples_look_like_the_data():
    rng = np.random.default_rng(0)
    X = rng.normal([100, -7], [5, 0.1], size=(1000, 2))
    drawn = RobustRealNVP(trim_fraction=0.0, random_state=0).fit(X).sample(2000, random_state=1)
    np.testing.assert_allclose(np.median(drawn, axis=0), [100, -7], atol=1)
    spread = np.subtract(*np.percentile(drawn, [75, 25], axis=0))
    np.testing.assert_allclose(spread, np.array([5, 0.1]) * 1.349, rtol=0.3)


@pytest.mark.parametrize("principal_axes", [True, False])
def test_samples_come_from_the_density(principal_axes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 1)) + 0.3 * rng.normal(size=(1000, 2))
    clf = RobustRealNVP(trim_fraction=0.0, random_state=0, principal_axes=principal_axes).fit(X)
    drawn = clf.sample(4000, random_state=1)
    assert np.corrcoef(drawn.clip(-3, 3), rowvar=False)[0, 1] > 0.5
    # Draws from p have the mean log-density that p has under itself, which a grid integrates.
    x = np.linspace(-8, 8, 400)
    log_p = clf.score_samples(np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2))
    expected = (np.exp(log_p) * log_p).sum() * (x[1] - x[0]) ** 2
    assert clf.score_samples(drawn).mean() == pytest.approx(expected, abs=0.1)


def test_samples_follow_the_random_state(fitted):
    first, again = (fitted.sample(5, random_state=2) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (5, 5)
    assert not np.array_equal(first, fitted.sample(5, random_state=3))
