"""The comparisons with PyOD's detectors, from the command line."""

import json

import pandas as pd
import pytest
from pyod.models.lof import LOF

from benchmarks.harness.detectors import DETECTORS
from benchmarks.quality import comparison


def test_odds_writes_pyods_tables(folder, command, capsys):
    out = folder / "out"
    command("odds", "--data-dir", folder, "--datasets", "first", "second", "--seeds", 2,
        "--detectors", "IForest", "LOF", "--cache", folder, "--out", out)  # fmt: skip
    printed = capsys.readouterr().out
    assert "average rank" in printed
    assert printed.count("| first ") == printed.count("| second ") == 2
    for name in ("roc", "prn", "ap", "time", "time_fit", "time_score"):
        table = pd.read_csv(out / f"{name}.csv")
        assert table.columns.tolist() == [
            "Data", "#Samples", "# Dimensions", "Outlier Perc", "IForest", "LOF"
        ]  # fmt: skip
        assert table["Data"].tolist() == ["first", "second"]
        assert table.iloc[:, 1:4].to_numpy().tolist() == [[100, 3, 10]] * 2
    assert (pd.read_csv(out / "roc.csv")[["IForest", "LOF"]] > 0.9).all(axis=None)
    assert (out / "tables.md").read_text() in printed


def broken(error):
    """Return what makes a detector whose fit ends with an error."""

    class Broken(LOF):
        def fit(self, X, y=None):
            raise error

    return lambda contamination, seed, columns: Broken()


def test_an_interrupted_comparison_goes_on(folder, command, monkeypatch):
    arguments = ["odds", "--data-dir", folder, "--datasets", "first", "--seeds", 2,
                 "--cache", folder / "cache", "--out", folder / "out"]  # fmt: skip

    with monkeypatch.context() as patch:
        patch.setitem(DETECTORS, "LOF", broken(KeyboardInterrupt()))
        with pytest.raises(SystemExit, match="interrupted: the same command goes on"):
            command(*arguments, "--detectors", "HBOS", "LOF")
    assert len((folder / "cache" / "odds.jsonl").read_text().splitlines()) == 1
    command(*arguments, "--detectors", "HBOS", "LOF")
    lines = (folder / "cache" / "odds.jsonl").read_text().splitlines()
    assert [json.loads(line)["method"] for line in lines] == ["HBOS", "LOF"] * 2


def test_a_failure_is_shown_as_one(folder, command, monkeypatch, capsys):
    monkeypatch.setitem(DETECTORS, "LOF", broken(RuntimeError("out of luck")))
    command("odds", "--data-dir", folder, "--datasets", "first", "--seeds", 1,
        "--detectors", "IForest", "LOF", "--cache", folder, "--out", folder / "out")  # fmt: skip
    printed = capsys.readouterr().out
    assert "| failed" in printed
    assert "first, LOF, seed 0: RuntimeError: out of luck" in printed
    assert pd.read_csv(folder / "out" / "roc.csv")["LOF"].isna().all()


def test_clusters_of_three_contaminations_in_four_widths(tmp_path, command, monkeypatch):
    stand_ins = {f"{way} of the flows": DETECTORS["HBOS"] for way in ("mixture", "product")}
    monkeypatch.setattr(comparison, "VARIANTS", stand_ins)
    command("clusters", "--seeds", 1, "--detectors", "IForest", "--cache", tmp_path,
            "--out", tmp_path)  # fmt: skip
    table = pd.read_csv(tmp_path / "roc.csv")
    assert len(table) == 12
    assert table.columns.tolist()[4:] == ["IForest", *stand_ins]


def test_the_sample_writes_a_picture(tmp_path, command, capsys, wheels):
    arguments = "--seeds", 1, "--detectors", "IForest", "OCSVM", "--out", tmp_path
    command(*arguments, "--cache", tmp_path)
    assert (tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")
    assert "even/one" in capsys.readouterr().out
    before = (tmp_path / "scores.png").read_bytes()
    (tmp_path / "sample.jsonl").unlink()
    command(*arguments, "--cache", tmp_path / "none")
    assert (tmp_path / "scores.png").read_bytes() == before
    assert not (tmp_path / "none").exists()
