"""Speed and scale: the reference is a sane flow, the counts are right, the tables hold together."""

import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import children, products, profiles, reference, scale, speed, tables, timing
from benchmarks.__main__ import main
from benchmarks.datasets import correlated
from pyod_robustnvp.couplings import Passage, RoundTrip
from pyod_robustnvp.flow import RealNVP


@pytest.fixture(scope="module")
def gaussian():
    """Return rows of a Gaussian that is neither centred nor of variance one."""
    return 3 + 0.5 * torch.randn(256, 4, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def here(monkeypatch):
    """Run children in this process, and short fits: what is tested is what becomes of them."""

    def call(function, *arguments):
        return function(*arguments)

    monkeypatch.setattr(children, "in_child", call)
    monkeypatch.setattr(scale, "in_child", call)
    monkeypatch.setattr("pyod_robustnvp.detector.STEPS", 5)


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_log_det_of_the_reference_is_that_of_its_jacobian(columns):
    torch.manual_seed(0)
    model = reference.Reference(columns, width=8).double().eval()
    x = torch.randn(3, columns, dtype=torch.float64)
    jacobians = torch.stack(
        [torch.autograd.functional.jacobian(lambda v: model(v[None])[0][0], row) for row in x]
    )
    z, log_det = model(x)
    torch.testing.assert_close(log_det, torch.linalg.slogdet(jacobians).logabsdet)
    nll = -torch.distributions.Normal(0, 1).log_prob(z).sum(1) - log_det
    torch.testing.assert_close(model.nll(x), nll)


def test_reference_transforms_every_column():
    model = reference.Reference(5, width=8).eval()
    x = torch.randn(7, 5)
    assert (model(x)[0] != x).all()


def test_reference_keeps_its_cap():
    torch.manual_seed(0)
    model = reference.Reference(6, width=32, k=0.3)
    before = [part.raw.clone() for part in model.modules() if hasattr(part, "raw")]
    for _ in range(100):
        model(torch.randn(8, 6))
    capped = [part for part in model.modules() if hasattr(part, "raw")]
    assert len(capped) == 6 * 2 * 3
    for linear, raw in zip(capped, before, strict=True):
        sigma = torch.linalg.matrix_norm(linear.weight, ord=2)
        whole = torch.linalg.matrix_norm(raw, ord=2)
        torch.testing.assert_close(sigma, whole.clamp_max(0.3), rtol=0.02, atol=0)
        assert torch.equal(linear.raw, raw)


def test_cap_passes_gradients_to_the_weights():
    model = reference.Reference(4, width=8)
    model.nll(torch.randn(16, 4)).mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_trimmed_loss_leaves_out_the_least_likely():
    assert reference.trimmed(torch.tensor([1.0, 100.0, 3.0, 2.0]), eps=0.25).item() == 2


def test_reference_learns_a_density(gaussian):
    torch.manual_seed(0)
    flow = reference.fit("reference", gaussian, steps=80, width=16)
    far = gaussian + 4
    assert reference.score(flow.nll, gaussian).mean() < reference.score(flow.nll, far).mean()


@pytest.mark.parametrize("name", reference.FLOWS)
def test_steps_lower_the_loss(name, gaussian):
    if name != "reference":
        pytest.importorskip(name)
    torch.manual_seed(0)
    step = reference.contestant(name, gaussian, width=16, batch_size=64).step
    losses = torch.stack([step() for _ in range(150)])
    assert losses.isfinite().all()
    assert losses[-20:].mean() < losses[:20].mean() - 0.2


@pytest.mark.parametrize("name", ["zuko", "normflows"])
def test_a_missing_library_is_said(name, gaussian, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, f"{name}.flows", raising=False)
    with pytest.raises(ImportError, match=rf"{name} is not installed.*pyod-robustnvp\[speed\]"):
        reference.contestant(name, gaussian)


@pytest.mark.parametrize(("d", "members", "hidden"), [(9, 2, (8, 8)), (2, 3, (4,)), (5, 1, (6, 7))])
def test_operations_are_those_of_the_products_and_of_the_couplings(d, members, hidden):
    flow, n = RealNVP(d, members, hidden), 16
    training, scoring = products.of_training(flow, n), products.of_scoring(flow, n)
    trip = RoundTrip(flow.weights, flow.biases, n)
    x = torch.randn(members, d, n)

    def operations(run):
        with FlopCounterMode(display=False) as counter:
            run()
        return counter.get_total_flops()

    to_train, to_score = products.operations_to_train(flow), products.operations_to_score(flow)
    assert operations(lambda: products.multiply(training)) == n * to_train
    assert operations(lambda: trip.backward(*trip.forward(x))) == n * to_train
    assert operations(lambda: products.multiply(scoring)) == n * to_score
    passage = Passage(flow.weights, flow.biases, n)
    assert operations(lambda: passage.forward(x)) == n * to_score


def test_contestants_run_in_turn():
    order = []
    timed = {name: lambda name=name: order.append(name) or len(order) for name in "AB"}
    table = timing.in_turn(timed, {"A": 3, "B": 1})
    assert "".join(order) == "BAABAA"
    assert table.loc["A"].tolist() == [5, 3, 6, 3]
    assert table.loc["B"].tolist() == [4, 4, 4, 1]


def test_steps_are_timed_without_what_surrounds_them(gaussian):
    clf = speed.RobustRealNVP(n_estimators=1)
    timed = timing.between_steps(speed.our_training(clf, gaussian, 20))
    assert 0 < timed() < timing.seconds_of(speed.our_training(clf, gaussian, 20)) / 5


def test_defaults_are_trained_as_the_detector_trains_them(monkeypatch, gaussian):
    seen = {}

    def spy(flow, x, settings, generator):
        seen.update(members=flow.members, hidden=flow.hidden, views=len(x), settings=settings)

    clf = speed.RobustRealNVP()
    monkeypatch.setattr(speed, "train", spy)
    speed.our_training(clf, gaussian, 200)()
    assert seen["members"] == clf.n_estimators
    assert seen["hidden"] == clf.hidden_neuron_list
    assert seen["views"] == 2
    assert seen["settings"] == clf._settings(len(gaussian))


def test_missing_numbers_say_why():
    table = pd.DataFrame({"a": [1.0, np.nan, np.nan], "status": ["run", "run", "skipped"]})
    assert [line.strip("| ") for line in tables.brief(table).splitlines()[2:]] == [
        "1.00", "", "skipped"
    ]  # fmt: skip


def test_a_child_starts_with_memory_of_its_own():
    ballast = np.ones(50_000_000)
    held = children.in_child(children.memory, "VmHWM")
    assert 5 < held < children.memory("VmHWM") + 1 - ballast.nbytes / children.MIB / 2


def test_private_memory_is_not_that_of_a_memmap(tmp_path):
    path = scale.write_table(200_000, 20, tmp_path / "rows.npy")
    with children.PrivatePeak() as mapped:
        total = np.load(path, mmap_mode="r").sum(dtype=np.float64)
    with children.PrivatePeak() as read:
        copy = np.load(path)
    assert total == copy.sum(dtype=np.float64)
    assert mapped.added < 5 < 14 < read.added


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


def test_speed_writes_its_tables(here, tmp_path, capsys):
    main(["speed", "--quick", "--out", str(tmp_path)])
    text = (tmp_path / "tables.md").read_text()
    assert text in capsys.readouterr().out
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")
    names = ("steps", "products", "fits", "scoring", "sets", "memory")
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


def test_memory_is_that_of_who_is_installed(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "normflows", None)
    table = speed.peaks(speed.of(correlated(300, 5, seed=0)), ("reference", "normflows"))
    assert table["detector"].tolist() == ["reference"]


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
    of_training, of_scoring = speeds[0], max(speeds[3], speeds[4])
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


def test_scale_writes_its_tables(here, tmp_path, capsys):
    main(["scale", "--quick", "--out", str(tmp_path)])
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
    ours = table[table["detector"] == scale.OURS]
    assert (ours["fit without its scores, s"] < ours["fit, s"]).all()
    assert table[table["detector"] == "IForest"]["fit without its scores, s"].isna().all()
    assert (table[["fit adds, MiB", "scoring adds, MiB"]] > -5).all(axis=None)


def check_growth(growth, exponents):
    assert growth["source"].tolist() == ["memmap"] * 2 + ["array"] * 2
    assert growth["rows"].tolist() == [1000, 3000] * 2
    few, many = growth["s, median"][0::2].to_numpy(), growth["s, median"][1::2].to_numpy()
    assert growth["/ the fewer rows"][0::2].tolist() == [1, 1]
    np.testing.assert_allclose(growth["/ the fewer rows"][1::2], many / few, rtol=1e-4)
    assert exponents["by"].tolist() == ["rows"] * 5 + ["columns"] * 5


def test_handed_scores_are_no_part_of_a_fit(gaussian):
    clf = scale.Unscored(epoch_num=1, random_state=0)
    clf.given = np.arange(1000.0)
    clf.fit(gaussian.numpy())
    assert clf.decision_scores_.tolist() == list(range(256))


def checkout(folder, code):
    package = folder / "pyod_robustnvp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code)
    return folder


STUB = """
class RobustRealNVP:
    n_iter_ = 10

    def __init__(self, **parameters):
        assert parameters["n_estimators"] == 8

    def fit(self, X):
        return self

    def decision_function(self, X):
        return X[:, 0]
"""


def test_versions_are_those_of_their_folders(tmp_path):
    folder = checkout(tmp_path / "old", STUB)
    versions = profiles.load([folder])
    assert list(versions) == ["old", "ours"]
    assert profiles.runs(versions["old"], profiles.QUICK)["fit"][1] == 10
    assert versions["ours"] is not versions["old"]
    assert versions["ours"]().get_params() == speed.RobustRealNVP().get_params()
    with pytest.raises(SystemExit, match=r"missing holds no pyod_robustnvp: give the root"):
        profiles.load([tmp_path / "missing"])
    (tmp_path / "empty" / "pyod_robustnvp").mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"empty holds no pyod_robustnvp: give the root"):
        profiles.load([tmp_path / "empty"])
    with pytest.raises(SystemExit, match=r"another version is called old: rename it"):
        profiles.load([folder, checkout(tmp_path / "other" / "old", STUB)])


def test_the_default_is_profiled():
    assert speed.RobustRealNVP().get_params().items() >= profiles.SHAPE.items()


def test_ratios_are_those_to_the_first_and_to_the_one_before():
    seconds = {"a": 8.0, "b": 2.0, "ours": 1.0}
    versions = {name: {"fit": (taken, 4)} for name, taken in seconds.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "seconds_of", lambda run: run)
        table = profiles.totals(versions, "fit", profiles.QUICK)
    assert table["ms, median"].tolist() == [2000, 500, 250]
    assert table["/ the first"].tolist() == [1, 0.25, 0.125]
    assert table["/ the one before"].tolist()[1:] == [0.25, 0.5]


def test_profile_writes_its_tables(tmp_path, capsys):
    main(["profile", "--quick", "--out", str(tmp_path)])
    assert (tmp_path / "tables.md").read_text() in capsys.readouterr().out
    products = {"fit": 6 * (3 + 6), "scoring": 6 * 3 / 0.3}
    for phase, least in products.items():
        assert pd.read_csv(tmp_path / f"{phase}.csv")["ms, median"].gt(0).all()
        kinds = pd.read_csv(tmp_path / f"{phase}_operations.csv").set_index("kind")
        # Three layers on the way there, two products for each on the way back, the cap's on top.
        assert kinds.loc["matrix products", "ours, operations"] >= least
        parts, total = kinds["ours, ms"].drop("all"), kinds.loc["all", "ours, ms"]
        assert (parts >= 0).all()
        assert parts.sum() == pytest.approx(total, rel=1e-4)
