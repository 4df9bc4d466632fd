"""The tables of ``scale`` hold together."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.cost import scale
from benchmarks.harness.data import correlated
from benchmarks.harness.detectors import OURS


def test_tables_to_scale_are_written_by_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "CHUNK", 40)
    table = np.load(scale.write_table(100, 3, tmp_path / "rows.npy"))
    assert table.dtype == np.float32
    parts = [correlated(n, 3, seed).X for seed, n in enumerate((40, 40, 20))]
    np.testing.assert_allclose(table, np.vstack(parts), rtol=1e-6)


def test_cells_that_would_take_too_long_are_skipped(monkeypatch):
    monkeypatch.setattr(scale, "in_child", lambda *given: {"fit, s": 50.0, "score, s": 50.0})
    todo = [scale.Cell("IForest", n, 10, "memmap") for n in (10, 50, 500)]
    found = scale.measured(todo, dict.fromkeys([10]), runs=1)
    assert [of["status"] for _, of in found] == ["run", "run", "skipped"]


def test_scale_writes_its_tables(here, command, tmp_path, capsys):
    command("scale", "--quick", "--out", tmp_path)
    assert (tmp_path / "tables.md").read_text() in capsys.readouterr().out
    assert (tmp_path / "scale.png").read_bytes().startswith(b"\x89PNG")
    check_growth(pd.read_csv(tmp_path / "growth.csv"), pd.read_csv(tmp_path / "exponents.csv"))
    table = pd.read_csv(tmp_path / "scale.csv")
    exponents = pd.read_csv(tmp_path / "exponents.csv").set_index(["by", "what"])
    of_rows = table[(table["columns"] == 10) & (table["source"] == "memmap")]
    few, many = of_rows[of_rows["detector"] == "IForest"]["fit, s"].iloc[[-2, -1]]
    power = exponents.loc[("rows", "IForest, fit"), "between the two largest"]
    assert power == pytest.approx(np.log(many / few) / np.log(3), rel=1e-3)
    assert table["detector"].value_counts().tolist() == [6, 6]
    assert table["source"].value_counts().to_dict() == {"memmap": 10, "array": 2}
    assert (table["status"] == "run").all()
    assert (table[["fit, s", "score, s"]] > 0).all(axis=None)
    ours = table[table["detector"] == OURS]
    assert ours["fit without its scores, s"].sum() < ours["fit, s"].sum()
    assert table[table["detector"] == "IForest"]["fit without its scores, s"].isna().all()
    assert (table[["fit adds, MiB", "scoring adds, MiB"]] > -5).all(axis=None)


def check_growth(growth, exponents):
    assert growth["source"].tolist() == ["memmap"] * 2 + ["array"] * 2
    assert growth["rows"].tolist() == [1000, 3000] * 2
    few, many = growth["s, median"][0::2].to_numpy(), growth["s, median"][1::2].to_numpy()
    assert growth["/ the fewer rows"][0::2].tolist() == [1, 1]
    np.testing.assert_allclose(growth["/ the fewer rows"][1::2], many / few, rtol=1e-4)
    assert exponents["by"].tolist() == ["rows"] * 5 + ["columns"] * 5
