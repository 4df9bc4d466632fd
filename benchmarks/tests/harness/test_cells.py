"""Cells: computed once, kept as they end, tried again where they failed."""

import json

import numpy as np
import pytest

from benchmarks.harness import cells, records
from benchmarks.harness.cells import Cell
from benchmarks.harness.records import Records, write_table
from benchmarks.paper import fits, odds


def cell(work, seed=0, settings="k = 1", modules=()):
    return Cell("set", "method", seed, settings, work, modules)


def half():
    return {"auc": 0.5}


def never():
    raise AssertionError("this was to be found")


@pytest.fixture
def run(tmp_path):
    """Return what runs cells with the cache of an experiment, and what it reads besides."""

    def call(wanted, name="here", tables=(), lenders=(), **options):
        return cells.run(wanted, Records(name, tmp_path / "cache", tables, lenders), **options)

    return call


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "here.jsonl"


def test_a_record_is_computed_once(run):
    calls = []

    def work():
        calls.append(1)
        return {"auc": 0.75}

    for _ in range(2):
        assert run([cell(work)])[["auc", "error"]].to_numpy().tolist() == [[0.75, ""]]
    assert len(calls) == 1
    run([cell(work, settings="k = 2")])
    assert len(calls) == 2


def test_other_versions_mean_another_record(run, monkeypatch):
    run([cell(half)])
    monkeypatch.setattr(cells.provenance, "versions", lambda: "torch 99")
    assert run([cell(lambda: {"auc": 1.0})])["auc"].tolist() == [1.0]


def test_a_failure_is_no_number_and_tried_again(run, cache):
    def fail():
        raise ValueError("too few rows")

    good = cell(half, seed=1)
    found = run([cell(fail), good])
    assert len(cache.read_text().splitlines()) == 1
    assert found["error"].tolist() == ["ValueError: too few rows", ""]
    assert np.isnan(found["auc"][0])
    assert run([cell(lambda: {"auc": 1.0}), good])["auc"].tolist() == [1.0, 0.5]


def test_an_interrupted_run_goes_on(run, cache):
    def interrupt():
        raise KeyboardInterrupt

    done = [cell(half, seed) for seed in range(3)]
    with pytest.raises(SystemExit, match=f"goes on, with the fits that {cache.parent} keeps"):
        run([*done, cell(interrupt, seed=3)])
    assert len(cache.read_text().splitlines()) == 3
    assert run([cell(never, seed) for seed in range(3)])["auc"].tolist() == [0.5] * 3


def test_a_fit_is_kept_before_the_next_one_begins(run, cache):
    lines = []

    def count():
        lines.append(len(cache.read_text().splitlines()))
        return {"auc": 0.5}

    run([cell(half), *(cell(count, seed) for seed in (1, 2))])
    assert lines == [1, 2]


def test_two_jobs_find_what_one_finds(tmp_path, small):
    wanted = [
        fits.cell(odds.whole(small), method, seed, quick=True)
        for method in ("RobustRealNVP", "SO-GAAL", "IF")
        for seed in range(2)
    ]
    one = cells.run(wanted, Records("one", tmp_path))
    two = cells.run(wanted, Records("two", tmp_path), n_jobs=2)
    assert one["roc"].tolist() == two["roc"].tolist()
    assert len((tmp_path / "two.jsonl").read_text().splitlines()) == 6


@pytest.mark.parametrize("damage", [b"", b'{"auc": 0.', b"[]\n", b"{}\n", b"\xff\n"])
def test_a_damaged_line_is_computed_again(run, cache, damage):
    run([cell(half), cell(half, seed=1)])
    second = cache.read_bytes().splitlines(keepends=True)[1]
    cache.write_bytes(damage + second if damage.endswith(b"\n") else second + damage)
    assert run([cell(lambda: {"auc": 1.0}), cell(never, seed=1)])["auc"].tolist() == [1.0, 0.5]
    assert run([cell(never), cell(never, seed=1)])["auc"].tolist() == [1.0, 0.5]


@pytest.mark.parametrize("value", [float("nan"), object()])
def test_what_is_no_number_is_a_failure(run, value):
    found = run([cell(lambda: {"auc": value}), cell(half, seed=1)])
    assert (found["error"] != "").tolist() == [True, False]


def test_where_all_fail_the_first_error_is_said(run):
    def fail():
        raise ValueError("too few rows")

    with pytest.raises(SystemExit, match=r"all 1 fits failed.*ValueError: too few rows"):
        run([cell(fail)])


def test_a_record_says_what_it_was_made_with(run, cache):
    run([cell(half)])
    record = json.loads(cache.read_text())
    assert record["settings"] == "k = 1"
    assert "torch" in record["versions"]
    assert {"dataset", "method", "seed", "key", "code", "made", "machine", "auc"} < set(record)


class TestTables:
    def test_a_table_keeps_all_digits_and_arrays(self, run, tmp_path):
        measures = {"auc": 1 / 3, "tiny": 1e-300, "scores": np.array([0.1, 1 / 7])}
        write_table(run([cell(lambda: measures), cell(half, seed=1)]), tmp_path / "table")
        found = run([cell(never), cell(never, seed=1)], "other", [tmp_path / "table"])
        assert found["auc"].tolist() == [1 / 3, 0.5]
        assert found["tiny"][0] == 1e-300
        assert found["scores"][0].tolist() == [0.1, 1 / 7]
        texts = json.loads((tmp_path / "table" / "settings.json").read_text())
        assert list(texts.values()) == [{found["key"][0]: "k = 1"}]

    def test_failures_are_no_records(self, run, tmp_path):
        def fail():
            raise ValueError

        write_table(run([cell(fail), cell(half, seed=1)]), tmp_path)
        assert records.texts_of(tmp_path)["seed"].tolist() == ["1"]

    def test_what_is_lent_is_not_kept_again(self, run, tmp_path):
        run([cell(half)], "lender")
        found = run([cell(never), cell(half, seed=1)], "other", lenders=["lender"])
        assert found["auc"].tolist() == [0.5, 0.5]
        write_table(found, tmp_path)
        assert records.texts_of(tmp_path)["seed"].tolist() == ["1"]

    def test_no_table_is_left_where_all_is_lent(self, run, tmp_path):
        run([cell(half)], "lender")
        (tmp_path / "records.csv").write_text("former")
        write_table(run([cell(never)], "other", lenders=["lender"]), tmp_path)
        assert not (tmp_path / "records.csv").exists()


class TestOtherCode:
    of_protocol, of_data = (f"benchmarks.harness.{name}" for name in ("protocol", "data"))

    def test_it_is_used_and_told_apart(self, run):
        run([cell(half, modules=(self.of_data,))])
        (row,) = run([cell(never, modules=(self.of_protocol,))]).itertuples()
        assert row.auc == 0.5
        assert row.code == cell(half, modules=(self.of_data,)).code != row[-1]

    def test_who_wants_it_fresh_gets_it(self, run):
        run([cell(half, modules=(self.of_data,))])
        new = cell(lambda: {"auc": 1.0}, modules=(self.of_protocol,))
        assert run([new], fresh=True)["auc"].tolist() == [1.0]
        assert run([cell(never, modules=(self.of_protocol,))])["auc"].tolist() == [1.0]
        assert run([cell(never, modules=(self.of_data,))])["auc"].tolist() == [0.5]


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path):
    def fill(draft):
        draft.write_text("half")
        raise OSError("disk full")

    (tmp_path / "record.json").write_text("former")
    with pytest.raises(OSError, match="disk full"):
        records.write(tmp_path / "record.json", fill)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["former"]
