"""The tables of ``speed`` hold together."""

import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks.cost import speed, usage
from benchmarks.harness.data import correlated

USED = ("busy", "threads", "latency", "imports")


def test_a_spinning_process_is_ended():
    with usage.spinning(2):
        pass
    assert usage.spinning(0).__enter__() is None


def test_defaults_are_trained_as_the_detector_trains_them(monkeypatch, gaussian):
    seen = {}

    def spy(flow, x, settings, *others):
        seen.update(n_flows=flow.n_flows, hidden=flow.hidden, views=len(x), settings=settings)

    clf = speed.RobustRealNVP()
    monkeypatch.setattr(speed, "train", spy)
    speed.our_steps(clf, gaussian, 200)()
    assert seen["n_flows"] == clf.n_estimators
    assert seen["hidden"] == clf.hidden_neuron_list
    assert seen["views"] == 4
    assert seen["settings"] == speed.settings_of(clf).for_training(len(gaussian))


def test_speed_writes_its_tables(here, command, tmp_path, capsys):
    command("speed", "--quick", "--out", tmp_path)
    text = (tmp_path / "tables.md").read_text()
    assert text in capsys.readouterr().out
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
    names = ("steps", "products", "fits", "scoring", "sets", "memory", *USED)
    found = {name: pd.read_csv(tmp_path / f"{name}.csv") for name in names}
    check_steps(found["steps"], text)
    check_rates(found["products"])
    check_fits(found["fits"], found["sets"])
    steps = found["steps"]
    run = set(steps.loc[steps["status"] == "run", "contestant"]) - {speed.OURS}
    rates = found["scoring"].set_index("detector")
    assert (rates["rows/s, min"] <= rates["rows/s, max"]).all()
    fitted = {*speed.CONTESTANTS, speed.AS_AUTHORS}
    assert rates["rows/s, median"].gt(0).all()
    assert set(rates.index) == {*fitted, *run}
    computed = {f"{name}, computed" for name in (speed.AUTHORS, *(run - {"reference"}))}
    assert set(found["fits"]["detector"]) == {*fitted, *computed}
    assert found["memory"]["MiB"].ge(0).all()
    check_usage(found, fitted)


def test_memory_is_that_of_who_is_installed(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "normflows", None)
    table = speed.peaks(speed.of(correlated(300, 5, seed=0)), ("reference", "normflows"))
    assert table["detector"].tolist() == ["reference"]


def check_usage(found, fitted):
    busy = found["busy"]
    np.testing.assert_allclose(busy["busy / quiet"], busy["s, busy"] / busy["s, quiet"], rtol=1e-3)
    threads = found["threads"]
    assert {1, 2} <= set(threads["threads"])
    assert threads["equal"].all()
    latency = found["latency"].set_index("detector")
    assert set(latency.index) == fitted
    assert (latency["ms, 1 rows, median"] <= latency["ms, 1 rows, 99 %"]).all()
    assert found["imports"]["s, median"].gt(0).all()


def check_steps(steps, text):
    done = steps[steps["status"] == "run"].set_index(["shape", "contestant"])
    ms = done["ms, median"]
    assert ms.gt(0).all()
    assert (done["ms, min"] <= ms).all()
    assert (ms <= done["ms, max"]).all()
    for shape in speed.SHARED:
        assert done.loc[(shape, "reference"), "/ reference"] == 1
        ratio = ms[shape, speed.OURS] / ms[shape, "reference"]
        assert done.loc[(shape, speed.OURS), "/ reference"] == pytest.approx(ratio, rel=1e-4)
    many = ms[speed.EIGHT, speed.OURS] / ms[speed.ONE, speed.OURS]
    assert done["/ one flow"].dropna().tolist() == [pytest.approx(many, rel=1e-4)]
    assert len(steps) == 2 * 4 + 1
    assert ("not installed" in text) == steps["ms, median"].isna().any()


def check_rates(rates):
    speeds = rates["operations"] / rates["ms, median"] / 1e6
    np.testing.assert_allclose(rates["GFLOP/s"], speeds, rtol=1e-4)
    of_training, of_scoring = max(speeds[0], speeds[1]), max(speeds[3], speeds[4])
    bare = np.array([of_training] * 3 + [of_scoring] * 3)
    np.testing.assert_allclose(rates["share"], speeds / bare, rtol=1e-4)


def check_fits(fits, sets):
    assert fits["s, median"].gt(0).all()
    assert fits["ROC-AUC"].dropna().between(0, 1).all()
    authors = fits.set_index("detector").loc[f"{speed.AUTHORS}, computed", "s, median"]
    only, total = sets[f"{speed.AUTHORS}, computed s"]
    assert only == total
    assert authors > 0
    step, steps = sets.loc[0, ["reference step, ms", "steps"]]
    assert only == pytest.approx(step * steps / 1e3, rel=1e-4)
    assert steps == speed.authors_steps(sets.loc[0, "rows"])
    ratio = sets[f"{speed.AUTHORS}, computed s"] / sets["our fit, s"]
    np.testing.assert_allclose(sets["ratio"], ratio, rtol=1e-4)
