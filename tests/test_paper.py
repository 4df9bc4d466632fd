"""The paper's tables and figures: small runs of all of them, and the parts they are made of."""

import argparse
import json
import re
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import roc_auc_score

from benchmarks.__main__ import main
from benchmarks.datasets import ODDS, Dataset
from benchmarks.paper import (
    cells,
    cifar,
    compare,
    features,
    fits,
    methods,
    moons,
    pictures,
    published,
    report,
    shares,
)
from benchmarks.paper.provenance import provenance, versions
from benchmarks.tables import ranks


def run(*arguments):
    main([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that the experiments of this file share, records included."""
    return tmp_path_factory.mktemp("paper")


@pytest.mark.parametrize(
    ("name", "picture", "rows", "said"),
    [
        ("table1", "ranks.png", 66, "| made2 "),
        ("figure1", "moons.png", 6, "| RobustRealNVP "),
        ("figure2", "moons.png", 8, "| RealNVP, clean rows "),
        ("figure3", "moons.png", 8, "| RealNVP, clean rows "),
        ("figure4", "differences.png", 12, "ties"),
        ("table2", "ranks.png", 108, "| frog-c "),
        ("figure5", "shares.png", 96, "| airplane-u "),
        ("figure6", "shares.png", 60, "| made1 "),
    ],
)
def test_small_runs_of_all_experiments(folder, capsys, name, picture, rows, said):
    out = folder / name
    run(name, "--quick", "--seeds", 2, "--records", folder / "records", "--out", out)
    printed = capsys.readouterr().out
    assert said in printed
    assert "failed" not in printed
    assert (out / "tables.md").read_text() in printed
    assert (out / picture).stat().st_size > 5000
    records = pd.read_csv(out / "records.csv")
    assert len(records) == rows
    assert records["error"].isna().all()
    if name == "figure4":
        auc = records.pivot(index=["dataset", "seed"], columns="method", values="auc")
        assert (auc["TrimRealNVP"] != auc["RobustRealNVP"]).all()
    if name == "figure6":
        told = records[records["method"] == "RobustRealNVP"].groupby(["dataset", "seed"])["auc"]
        assert (told.nunique() > 1).any()


def test_report_gathers_what_was_run(folder, capsys):
    (folder / "figure3").mkdir(exist_ok=True)
    (folder / "figure3" / "tables.md").write_text("numbers of figure 3\n")
    (folder / "figure3" / "moons.png").touch()
    run("report", "--out", folder)
    page = (folder / "README.md").read_text()
    assert capsys.readouterr().out.strip() == str(folder / "README.md")
    assert "numbers of figure 3" in page
    assert "(figure3/moons.png)" in page
    assert "agree" not in page
    (folder / "agreement.md").write_text("They agree.\n")
    assert "They agree." in report.page(folder)


def test_report_of_nothing_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="holds no results of table1"):
        run("report", "--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_report_says_what_was_not_run(tmp_path):
    assert report.page(tmp_path).count("Not run: `python -m benchmarks") == len(report.TITLES)


def test_the_papers_numbers_have_the_papers_order_and_mean():
    odds = published.table("table1_odds")
    assert odds.shape == (16, 9)
    assert published.table("table2_cifar10").shape == (20, 9)
    assert odds["RobustRealNVP"].mean() == pytest.approx(0.854, abs=5e-4)
    # The order of the ranks that the paper prints below its table 1. The ranks themselves add up to
    # 47.6 there, which no ranking of nine methods does.
    order = ranks(odds).sort_values().index.tolist()
    assert order[:5] == ["RobustRealNVP", "IF", "RealNVP", "OCSVM", "AE"]
    assert order[-2:] == ["SO-GAAL", "Deep-SVDD"]


class TestCells:
    @staticmethod
    def cell(work, seed=0, settings="k = 1"):
        return cells.Cell("set", "method", seed, settings, work)

    def test_a_record_is_computed_once(self, tmp_path):
        calls = []

        def work():
            calls.append(1)
            return {"auc": 0.75}

        for _ in range(2):
            records = cells.run([self.cell(work)], tmp_path)
            assert records[["auc", "error"]].to_numpy().tolist() == [[0.75, ""]]
        assert len(calls) == 1
        cells.run([self.cell(work, settings="k = 2")], tmp_path)
        assert len(calls) == 2

    def test_a_failure_is_no_number_and_tried_again(self, tmp_path):
        def fail():
            raise ValueError("too few rows")

        good = self.cell(lambda: {"auc": 0.5}, seed=1)
        records = cells.run([self.cell(fail), good], tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        assert records["error"].tolist() == ["ValueError: too few rows", ""]
        assert np.isnan(records["auc"][0])
        assert "set, method, seed 0: ValueError: too few rows" in compare.failures(records)
        assert np.isnan(compare.means(records).loc["set", "method"])
        assert "failed" in compare.beside(records, published.table("table1_odds")).to_string()
        records = cells.run([self.cell(lambda: {"auc": 1.0}), good], tmp_path)
        assert records["auc"].tolist() == [1.0, 0.5]

    def test_an_interrupted_run_goes_on(self, tmp_path):
        def interrupt():
            raise KeyboardInterrupt

        done = [self.cell(lambda: {"auc": 0.5}, seed) for seed in range(3)]
        with pytest.raises(SystemExit, match=f"goes on, with the fits that {tmp_path} keeps"):
            cells.run([*done, self.cell(interrupt, seed=3)], tmp_path)
        assert len(list(tmp_path.iterdir())) == 3
        never = [self.cell(interrupt, seed) for seed in range(3)]
        assert cells.run(never, tmp_path)["auc"].tolist() == [0.5] * 3

    def test_two_jobs_find_what_one_finds(self, tmp_path):
        dataset = Dataset("set", np.random.default_rng(0).normal(size=(80, 3)), np.arange(80) % 2)
        wanted = [
            fits.cell(fits.odds(dataset), method, seed, quick=True)
            for method in ("RobustRealNVP", "SO-GAAL", "IF")
            for seed in range(2)
        ]
        one = cells.run(wanted, tmp_path / "one")
        two = cells.run(wanted, tmp_path / "two", n_jobs=2)
        assert one["auc"].tolist() == two["auc"].tolist()

    @pytest.mark.parametrize("damage", ["", '{"auc": 0.', "[]", "{}"])
    def test_a_damaged_record_is_computed_again(self, tmp_path, damage):
        cell = self.cell(lambda: {"auc": 0.5})
        cells.run([cell], tmp_path)
        cell.file(tmp_path).write_text(damage)
        assert cells.run([cell], tmp_path)["auc"].tolist() == [0.5]
        assert json.loads(cell.file(tmp_path).read_text())["auc"] == 0.5

    def test_the_record_of_another_cell_is_not_taken(self, tmp_path):
        cell, other = self.cell(lambda: {"auc": 0.5}), self.cell(lambda: {"auc": 1.0}, seed=1)
        cells.run([cell, other], tmp_path)
        cell.file(tmp_path).write_text(other.file(tmp_path).read_text())
        assert cells.run([cell], tmp_path)["auc"].tolist() == [0.5]

    @pytest.mark.parametrize("value", [float("nan"), object()])
    def test_what_is_no_number_is_a_failure(self, tmp_path, value):
        good = self.cell(lambda: {"auc": 0.5}, seed=1)
        records = cells.run([self.cell(lambda: {"auc": value}), good], tmp_path)
        assert (records["error"] != "").tolist() == [True, False]

    def test_where_all_fail_the_first_error_is_said(self, tmp_path):
        def fail():
            raise ValueError("too few rows")

        with pytest.raises(SystemExit, match=r"all 1 fits failed.*ValueError: too few rows"):
            cells.run([self.cell(fail)], tmp_path)

    def test_nothing_is_left_of_a_record_that_could_not_be_written(self, tmp_path):
        def fill(draft):
            draft.write_text("half")
            raise OSError("disk full")

        (tmp_path / "record.json").write_text("former")
        with pytest.raises(OSError, match="disk full"):
            cells.write(tmp_path / "record.json", fill)
        assert [path.read_text() for path in tmp_path.iterdir()] == ["former"]


@pytest.mark.parametrize("method", methods.METHODS)
def test_methods_are_told_the_share(method):
    assert methods.make(method, 0.07, 0, 5, quick=True).contamination == 0.07


def test_flows_have_the_authors_settings():
    robust, real, trim = (
        methods.make(name, 0.1, 0, 5, quick=False)
        for name in ("RobustRealNVP", "RealNVP", "TrimRealNVP")
    )
    for clf in (robust, real, trim):
        assert (clf.epoch_num, clf.batch_size, clf.lr) == (200, 128, 3e-4)
        assert clf.hidden_neuron_list == (256, 256)
    assert (robust.lipschitz, real.lipschitz, trim.lipschitz) == (1.5, None, None)
    assert (robust.trim_fraction, real.trim_fraction, trim.trim_fraction) == (None, 0.0, None)


def test_so_gaal_has_the_score_of_its_paper():
    """1 - D(x), the discriminator's output D being 1 for what it takes for real."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    clf = methods.make("SO-GAAL", 0.1, 0, 3, quick=True).fit(X)
    with torch.no_grad():
        real = clf.discriminator(torch.tensor(X, dtype=torch.float32)).numpy().ravel()
    np.testing.assert_array_equal(clf.decision_function(X), 1 - real)
    np.testing.assert_array_equal(clf.decision_scores_, 1 - real)


class TestDraws:
    rng = np.random.default_rng(0)
    dataset = Dataset("set", rng.normal(size=(200, 3)), np.repeat([0, 1], [140, 60]))

    def test_columns_are_scaled_by_the_training_rows(self):
        X, X_new, y_new = fits.odds(self.dataset).draw(0)
        assert X.shape == (120, 3)
        assert X_new.shape == (80, 3)
        assert len(y_new) == 80
        np.testing.assert_allclose([X.min(0), X.max(0)], [[0] * 3, [1] * 3], atol=1e-12)
        assert X_new.min() < 0 or X_new.max() > 1

    def test_seeds_draw_other_rows_and_repeat_themselves(self):
        source = fits.odds(self.dataset)
        assert (source.draw(1).X == source.draw(1).X).all()
        assert (source.draw(1).y_new != source.draw(0).y_new).any()

    def test_the_rows_of_every_share_are_counted(self):
        family = partial(fits.odds_with, self.dataset)
        table = shares.training_rows([family], (0.1, 0.4))
        assert table.loc["set"].tolist() == [len(family(s).draw(0).X) for s in (0.1, 0.4)]

    @pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
    def test_a_set_is_thinned_to_a_share(self, share):
        kept = fits.numbers_for(self.dataset.y, share)
        thin = fits.with_numbers(self.dataset, kept, seed=0)
        assert thin.y.mean() == pytest.approx(share, abs=0.005)
        assert kept[0] in (139, 140) or kept[1] == 60
        assert fits.odds_with(self.dataset, share).share == share

    def test_what_a_method_is_told_is_part_of_its_cell(self, tmp_path):
        source = fits.odds(self.dataset)
        files = {
            fits.cell(source, "RobustRealNVP", 0, told).file(tmp_path) for told in (None, 0.2, 0.4)
        }
        assert len(files) == 3
        assert "'contamination': 0.3" in fits.cell(source, "IF", 0).settings

    def test_a_fit_is_measured_on_the_held_out_rows(self):
        source = fits.odds(self.dataset)
        found = fits.measure(methods.make("IF", 0.3, 0, 3, quick=False), source, 0)
        X, X_new, y_new = source.draw(0)
        clf = methods.make("IF", 0.3, 0, 3, quick=False).fit(X)
        assert found["auc"] == roc_auc_score(y_new, clf.decision_function(X_new))
        assert found["seconds"] > 0


class TestCifar:
    @staticmethod
    def features(names, n=90, own=4):
        """Return features whose single column says what they are: k, or -1 - k for an anomaly."""
        return {
            name: cifar.Features(np.full((n, 1), float(k)), np.full((own, 1), -1.0 - k))
            for k, name in enumerate(names)
        }

    @pytest.mark.parametrize("share", [0.1, 0.4])
    def test_the_share_changes_and_the_rows_do_not(self, share):
        data = cifar.drawn(self.features(["airplane", "deer", "frog"]), "deer", "u", share, 0)
        assert len(data.X) == 100
        assert data.y.sum() == round(100 * share)
        assert (data.X[data.y == 0] == 1).all()
        assert not (data.X[data.y == 1] == 1).any()

    def test_own_anomalies_come_first_where_classes_are_missing(self):
        data = cifar.drawn(self.features(["airplane", "deer", "frog"]), "deer", "u", 0.1, 0)
        odd = data.X[data.y == 1].ravel()
        assert (odd == -2).sum() == 4
        assert set(odd) == {-2, 0, 2}

    def test_of_all_classes_the_others_alone_are_drawn(self):
        data = cifar.drawn(self.features(cifar.CLASSES, n=900), "deer", "u", 0.1, 0)
        assert set(data.X[data.y == 1].ravel()) == set(range(10)) - {4}

    def test_rows_are_drawn_without_repetition(self):
        parts = {
            name: cifar.Features(np.arange(60.0)[:, None] + 60 * k, np.empty((0, 1)))
            for k, name in enumerate(("airplane", "deer", "frog"))
        }
        # Of its own anomalies, some are other classes' rows.
        parts["airplane"] = parts["airplane"]._replace(others=np.arange(100.0, 130.0)[:, None])
        for seed in range(5):
            data = cifar.drawn(parts, "airplane", "u", 0.5, seed)
            assert len(np.unique(data.X)) == len(data.X) == 67

    def test_clustered_anomalies_are_of_one_class_that_goes_with_the_seed(self):
        given = self.features(["airplane", "deer", "frog"])
        kinds = [set(cifar.drawn(given, "deer", "c", 0.1, s).X[-10:].ravel()) for s in range(3)]
        assert kinds == [{2.0}, {0.0}, {2.0}]

    def test_features_are_reduced_by_the_training_rows(self):
        rng = np.random.default_rng(0)
        given = {
            name: cifar.Features(rng.normal(k, 1, (90, 6)), np.empty((0, 6)))
            for k, name in enumerate(("airplane", "deer"))
        }
        X, X_new, y_new = cifar.source(given, "deer", "c", components=3).draw(0)
        assert X.shape == (80, 3)
        assert X_new.shape == (20, 3)
        assert 0 < y_new.sum() < 10
        np.testing.assert_allclose([X.min(0), X.max(0)], [[0] * 3, [1] * 3], atol=1e-12)

    def test_files_are_read(self, tmp_path):
        for k in (0, 6):
            np.savez(tmp_path / f"CIFAR10_{k}.npz", X=np.full((5, 2), k), y=[0, 0, 0, 1, 1])
        found = cifar.load(tmp_path)
        assert list(found) == ["airplane", "frog"]
        assert found["frog"].normal.shape == (3, 2)
        assert found["frog"].others.shape == (2, 2)

    def test_files_of_one_class_or_of_two_networks_are_an_error(self, tmp_path):
        for k in (0, 4):
            np.savez(tmp_path / f"CIFAR10_{k}.npz", X=np.zeros((5, 2 + k)), y=np.zeros(5))
        with pytest.raises(SystemExit, match=r"of several networks, {2, 6} columns wide"):
            cifar.load(tmp_path)
        (tmp_path / "below").mkdir()
        np.savez(tmp_path / "below" / "CIFAR10_4.npz", X=np.zeros((5, 2)), y=np.zeros(5))
        with pytest.raises(SystemExit, match="are of one class: give --data-dir one"):
            cifar.load(tmp_path)

    def test_what_is_not_as_in_the_paper_is_said(self):
        said = cifar.described(self.features(["airplane", "deer", "frog"]))
        assert "3 of 10 classes (airplane, deer, frog), 1 columns, not VGG19's" in said
        assert "10 at 0.1, are up to 4 of the file's own, of all classes" in said
        both = cifar.described(self.features(["airplane", "deer"]), (0.1, 0.4))
        assert "10 at 0.1, 40 at 0.4, are" in both
        whole = {
            name: cifar.Features(np.zeros((9, 4096)), np.empty((0, 4096))) for name in cifar.CLASSES
        }
        said = cifar.described(whole)
        assert "the paper's. The anomalies of u, by their share 1 at 0.1, are rows of the" in said

    def test_too_few_files_are_an_error(self, tmp_path):
        with pytest.raises(SystemExit, match=r"fewer than two files CIFAR10_k\.npz"):
            cifar.load(tmp_path)


class TestMoons:
    @pytest.mark.parametrize("kind", moons.KINDS.values())
    def test_the_truth_is_a_density(self, kind):
        points = moons.grid((-3, 4), (-3, 4), 350)
        assert np.exp(moons.truth(points, kind)).mean() * 49 == pytest.approx(1, abs=2e-3)

    def test_the_truth_is_that_of_the_rows(self):
        inside = moons.rows("clean", 0)
        # The entropy by the rows and by the density itself, in nats.
        points = moons.grid((-3, 4), (-3, 4), 350)
        log_density = moons.truth(points, "clean")
        entropy = -(np.exp(log_density) * log_density).mean() * 49
        assert -moons.truth(inside, "clean").mean() == pytest.approx(entropy, abs=0.02)

    def test_anomalies_follow_the_moons(self):
        X = moons.rows("clustered", 0)
        assert X.shape == (10_500, 2)
        np.testing.assert_allclose(X[10_000:].mean(0), [2.5, 2.5], atol=0.01)
        np.testing.assert_allclose(X[10_000:].std(0), [0.05, 0.05], atol=0.005)
        uniform = moons.rows("uniform", 0)[10_000:]
        assert uniform.min() > -1.75
        assert uniform.max() < 3.25

    def test_mass_is_that_of_the_box_around_the_cluster(self):
        class Even:
            def score_samples(self, X):
                return np.full(len(X), np.log(0.04))

        class Half:
            def score_samples(self, X):
                return np.where((X[:, 0] < 2.5) & (X[:, 1] < 3), 0.0, -np.inf)

        assert moons.box_mass(Even()) == pytest.approx(0.04)
        assert moons.box_mass(Half()) == pytest.approx(0.5)

    def test_the_picture_is_of_the_median_seed(self):
        records = pd.DataFrame(
            {
                "dataset": ["clustered moons"] * 5 + ["clean moons"],
                "method": ["RealNVP"] * 6,
                "seed": [0, 1, 2, 3, 4, 0],
                "auc_clustered": [0.9, 0.1, 0.5, np.nan, 0.6, 1.0],
            }
        )
        assert moons.typical(records, "clustered") == 4

    def test_a_model_that_failed_once_has_no_numbers(self):
        records = pd.DataFrame(
            {
                "dataset": ["clean moons"] * 4,
                "method": ["RealNVP", "RealNVP", "RobustRealNVP", "RobustRealNVP"],
                "seed": [0, 1, 0, 1],
                **{key: [0.5, 0.5, 0.5, np.nan] for key in moons.MEASURES},
            }
        )
        table = moons.summary(records, "clean")
        assert set(table.loc["RealNVP"]) == {"0.500 ± 0.000"}
        assert set(table.loc["RobustRealNVP"]) == {"failed"}

    def test_a_training_run_has_the_papers_steps(self):
        for kind in moons.KINDS.values():
            (cell,) = moons.cells(kind, ["RealNVP"], 1, moons.ROWS, moons.STEPS)
            clf = cell.work.args[0]
            steps = clf.epoch_num * (len(moons.rows(kind, 0)) // 128)
            assert steps == pytest.approx(moons.STEPS, rel=0.01)
            assert (clf.lipschitz, clf.preprocessing) == (None, False)


class TestCompare:
    @staticmethod
    def records(**by_method):
        rows = [
            {"dataset": name, "method": method, "seed": seed, "auc": auc, "error": ""}
            for method, sets in by_method.items()
            for name, aucs in sets.items()
            for seed, auc in enumerate(aucs)
        ]
        return pd.DataFrame(rows)

    def test_numbers_beside_the_papers(self):
        records = self.records(
            RobustRealNVP={"vowels": [0.9, 1.0], "pima": [0.6, 0.6]},
            TrimRealNVP={"vowels": [0.8, 0.8], "pima": [0.7, 0.7]},
        )
        table = compare.beside(records, published.table("table1_odds"))
        assert table.loc["vowels", "RobustRealNVP"] == "0.950 ± 0.071 (-0.009)"
        assert table.loc["vowels", "TrimRealNVP"] == "0.800 ± 0.000"
        assert table.loc["mean"].tolist() == ["0.775", "0.750"]
        assert table.loc["the paper's mean"].tolist() == ["0.819", ""]

    def test_far_sets_are_named(self):
        records = self.records(RobustRealNVP={"vowels": [0.95], "pima": [0.6]})
        paper = published.table("table1_odds")
        assert compare.far_off(records, paper, ["RobustRealNVP"])["set"].tolist() == ["pima"]
        failed = records.assign(auc=[0.95, np.nan])
        assert compare.far_off(failed, paper, ["RobustRealNVP"])["ours"].tolist() == ["failed"]
        agreed = compare.agreement(records, paper).loc[0]
        assert agreed["sets"] == 2
        assert agreed["absolute difference of a set, mean"] == pytest.approx((0.009 + 0.078) / 2)

    def test_signed_rank(self):
        sets = {f"set{k}": [0.5 + 0.01 * k] for k in range(10)}
        records = self.records(RobustRealNVP=sets, IF={name: [0.5] for name in sets})
        row = compare.signed_rank(records, ["IF"]).loc[0]
        assert (row["wins"], row["losses"]) == (9, 0)
        assert row["p"] == row["p, Holm"] < 0.01

    def test_a_difference_within_its_spread_is_a_tie(self):
        records = self.records(
            A={"one": [0.9, 0.92], "two": [0.9, 0.7], "three": [0.5, 0.51]},
            B={"one": [0.8, 0.8], "two": [0.8, 0.8], "three": [0.6, 0.6]},
        )
        assert compare.paired(records, "A", "B")["outcome"].tolist() == ["win", "tie", "loss"]
        records.loc[0, "auc"] = np.nan
        assert compare.paired(records, "A", "B")["outcome"].tolist() == ["failed", "tie", "loss"]

    def test_a_failed_cell_of_figures_5_and_6_is_no_number(self):
        one = self.records(A={"one": [0.5, 0.7]}).assign(share=0.1)
        two = self.records(A={"one": [0.5, np.nan]}).assign(share=0.2)
        records = pd.concat([one, two])
        other = self.records(B={"one": [0.5, 0.7]}).assign(share=0.1)
        table = shares.in_table(pd.concat([records, other])).set_index("method")
        assert table.loc["A", [0.1, 0.2]].tolist() == ["0.600 ± 0.141", "failed"]
        assert table.loc["B", [0.1, 0.2]].tolist() == ["0.600 ± 0.141", ""]


class Pictures(torch.utils.data.Dataset):
    """Random pictures of three classes in turns."""

    targets = tuple(k % 3 for k in range(20))

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, i):
        picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(i))
        return picture, self.targets[i]


class TestFeatures:
    @staticmethod
    def network():
        torch.manual_seed(0)
        return torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3), torch.nn.Dropout(), torch.nn.AvgPool2d(6)
        )

    def test_files_hold_the_features_of_their_class(self, tmp_path):
        network = self.network()
        features.write_classes(network, Pictures(), Pictures.targets, tmp_path, batch_size=3)
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            f"CIFAR10_{k}.npz" for k in range(3)
        ]
        content = np.load(tmp_path / "CIFAR10_1.npz")
        assert content["X"].shape == (7, 4)
        assert not content["y"].any()
        with torch.no_grad():
            expected = network.eval()(Pictures()[4][0][None]).flatten().numpy()
        np.testing.assert_allclose(content["X"][1], expected, rtol=1e-5)
        assert list(cifar.load(tmp_path)) == ["airplane", "auto", "bird"]

    def test_what_is_there_is_not_computed_again(self, tmp_path):
        (tmp_path / "CIFAR10_0.npz").write_text("kept")
        features.write_classes(self.network(), Pictures(), Pictures.targets, tmp_path)
        assert (tmp_path / "CIFAR10_0.npz").read_text() == "kept"
        assert (tmp_path / "CIFAR10_2.npz").exists()

    def test_an_interrupted_class_leaves_no_file(self, tmp_path):
        class Interrupted(Pictures):
            def __getitem__(self, i):
                if i == 7:
                    raise KeyboardInterrupt
                return super().__getitem__(i)

        with pytest.raises(KeyboardInterrupt):
            features.write_classes(self.network(), Interrupted(), Pictures.targets, tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["CIFAR10_0.npz"]

    def test_the_command_takes_what_reaches_the_last_layer(self, monkeypatch, tmp_path):
        network = self.network()
        network.classifier = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 7))
        weights = SimpleNamespace(transforms=lambda: None)
        stub = SimpleNamespace(
            models=SimpleNamespace(
                VGG19_Weights=SimpleNamespace(IMAGENET1K_V1=weights), vgg19=lambda weights: network
            ),
            datasets=SimpleNamespace(CIFAR10=lambda folder, download, transform: Pictures()),
        )
        monkeypatch.setitem(sys.modules, "torchvision", stub)
        run("cifar10-features", "--out", tmp_path)
        assert np.load(tmp_path / "CIFAR10_0.npz")["X"].shape[1] == 4

    def test_a_failed_download_is_said(self, monkeypatch, tmp_path):
        def fail():
            raise OSError("no network")

        monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(datasets=None))
        monkeypatch.setattr(features, "vgg19", fail)
        with pytest.raises(SystemExit, match="the pictures can't be fetched: no network"):
            run("cifar10-features", "--out", tmp_path)

    def test_without_torchvision_the_extra_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "torchvision", None)
        with pytest.raises(ImportError, match=r"pyod-robustnvp\[cifar\]"):
            run("cifar10-features")


@pytest.mark.parametrize("package", ["scikit_posthocs", "statsmodels"])
def test_a_missing_package_is_named_before_the_first_fit(monkeypatch, tmp_path, package):
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=rf"this needs {package}.*pyod-robustnvp\[paper\]"):
        run("table1", "--quick", "--records", tmp_path)
    assert list(tmp_path.iterdir()) == []


class TestPictures:
    values = pd.Series([0.9, np.nan, 0.7], index=[0.1, 0.2, 0.3])
    spread = pd.Series([0.1, np.nan, 0.2], index=[0.1, 0.2, 0.3])

    @pytest.fixture
    def panel(self):
        figure, panel = plt.subplots()
        yield panel
        plt.close(figure)

    def test_a_failure_is_a_cross_and_no_value(self, panel):
        pictures._line(panel, "RealNVP", self.values, self.spread)
        drawn = {line.get_marker(): line for line in panel.get_lines()}
        np.testing.assert_array_equal(drawn["o"].get_ydata().astype(float), self.values)
        assert drawn["x"].get_xdata().tolist() == [0.2]

    def test_a_level_method_has_a_line_and_a_band(self, panel):
        pictures._level(panel, "RealNVP", self.values[:2], self.spread[:2])
        (line,), (band,) = panel.get_lines(), panel.patches
        assert list(line.get_ydata()) == [0.9, 0.9]
        assert band.get_bbox().y0 == pytest.approx(0.8)
        assert band.get_bbox().y1 == pytest.approx(1.0)

    def test_level_is_who_has_one_share(self):
        records = pd.DataFrame({"method": list("aabb"), "share": [0.1, 0.1, 0.1, 0.2]})
        assert shares.level(records) == ["a"]

    def test_what_failed_is_named_below_the_ranks(self, tmp_path, monkeypatch):
        titles = []
        monkeypatch.setattr(pictures, "save", lambda f, _: titles.append(f.axes[0].get_title()))
        auc = published.table("table1_odds").assign(AE=np.nan)
        auc.loc["glass", "IF"] = np.nan
        pictures.critical_difference(auc, tmp_path)
        assert "over 15 of 16 sets" in titles[0]
        assert titles[0].endswith("failed: AE")

    def test_without_a_whole_set_there_are_no_ranks(self, tmp_path):
        auc = pd.DataFrame({"AE": [0.5, np.nan], "IF": [np.nan, 0.5]}, index=["one", "two"])
        with pytest.raises(SystemExit, match="no set without a failed fit"):
            pictures.critical_difference(auc, tmp_path)


def test_a_run_says_on_which_machines_it_was_made():
    records = pd.DataFrame(
        {"made": ["2026-01-02"] * 2, "seconds": [1.0, 2.0], "machine": ["64 cores", "2 cores"]}
    )
    options = argparse.Namespace(name="table2", seeds=1, quick=False, datasets=ODDS, n_jobs=1)
    assert "one after another on 2 cores and 64 cores; " in provenance(records, options)


def test_records_are_json(tmp_path):
    dataset = Dataset("set", np.random.default_rng(0).normal(size=(80, 3)), np.arange(80) % 2)
    cells.run([fits.cell(fits.odds(dataset), "LOF", 0)], tmp_path)
    (record,) = (json.loads(path.read_text()) for path in tmp_path.iterdir())
    assert "LOF" in record["settings"]
    assert "torch" in record["versions"]
    assert {"dataset", "method", "seed", "made", "auc", "seconds"} < set(record)


def test_held_out_rows_of_one_kind_are_a_failure(tmp_path):
    y = np.zeros(80, dtype=int)
    y[:2] = 1
    dataset = Dataset("set", np.random.default_rng(0).normal(size=(80, 3)), y)
    wanted = [fits.cell(fits.odds(dataset), "LOF", seed) for seed in range(8)]
    errors = cells.run(wanted, tmp_path)["error"]
    assert errors.str.contains("all of one kind").any()
    assert (errors == "").any()


def test_figure4_wants_a_spread():
    with pytest.raises(SystemExit, match="--seeds must be at least 2"):
        run("figure4", "--quick", "--seeds", 1)


KEPT = sorted((Path(report.__file__).parent.parent / "results" / "records").glob("*.json"))


def test_there_are_kept_fits():
    assert len(KEPT) > 100


def kept_fits():
    return map(json.loads, map(Path.read_text, KEPT))


def test_all_fits_of_moons_that_the_figures_ask_for_are_kept():
    kept = {(r["dataset"], r["method"], r["seed"]): r["settings"] for r in kept_fits()}
    for kind in moons.KINDS.values():
        for cell in moons.cells(kind, list(moons.MODELS), 5, moons.ROWS, moons.STEPS):
            assert kept[tuple(cell.title.values())] == cell.settings


@pytest.mark.parametrize("method", methods.METHODS)
def test_kept_fits_have_the_present_parameters(method):
    tables = [r for r in kept_fits() if r["method"] == method and "moons" not in r["dataset"]]
    # Another version of PyOD may have other parameters.
    usable = [record for record in tables if record["versions"] == versions()]
    for record in usable:
        settings = record["settings"].partition("; ")[2]
        told = float(re.search(r"'contamination': ([\d.]+)", settings)[1])
        columns = int((re.search(r"'n_features': (\d+)", settings) or [0, 0])[1])
        clf = methods.make(method, told, record["seed"], columns, quick=False)
        assert settings == f"{type(clf).__name__} {clf.get_params()}"
