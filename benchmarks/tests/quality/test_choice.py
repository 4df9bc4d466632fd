"""The suite: its halves and groups, and how detectors fare on them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import wilcoxon

from benchmarks.quality import choice


@pytest.fixture
def records():
    """Return records of two detectors on six tables, two of one family."""
    rng = np.random.default_rng(0)
    names = ["musk", "pima", "t01", "t02", "even/one", "even/two"]
    rows = [
        {"dataset": name, "method": method, "seed": seed, "roc": rng.random(), "ap": rng.random()}
        for name in names
        for method in ("RobustRealNVP", "LOF")
        for seed in range(2)
    ]
    return pd.DataFrame(rows)


def test_families_and_groups_count_alike(records):
    roc = choice.by_family(records, "roc")
    assert roc.shape == (5, 2)
    means = records.groupby(["method", "dataset"])["roc"].mean().unstack()
    ours = means.loc["RobustRealNVP"]
    groups = [
        ours[["musk", "pima"]].mean(),
        ours[["t01", "t02"]].mean(),
        ours.filter(like="/").mean(),
    ]
    text = choice.summary(roc, choice.by_family(records, "ap"))
    row = next(line for line in text.splitlines() if "RobustRealNVP" in line)
    said = [float(cell) for cell in row.split("|")[2:-1]]
    assert said[:4] == pytest.approx([*groups, np.mean(groups)], abs=1e-3)


def test_duels_count_families(records):
    roc = choice.by_family(records, "roc")
    ahead = roc["RobustRealNVP"] - roc["LOF"]
    cells = choice.duels(roc).splitlines()[2].split("|")
    assert [float(cell) for cell in cells[2:4]] == [(ahead > 0).sum(), (ahead < 0).sum()]
    assert float(cells[4]) == pytest.approx(wilcoxon(ahead).pvalue, abs=1e-4)
    assert choice.duels(roc[["LOF"]]) == ""


def test_a_failed_fit_leaves_the_other_variants(records):
    failed = records.assign(roc=records["roc"].where(records["dataset"] != "even/one"))
    roc = choice.by_family(failed, "roc")
    of_two = failed[(failed["dataset"] == "even/two") & (failed["method"] == "LOF")]["roc"]
    assert roc["LOF"].xs("even", level="family").item() == pytest.approx(of_two.mean())


def test_the_halves_are_the_whole(folder, wheels, monkeypatch):
    monkeypatch.setattr(choice, "TEN", ("first",))
    monkeypatch.setattr(choice, "SIXTY", ("second",))
    names = {part: {each.name for each in choice.suite(folder, part)} for part in
             ("both", *choice.HALVES)}  # fmt: skip
    assert names["choice"] | names["confirmation"] == names["both"]
    assert not names["choice"] & names["confirmation"]
    assert len(names["both"]) == 6
    firsts = [
        each.name for part in choice.HALVES for each in choice.first_of_families(folder, part, 9)
    ]
    assert sorted(firsts) == ["chess/chess", "even/one", "first", "odd/three", "second"]
    few = [each for part in choice.HALVES for each in choice.first_of_families(folder, part, 1)]
    assert len(few) == len(
        {(choice.half(choice.family_of(f.name)), choice.group(f.name)) for f in few}
    )


def test_the_command_writes_both_halves(folder, command, wheels, monkeypatch, capsys):
    monkeypatch.setattr(choice, "TEN", ("first",))
    monkeypatch.setattr(choice, "SIXTY", ("second",))
    out = folder / "out"
    command("choice", "--data-dir", folder, "--seeds", 1, "--detectors", "HBOS", "LOF",
            "--cache", folder, "--out", out)  # fmt: skip
    text = capsys.readouterr().out
    assert "## all: 5 families" in text
    assert text.count("average rank") >= 3
    assert (out / "tables.md").read_text() in text
