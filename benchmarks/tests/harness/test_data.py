"""Data sets: files, made ones."""

import numpy as np
import pytest

from benchmarks.harness import data


def test_adbench_numbers_its_files(folder):
    (folder / "first.npz").rename(folder / "7_First.npz")
    assert data.load_file(folder, "first").X.shape == (100, 3)


def test_a_numbered_file_comes_last(folder):
    np.savez(folder / "1_second.npz", X=np.zeros((4, 1)), y=[0, 0, 0, 1])
    assert data.load_file(folder, "second").X.shape == (100, 3)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("first.npz", lambda path: path.write_text("no archive")),
        ("first.npz", lambda path: path.write_bytes(path.read_bytes()[:-200])),
        ("first.npz", lambda path: np.savez(path, X=np.zeros((4, 1)))),
        ("second.mat", lambda path: path.write_text("no matrix")),
        ("second.mat", lambda path: path.write_bytes(b"")),
    ],
)
def test_a_damaged_file_is_named(folder, name, damage):
    damage(folder / name)
    with pytest.raises(SystemExit, match=f"{name} holds no X and y that can be read: "):
        data.load_file(folder, name.partition(".")[0])


def test_data_folder_from_the_environment(folder, command, monkeypatch, capsys):
    monkeypatch.setenv(data.DATA_DIR_VARIABLE, str(folder))
    command("odds", "--datasets", "first", "--seeds", 1, "--detectors", "IForest",
            "--cache", folder, "--out", folder)  # fmt: skip
    assert "first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["odds"], "give --data-dir DIR or set PYOD_ROBUSTNVP_DATA"),
        (["odds", "--data-dir", "/nowhere"], "/nowhere is no folder"),
        (["odds", "--data-dir", "{folder}", "--datasets", "third"], "neither third.npz nor"),
    ],
)
def test_missing_data_is_said(folder, command, monkeypatch, arguments, message):
    monkeypatch.delenv(data.DATA_DIR_VARIABLE, raising=False)
    with pytest.raises(SystemExit, match=message):
        command(*[argument.format(folder=folder) for argument in arguments])


def test_clusters_lie_dense_at_four_standard_deviations():
    made = data.clustered(5000, 4, seed=1, contamination=0.1)
    assert made.name == "10% of 4 columns"
    assert made.y.sum() == 500
    normal, cluster = (made.X[made.y == kind] for kind in (0, 1))
    scale = normal.std(axis=0)
    assert np.linalg.norm(cluster.mean(axis=0) / scale) == pytest.approx(4, rel=0.05)
    np.testing.assert_allclose(cluster.std(axis=0) / scale, 0.1, rtol=0.15)
