"""Two moons: rows, densities, and the cells of figures 1 to 3."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.paper import figures123, moons


@pytest.mark.parametrize("kind", moons.KINDS)
def test_the_truth_is_a_density(kind):
    points = moons.grid((-3, 4), (-3, 4), 200)
    assert np.exp(moons.truth(points, kind)).mean() * 49 == pytest.approx(1, abs=2e-3)


def test_the_truth_is_that_of_the_rows():
    inside = moons.rows("clean", 0)
    # The entropy by the rows and by the density itself, in nats.
    points = moons.grid((-3, 4), (-3, 4), 200)
    log_density = moons.truth(points, "clean")
    entropy = -(np.exp(log_density) * log_density).mean() * 49
    assert -moons.truth(inside, "clean").mean() == pytest.approx(entropy, abs=0.02)


def test_anomalies_follow_the_moons():
    X = moons.rows("clustered", 0)
    assert X.shape == (10_500, 2)
    np.testing.assert_allclose(X[10_000:].mean(0), [2.5, 2.5], atol=0.01)
    np.testing.assert_allclose(X[10_000:].std(0), [0.05, 0.05], atol=0.005)
    uniform = moons.rows("uniform", 0)[10_000:]
    assert uniform.min() > -1.75
    assert uniform.max() < 3.25


def test_mass_is_that_of_the_box_around_the_cluster():
    class Even:
        def score_samples(self, X):
            return np.full(len(X), np.log(0.04))

    class Half:
        def score_samples(self, X):
            return np.where((X[:, 0] < 2.5) & (X[:, 1] < 3), 0.0, -np.inf)

    assert moons.box_mass(Even()) == pytest.approx(0.04)
    assert moons.box_mass(Half()) == pytest.approx(0.5)


def test_the_picture_is_of_the_median_seed():
    records = pd.DataFrame(
        {
            "dataset": ["clustered moons"] * 5 + ["clean moons"],
            "method": ["RealNVP"] * 6,
            "seed": [0, 1, 2, 3, 4, 0],
            "auc_clustered": [0.9, 0.1, 0.5, np.nan, 0.6, 1.0],
        }
    )
    assert figures123.typical(records, "clustered") == 4


def test_a_model_that_failed_once_has_no_numbers():
    records = pd.DataFrame(
        {
            "dataset": ["clean moons"] * 4,
            "method": ["RealNVP", "RealNVP", "RobustRealNVP", "RobustRealNVP"],
            "seed": [0, 1, 0, 1],
            **{key: [0.5, 0.5, 0.5, np.nan] for key in figures123.MEASURES},
        }
    )
    table = figures123.summary(records, "clean")
    assert set(table.loc["RealNVP"]) == {"0.500 ± 0.000"}
    assert set(table.loc["RobustRealNVP"]) == {"failed"}


def test_a_training_run_has_the_papers_steps():
    for kind in moons.KINDS:
        cell = figures123.cell(kind, "RealNVP", 0)
        clf = cell.work.args[0]
        steps = clf.epoch_num * (len(moons.rows(kind, 0)) // 128)
        assert steps == pytest.approx(figures123.STEPS, rel=0.01)
        assert (clf.lipschitz, clf.preprocessing) == (None, False)
