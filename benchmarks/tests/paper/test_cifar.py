"""The draws of table 2."""

import numpy as np
import pytest

from benchmarks.paper import cifar


def features(names, n=90, own=4):
    """Return features whose single column says what they are: k, or -1 - k for an anomaly."""
    return {
        name: cifar.Features(np.full((n, 1), float(k)), np.full((own, 1), -1.0 - k))
        for k, name in enumerate(names)
    }


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_the_share_changes_and_the_rows_do_not(share):
    data = cifar.drawn(features(["airplane", "deer", "frog"]), "deer", "u", share, 0)
    assert len(data.X) == 100
    assert data.y.sum() == round(100 * share)
    assert (data.X[data.y == 0] == 1).all()
    assert not (data.X[data.y == 1] == 1).any()


def test_own_anomalies_come_first_where_classes_are_missing():
    data = cifar.drawn(features(["airplane", "deer", "frog"]), "deer", "u", 0.1, 0)
    odd = data.X[data.y == 1].ravel()
    assert (odd == -2).sum() == 4
    assert set(odd) == {-2, 0, 2}


def test_of_all_classes_the_others_alone_are_drawn():
    data = cifar.drawn(features(cifar.CLASSES, n=900), "deer", "u", 0.1, 0)
    assert set(data.X[data.y == 1].ravel()) == set(range(10)) - {4}


def test_rows_are_drawn_without_repetition():
    parts = {
        name: cifar.Features(np.arange(60.0)[:, None] + 60 * k, np.empty((0, 1)))
        for k, name in enumerate(("airplane", "deer", "frog"))
    }
    # Of its own anomalies, some are other classes' rows.
    parts["airplane"] = parts["airplane"]._replace(others=np.arange(100.0, 130.0)[:, None])
    for seed in range(5):
        data = cifar.drawn(parts, "airplane", "u", 0.5, seed)
        assert len(np.unique(data.X)) == len(data.X) == 67


def test_clustered_anomalies_are_of_one_class_that_goes_with_the_seed():
    given = features(["airplane", "deer", "frog"])
    kinds = [set(cifar.drawn(given, "deer", "c", 0.1, s).X[-10:].ravel()) for s in range(3)]
    assert kinds == [{2.0}, {0.0}, {2.0}]


def test_features_are_reduced_by_the_training_rows():
    rng = np.random.default_rng(0)
    given = {
        name: cifar.Features(rng.normal(k, 1, (90, 6)), np.empty((0, 6)))
        for k, name in enumerate(("airplane", "deer"))
    }
    X, X_new, _, y_new = cifar.source(given, "deer", "c", components=3).draw(0)
    assert X.shape == (80, 3)
    assert X_new.shape == (20, 3)
    assert 0 < y_new.sum() < 10
    np.testing.assert_allclose([X.min(0), X.max(0)], [[0] * 3, [1] * 3], atol=1e-12)


def test_files_are_read(tmp_path):
    for k in (0, 6):
        np.savez(tmp_path / f"CIFAR10_{k}.npz", X=np.full((5, 2), k), y=[0, 0, 0, 1, 1])
    found = cifar.load(tmp_path)
    assert list(found) == ["airplane", "frog"]
    assert found["frog"].normal.shape == (3, 2)
    assert found["frog"].others.shape == (2, 2)


def test_files_of_one_class_or_of_two_networks_are_an_error(tmp_path):
    for k in (0, 4):
        np.savez(tmp_path / f"CIFAR10_{k}.npz", X=np.zeros((5, 2 + k)), y=np.zeros(5))
    with pytest.raises(SystemExit, match=r"of several networks, {2, 6} columns wide"):
        cifar.load(tmp_path)
    (tmp_path / "below").mkdir()
    np.savez(tmp_path / "below" / "CIFAR10_4.npz", X=np.zeros((5, 2)), y=np.zeros(5))
    with pytest.raises(SystemExit, match="are of one class: give --data-dir one"):
        cifar.load(tmp_path)


def test_what_is_not_as_in_the_paper_is_said():
    said = cifar.described(features(["airplane", "deer", "frog"]))
    assert "3 of 10 classes (airplane, deer, frog), 1 columns, not VGG19's" in said
    assert "10 at 0.1, are up to 4 of the file's own, of all classes" in said
    both = cifar.described(features(["airplane", "deer"]), (0.1, 0.4))
    assert "10 at 0.1, 40 at 0.4, are" in both
    whole = {
        name: cifar.Features(np.zeros((9, 4096)), np.empty((0, 4096))) for name in cifar.CLASSES
    }
    said = cifar.described(whole)
    assert "the paper's. The anomalies of u, by their share 1 at 0.1, are rows of the" in said


def test_too_few_files_are_an_error(tmp_path):
    with pytest.raises(SystemExit, match=r"fewer than two files CIFAR10_k\.npz"):
        cifar.load(tmp_path)
