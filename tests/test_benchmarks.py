"""The command line of the benchmarks, on tables made here."""

import importlib
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.io import savemat

import benchmarks
from benchmarks import ablation, datasets, experiments, sensitivity, tables, thresholds
from benchmarks.__main__ import main
from benchmarks.detectors import DETECTORS
from benchmarks.protocol import Protocol, Record, run_one
from pyod_robustnvp import RobustRealNVP


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
    (folder / "first.npz").rename(folder / "7_First.npz")
    assert datasets.load_file(folder, "first").X.shape == (100, 3)


def test_a_numbered_file_comes_last(folder):
    np.savez(folder / "1_second.npz", X=np.zeros((4, 1)), y=[0, 0, 0, 1])
    assert datasets.load_file(folder, "second").X.shape == (100, 3)


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
        datasets.load_file(folder, name.partition(".")[0])


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
        (["bundled", "--quick"], "bundled does not read --quick"),
        (["table1", "--quick", "--datasets", "glass"], "leave out --datasets"),
        (["table2", "--datasets", "glass"], "table2 does not read --datasets"),
        (["table1", "--datasets", "glass", "glass"], "--datasets names a set twice"),
        (["table1", "--records", __file__], f"--records {__file__} is no folder"),
        (["--out", __file__], f"--out {__file__} is no folder"),
    ],
)
def test_wrong_options_are_said(arguments, message, capsys):
    with pytest.raises(SystemExit):
        run(*arguments)
    assert message in capsys.readouterr().err


def test_help_describes_every_experiment(capsys):
    with pytest.raises(SystemExit, match="0"):
        run("--help")
    printed = capsys.readouterr().out
    assert "two moons with 5 % uniform anomalies" in " ".join(printed.split())


class Spy:
    """A detector that keeps what it is given."""

    def __init__(self, share=None):
        self.share = share

    def fit(self, X):
        self.rows = len(X)

    def decision_function(self, X):
        return np.arange(len(X))


def spied(dataset, protocol):
    made = []

    def maker(share, seed):
        made.append(Spy(share))
        return made[0]

    run_one(dataset, "Spy", maker, 0, protocol)
    return made[0]


def test_detectors_are_told_the_share(folder):
    dataset = datasets.load_file(folder, "first")
    assert spied(dataset, Protocol(contamination=None)).share == pytest.approx(0.1, abs=0.05)
    assert spied(dataset, Protocol(contamination=0.2)).share == 0.2


def test_training_rows_may_be_limited(folder):
    dataset = datasets.load_file(folder, "first")
    assert spied(dataset, Protocol()).rows == 60
    assert spied(dataset, Protocol(rows=25)).rows == 25


def test_a_split_without_anomalies_is_a_failure(folder):
    first = datasets.load_file(folder, "first")
    normal = datasets.Dataset("all normal", first.X, 0 * first.y)
    record = run_one(normal, "IForest", DETECTORS["IForest"], 0, Protocol(0.1))
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


def test_means_say_over_how_many_sets():
    empty = datasets.Dataset("", np.zeros((1, 1)), np.zeros(1, int))
    sets = [datasets.Dataset(name, empty.X, empty.y) for name in "ab"]
    records = [Record(sets[0], "one", 0, {"roc": 0.5}), Record(sets[1], "one", 0, error="no")]
    assert "| mean         | 0.500 of 1 |" in tables.readable(records)


def test_ranks_put_failures_last():
    empty = datasets.Dataset("set", np.zeros((1, 1)), np.zeros(1, int))
    records = [
        Record(empty, name, 0, {"roc": value} if value else {}, error="" if value else "no")
        for name, value in (("a", 0.5), ("b", None), ("c", 0.9))
    ]
    assert tables.ranks(tables.frame(records, "roc")).to_dict() == {"a": 2, "b": 3, "c": 1}


def test_means_of_odds_are_shown_in_two_parts():
    empty = datasets.Dataset("", np.zeros((1, 1)), np.zeros(1, int))
    sets = {name: datasets.Dataset(name, empty.X, empty.y) for name in datasets.ODDS}
    records = [
        Record(s, "a", 0, {"roc": float(name in datasets.CONFIRMATION), "time_fit": 1.0, "ap": 0.5})
        for name, s in sets.items()
    ]
    lines = tables.readable(records).splitlines()
    assert [line.split("|")[1:3] for line in lines[-4:-1]] == [
        [" mean                  ", " 0.375 "],
        [" mean of the ten       ", " 0.000 "],
        [" mean of the other six ", " 1.000 "],
    ]
    assert "ROC-AUC, mean of the other six" in tables.summary(records)
    assert "mean of the ten" not in tables.readable(records[:5])


def test_ablation_writes_a_row_a_variant(folder, monkeypatch, capsys):
    chosen = ("default", "no noise", "product of the flows", "steps by held-out likelihood")
    monkeypatch.setattr(experiments, "VARIANTS", {name: ablation.VARIANTS[name] for name in chosen})
    monkeypatch.setattr("pyod_robustnvp.detector.STEPS", 5)
    monkeypatch.setattr(ablation, "CANDIDATE_STEPS", (2, 5))
    out = folder / "out"
    run("ablation", "--data-dir", folder, "--datasets", "first", "--seeds", 1, "--out", out)
    text = (out / "tables.md").read_text()
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == list(chosen)
    assert text in capsys.readouterr().out
    assert (out / "roc.csv").exists()


def test_every_variant_can_be_made():
    for name, maker in ablation.VARIANTS.items():
        clf = maker(0.1, 3)
        assert isinstance(clf, RobustRealNVP)
        assert (clf.contamination, clf.random_state) == (0.1, 3)
        same = clf.get_params() == RobustRealNVP(random_state=3).get_params()
        assert same == (name == "default" or type(clf) is not RobustRealNVP)
    steps = [
        ablation.VARIANTS[name](0.1, 0)._settings(10).steps for name in ("100 steps", "400 steps")
    ]
    assert steps == [100, 400]


def test_held_out_likelihood_takes_the_longer_training_where_it_helps(X):
    clf = ablation.StepsByHeldOutLikelihood(random_state=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablation, "CANDIDATE_STEPS", (1, 40))
        clf.fit(X)
    assert clf.n_iter_ == 40
    assert clf.decision_scores_.shape == (200,)


def test_pooled_by_mixture_and_by_product(X):
    def pooled(cls):
        clf = cls(n_estimators=2, principal_axes=False, random_state=0).fit(X)
        return clf._pooled(torch.tensor([[0.0], [np.log(3.0)]]))

    np.testing.assert_allclose(pooled(ablation.MixtureOfFlows), -np.log(2))
    np.testing.assert_allclose(pooled(ablation.ProductOfFlows), -np.log(3) / 2)


def test_clusters_lie_dense_at_four_standard_deviations():
    made = datasets.clustered(5000, 4, seed=1, share=0.1)
    assert made.name == "10% of 4 columns"
    assert made.y.sum() == 500
    normal, cluster = (made.X[made.y == kind] for kind in (0, 1))
    scale = normal.std(axis=0)
    assert np.linalg.norm(cluster.mean(axis=0) / scale) == pytest.approx(4, rel=0.05)
    np.testing.assert_allclose(cluster.std(axis=0) / scale, 0.1, rtol=0.15)


def test_clusters_of_three_shares_in_four_widths(tmp_path, monkeypatch):
    stand_ins = {f"{way} of the flows": DETECTORS["HBOS"] for way in ("mixture", "product")}
    monkeypatch.setattr(experiments, "VARIANTS", stand_ins)
    run("clusters", "--seeds", 1, "--detectors", "IForest", "--out", tmp_path)
    table = pd.read_csv(tmp_path / "roc.csv")
    assert len(table) == 12
    assert table.columns.tolist()[4:] == ["IForest", *stand_ins]


def test_sensitivity_needs_two_seeds(folder):
    with pytest.raises(SystemExit, match="at least 2"):
        run("sensitivity", "--data-dir", folder, "--datasets", "first", "--seeds", 1)


def test_sensitivity_tells_shares_and_seeds():
    made = {name: maker(0.2, 9) for name, maker in sensitivity.makers(2).items()}
    assert [clf.contamination for clf in made.values()] == [0.1, 0.2, 0.4, 0.1, 0.2, 0.4, 0.1, 0.1]
    assert [clf.trim_fraction for clf in made.values()][2:4] == ["auto", None]
    assert [clf.random_state for clf in made.values()] == [9] * 6 + [0, 1]


def test_sensitivity_means_and_spread():
    one = datasets.Dataset("one", np.zeros((1, 1)), np.zeros(1, int))
    records = [
        Record(one, name, 0, {"roc": position / 10})
        for position, name in enumerate(sensitivity.makers(2))
    ]
    assert sensitivity.by_share(records).to_numpy().T.tolist() == [[0, 0.1, 0.2], [0.3, 0.4, 0.5]]
    assert sensitivity.by_seed(records)["one"] == pytest.approx(np.std([0.6, 0.7], ddof=1))


def test_sensitivity_draws_and_writes(folder, monkeypatch, capsys):
    monkeypatch.setattr("pyod_robustnvp.detector.STEPS", 3)
    out = folder / "out"
    run("sensitivity", "--data-dir", folder, "--datasets", "first", "--seeds", 2, "--out", out)
    printed = capsys.readouterr().out
    assert "over 2 seeds of the model" in printed
    assert (out / "sensitivity.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(out / "roc.csv").shape == (1, 4 + 6 + 2)


def test_contamination_shows_estimates_and_errors(folder, monkeypatch, capsys):
    monkeypatch.setattr("pyod_robustnvp.detector.STEPS", 3)
    out = folder / "out"
    run("contamination", "--data-dir", folder, "--datasets", "first", "second", "--out", out)
    table = pd.read_csv(out / "estimates.csv", index_col="Data")
    assert table["true share"].tolist() == [0.1, 0.1]
    assert table["CLF"].between(0, 0.5).all()
    assert thresholds.errors(table)["0.1 for all"] == 0
    assert "Mean absolute error" in capsys.readouterr().out


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


def test_missing_packages_are_named_with_their_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tabulate", None)
    with pytest.raises(ImportError, match=r"need tabulate: pip install 'pyod-robustnvp\[bench\]'"):
        importlib.reload(benchmarks)
