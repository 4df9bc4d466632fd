"""The command line of the benchmarks, on tables made here."""

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from benchmarks import datasets, experiments, tables
from benchmarks.__main__ import main
from benchmarks.detectors import DETECTORS
from benchmarks.protocol import Record, run_one


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a set as ADBench's .npz and one as ODDS' .mat."""
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [90, 10])
    X = rng.normal(size=(100, 3)) + 5 * y[:, None]
    np.savez(tmp_path / "first.npz", X=X, y=y)
    savemat(tmp_path / "second.mat", {"X": X, "y": y[:, None]})
    return tmp_path


def run(*arguments):
    main([str(argument) for argument in arguments])


def test_odds_writes_pyods_tables(folder, capsys):
    out = folder / "out"
    run("odds", "--data-dir", folder, "--datasets", "first", "second", "--seeds", 2,
        "--detectors", "IForest", "LOF", "--out", out)  # fmt: skip
    printed = capsys.readouterr().out
    assert "average rank" in printed
    assert printed.count("first") == printed.count("second") == 2
    for name in ("roc", "prn", "ap", "time", "time_fit", "time_score"):
        table = pd.read_csv(out / f"{name}.csv")
        assert table.columns.tolist() == [
            "Data", "#Samples", "# Dimensions", "Outlier Perc", "IForest", "LOF"
        ]  # fmt: skip
        assert table["Data"].tolist() == ["first", "second"]
        assert table.iloc[:, 1:4].to_numpy().tolist() == [[100, 3, 10]] * 2
    assert (pd.read_csv(out / "roc.csv")[["IForest", "LOF"]] > 0.9).all(axis=None)
    assert (out / "tables.md").read_text() in printed


def test_adbench_numbers_its_files(folder):
    (folder / "first.npz").rename(folder / "7_first.npz")
    assert datasets.load_file(folder, "first").X.shape == (100, 3)


def test_data_folder_from_the_environment(folder, monkeypatch, capsys):
    monkeypatch.setenv(datasets.DATA_DIR_VARIABLE, str(folder))
    run("odds", "--datasets", "first", "--seeds", 1, "--detectors", "IForest", "--out", folder)
    assert "first" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["odds"], "give --data-dir DIR or set PYOD_ROBUSTNVP_DATA"),
        (["odds", "--data-dir", "/nowhere"], "/nowhere is no folder"),
        (["odds", "--data-dir", "{folder}", "--datasets", "third"], "neither third.npz nor"),
    ],
)
def test_missing_data_is_said(folder, monkeypatch, arguments, message):
    monkeypatch.delenv(datasets.DATA_DIR_VARIABLE, raising=False)
    with pytest.raises(SystemExit, match=message):
        run(*[argument.format(folder=folder) for argument in arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "0 is not an integer of at least 1"),
        (["--contamination", "0.7"], "0.7 is neither 'true' nor in (0, 0.5]"),
        (["--contamination", "some"], "some is neither 'true' nor"),
        (["--detectors", "Oracle"], "invalid choice: 'Oracle'"),
        (["something"], "invalid choice: 'something'"),
    ],
)
def test_wrong_options_are_said(arguments, message, capsys):
    with pytest.raises(SystemExit):
        run(*arguments)
    assert message in capsys.readouterr().err


def test_detectors_are_told_the_share(folder, monkeypatch):
    told = []
    monkeypatch.setitem(
        DETECTORS, "IForest", lambda contamination, seed: told.append(contamination)
    )
    dataset = datasets.load_file(folder, "first")
    for contamination in (None, 0.2):
        run_one(dataset, "IForest", 0, contamination)
    assert told == [pytest.approx(0.1, abs=0.05), 0.2]


def test_a_split_without_anomalies_is_a_failure(folder):
    first = datasets.load_file(folder, "first")
    record = run_one(datasets.Dataset("all normal", first.X, 0 * first.y), "IForest", 0, 0.1)
    assert "all of one kind" in record.error
    assert record.measures == {}


def test_a_failure_is_shown_as_one(folder, monkeypatch, capsys):
    def fail(contamination, seed):
        raise RuntimeError("out of luck")

    monkeypatch.setitem(DETECTORS, "LOF", fail)
    run("odds", "--data-dir", folder, "--datasets", "first", "--seeds", 1,
        "--detectors", "IForest", "LOF", "--out", folder / "out")  # fmt: skip
    printed = capsys.readouterr().out
    assert "| failed" in printed
    assert "first, LOF: RuntimeError: out of luck" in printed
    assert pd.read_csv(folder / "out" / "roc.csv")["LOF"].isna().all()


def test_ranks_put_failures_last():
    empty = datasets.Dataset("set", np.zeros((1, 1)), np.zeros(1, int))
    records = [
        Record(empty, name, 0, {"roc": value} if value else {}, error="" if value else "no")
        for name, value in (("a", 0.5), ("b", None), ("c", 0.9))
    ]
    assert tables.ranks(tables.frame(records, "roc")).to_dict() == {"a": 2, "b": 3, "c": 1}


def test_bundled_sets_hold_five_percent_anomalies():
    sets = datasets.bundled(seed=0)
    assert [s.name for s in sets] == ["breast_cancer", "digits", "wine"]
    for s in sets:
        assert s.y.mean() == pytest.approx(0.05, abs=0.003)
        assert s.X.shape[0] == s.y.shape[0]
    assert not np.array_equal(sets[2].y, datasets.bundled(seed=1)[2].y)
    again, other = datasets.bundled(seed=0)[1], datasets.bundled(seed=1)[1]
    np.testing.assert_array_equal(sets[1].X, again.X)
    assert not np.array_equal(sets[1].X, other.X)


def test_bundled_writes_a_picture(tmp_path, capsys):
    run("--seeds", 1, "--detectors", "IForest", "OCSVM", "--out", tmp_path)
    assert (tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert "breast_cancer" in capsys.readouterr().out


def test_moons_draws_the_three_models(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        experiments, "two_moons", lambda seed: datasets.two_moons(seed, n=190, n_anomalies=10)
    )
    monkeypatch.setitem(experiments.MOONS, "epoch_num", 5)
    run("moons", "--seeds", 2, "--out", tmp_path)
    assert (tmp_path / "moons.png").read_bytes().startswith(b"\x89PNG")
    table = pd.read_csv(tmp_path / "auc.csv")
    assert table["model"].tolist() == ["RealNVP", "TrimRealNVP", "RobustRealNVP"]
    assert "RobustRealNVP" in capsys.readouterr().out
