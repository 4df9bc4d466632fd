"""Saving without pickle: the same model or a clear error, and a former file is never lost."""

import copy
import json
import os
import pickle
import signal
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.numpy import load_file, save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import MinMaxScaler

from pyod_robustnvp import PAPER, RobustRealNVP, persistence

FIXTURE = Path(__file__).parent / "fixtures" / "format1.safetensors"
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(60, 3))
SMALL = {"n_estimators": 2, "hidden_neuron_list": (4,), "epoch_num": 2, "random_state": 0}

CASES = {
    "small": (SMALL, ROWS),
    "defaults": ({}, ROWS),
    "one flow": (SMALL | {"n_estimators": 1}, ROWS),
    "no scaling": (SMALL | {"preprocessing": False}, ROWS),
    "one view": (SMALL | {"principal_axes": False}, ROWS),
    "one column": (SMALL, ROWS[:, :1]),
    "no hidden layer": (SMALL | {"hidden_neuron_list": ()}, ROWS),
    "no cap": (SMALL | {"lipschitz": None}, ROWS),
    "two caps, as an array": (SMALL | {"lipschitz": np.array([0.5, 1.5])}, ROWS),
    "numpy's numbers": (SMALL | {"lr": np.float32(1e-3), "batch_size": np.int64(20)}, ROWS),
    "numpy's truth": (SMALL | {"preprocessing": np.True_, "principal_axes": np.False_}, ROWS),
    "numpy's text": (SMALL | {"device": np.str_("cpu"), "random_state": True}, ROWS),
    "a torch device": (SMALL | {"device": torch.device("cpu")}, ROWS),
    "named columns": (SMALL, pd.DataFrame(ROWS, columns=["a", "ä", "column 3"])),
}


@pytest.fixture(scope="module")
def fitted():
    return RobustRealNVP(**SMALL).fit(ROWS)


@pytest.fixture
def path(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("case", CASES)
def test_the_same_model_comes_back(case, tmp_path):
    parameters, X = CASES[case]
    clf = RobustRealNVP(**parameters).fit(X)
    clf.save(tmp_path / "model")
    again = RobustRealNVP.load(str(tmp_path / "model"))
    for call in ("decision_function", "score_samples", "predict", "predict_proba"):
        np.testing.assert_array_equal(getattr(again, call)(X), getattr(clf, call)(X))
    np.testing.assert_array_equal(again.sample(5, 1), clf.sample(5, 1))
    np.testing.assert_array_equal(again.predict_confidence(X), clf.predict_confidence(X))
    np.testing.assert_array_equal(
        again.predict_proba(X, method="unify"), clf.predict_proba(X, method="unify")
    )
    assert set(vars(again)) == set(vars(clf))
    for name in set(vars(clf)) - {"density_"} - set(clf.get_params()):
        np.testing.assert_array_equal(getattr(again, name), getattr(clf, name))
        assert type(getattr(again, name)) is type(getattr(clf, name))


def test_parameters_come_back_and_can_be_used_again(fitted, path):
    again = RobustRealNVP.load(path)
    assert again.get_params() == fitted.get_params()
    refitted = clone(again).fit(ROWS)
    np.testing.assert_array_equal(refitted.decision_scores_, fitted.decision_scores_)


def test_a_loaded_model_is_saved_and_pickled_like_any_other(path, fitted, tmp_path):
    RobustRealNVP.load(path).save(tmp_path / "second")
    content, arrays = persistence.parse((tmp_path / "second").read_bytes())
    former = persistence.parse(path.read_bytes())
    assert content == former[0]
    assert {name: a.tobytes() for name, a in arrays.items()} == {
        name: a.tobytes() for name, a in former[1].items()
    }
    again = pickle.loads(pickle.dumps(RobustRealNVP.load(path)))
    np.testing.assert_array_equal(again.decision_function(ROWS), fitted.decision_scores_)


def test_column_names_are_checked_after_loading(tmp_path):
    frame = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    RobustRealNVP(**SMALL).fit(frame).save(tmp_path / "model")
    again = RobustRealNVP.load(tmp_path / "model")
    assert again.feature_names_in_.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="feature names"):
        again.decision_function(frame[["c", "b", "a"]])


def test_a_file_of_the_first_format_loads():
    expected = json.loads(FIXTURE.with_suffix(".json").read_text())
    with pytest.warns(UserWarning, match="was written by pyod-robustnvp"):
        clf = RobustRealNVP.load(FIXTURE)
    scores = clf.decision_function(expected["rows"])
    np.testing.assert_allclose(scores, expected["scores"], rtol=1e-5)
    assert clf.threshold_ == expected["threshold"]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 0.3, 0.9, -1])
def test_a_truncated_file_is_refused(path, length):
    data = path.read_bytes()
    path.write_bytes(data[: int(length * len(data)) if isinstance(length, float) else length])
    with pytest.raises(
        ValueError, match=r"model\.safetensors can't be loaded: .*save the model again"
    ):
        RobustRealNVP.load(path)


def test_no_flipped_bit_goes_unseen(path):
    data = path.read_bytes()
    for _ in range(400):
        place, bit = RNG.integers(len(data)), RNG.integers(8)
        spoilt = bytearray(data)
        spoilt[place] ^= 1 << bit
        path.write_bytes(spoilt)
        with pytest.raises(ValueError, match="can't be loaded"):
            RobustRealNVP.load(path)


def write_pickle(path):
    joblib.dump({"a": 1}, path)


def write_array(path):
    np.savez(path, a=np.zeros(3))
    path.with_name(path.name + ".npz").rename(path)


OTHERS = {
    "text": lambda path: path.write_text("{}" * 50),
    "pickle": write_pickle,
    "npz": write_array,
    "safetensors of others": lambda path: save_file({"a": np.zeros(3)}, path),
    "with another format": lambda path: save_file({"a": np.zeros(3)}, path, {"format": "pt"}),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_files_of_other_kinds_are_refused(tmp_path, kind):
    OTHERS[kind](tmp_path / "model")
    with pytest.raises(ValueError, match="model can't be loaded"):
        RobustRealNVP.load(tmp_path / "model")


def test_what_is_no_file_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        RobustRealNVP.load(tmp_path / "nowhere")
    with pytest.raises(IsADirectoryError):
        RobustRealNVP.load(tmp_path)


def forge(path, change, arrays=None):
    """Write a model whose content was changed, and whose checksum is right."""
    held = load_file(path) | (arrays or {})
    content, _ = persistence.parse(path.read_bytes())
    change(content)
    text = json.dumps(content)
    digest = persistence.digest(text, held)
    save_file(held, path, {"format": persistence.FORMAT, "content": text, "sha256": digest})


def put(part, name, value):
    return lambda content: content[part].update({name: value})


FORGERIES = {
    "later format": (
        lambda c: c.update(format_version=3),
        "format is 3, this version reads 1 to 2",
    ),
    "no format": (lambda c: c.update(format_version=0), "format is 0"),
    "a format that is no number": (lambda c: c.update(format_version=True), "format is True"),
    "one parameter less": (lambda c: c["parameters"].pop("lr"), "it lacks the parameter lr"),
    "a random state": (put("parameters", "random_state", {"a": 1}), "random_state is"),
    "a device as a dict": (put("parameters", "device", {"a": 1}), "device is"),
    "a scaling by name": (put("parameters", "preprocessing", "MinMax"), "preprocessing must be"),
    "a module as device": (put("learned", "device_", "hpu"), "device_ is 'hpu', no device"),
    "threshold": (put("learned", "threshold_", float("nan")), "NaN"),
    "true for a number": (put("learned", "threshold_", True), "threshold_ is True"),
    "classes": (put("learned", "_classes", 7), "_classes, n_iter_ or _sigma"),
    "steps": (put("learned", "n_iter_", -5), "_classes, n_iter_ or _sigma"),
    "constant": (put("learned", "lipschitz_", 0.1), "have not the Lipschitz constants of 0.1"),
    "columns as text": (put("learned", "n_features_in_", "3"), "n_features_in_ is '3'"),
    "names as text": (lambda c: c.update(feature_names="abc"), "no list of text"),
    "many layers": (put("parameters", "hidden_neuron_list", [4] * 10**6), "it holds 2 layers"),
    "no parameters": (lambda c: c.pop("parameters"), "it lacks 'parameters'"),
    "other parameter": (put("parameters", "depth", 3), "unexpected keyword argument 'depth'"),
    "contamination": (put("parameters", "contamination", 0.7), "contamination"),
    "contamination as text": (put("parameters", "contamination", "a"), "contamination must be"),
    "lr": (put("parameters", "lr", -1), "lr must be a positive"),
    "other flows": (put("parameters", "n_estimators", 3), r"is .*, not "),
    "billions of flows": (put("parameters", "n_estimators", 10**12), "more than 10\\^8 weights"),
    "widths": (put("parameters", "hidden_neuron_list", [5]), r"flow\.biases\.0 is .*, not "),
    "scaling": (put("parameters", "preprocessing", False), r"scaler\.center_ is .*, not None"),
    "views": (put("parameters", "principal_axes", False), r"axes is .*, not None"),
    "columns": (put("learned", "n_features_in_", 2), r"is .*, not "),
    "a learned number": (
        put("learned", "threshold_", "high"),
        "threshold_ is 'high', no finite float",
    ),
    "no learned number": (lambda c: c["learned"].pop("_mu"), "it lacks '_mu'"),
    "names": (lambda c: c.update(feature_names=["a"]), "it names 1 columns of 3"),
    "another class": (lambda c: c.update({"class": "Sub"}), "it holds a 'Sub'"),
    "huge columns": (put("learned", "n_features_in_", 10**30), "can't be loaded: [^\\n]*$"),
    "a list for a dict": (lambda c: c.update(parameters=[1]), "can't be loaded"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_content_is_refused(path, case):
    change, message = FORGERIES[case]
    forge(path, change)
    with pytest.raises(ValueError, match=message):
        RobustRealNVP.load(path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("flow.weights.0", np.full((6, 4, 4, 2), np.nan, np.float32), "not finite"),
        ("flow.weights.0", np.zeros((6, 4, 4, 1), np.float32), r"flow\.weights\.0 is .*, not "),
        ("flow.weights.0", np.zeros((6, 4, 4, 2)), r"float64.*, not .*float32"),
        ("flow.order", np.array([[0, 1, 1], [0, 1, 2]]), "no order of the columns"),
        ("labels_", np.zeros(3, dtype=np.int64), r"labels_ is .*, not "),
        ("more", np.zeros(3), "more is .*, not None"),
        ("flow.weights.0", np.full((6, 4, 4, 2), 3e38, np.float32), "lipschitz=1.5 is below"),
        ("scaler.scale_", np.array([1.0, -1.0, 1.0]), "a scale is not above 0"),
        ("box.edges_", np.array([[1.0] * 3, [0.0] * 3]), "the edges of its box are in no order"),
        ("pooling.spreads", np.zeros(3), "a spread of its pooling is too small"),
        ("pooling.shares", np.full(3, 0.5), "the shares of its pooling do not sum to 1"),
        ("flow.biases.1", np.full((6, 4, 1, 1), 3e38, np.float32), "a bias of its flows is beyond"),
        ("axes", np.zeros((3, 3)), "not orthonormal"),
        ("labels_", np.full(60, 7), "labels_ hold another number than 0 and 1"),
        ("decision_scores_", np.zeros(0), r"decision_scores_ is .*, not .*\(2,\)"),
        ("loss_curve_", np.zeros(0), r"loss_curve_ is .*, not .*\(1,\)"),
    ],
)
def test_a_forged_array_is_refused(path, name, array, message):
    forge(path, lambda content: None, {name: array})
    with pytest.raises(ValueError, match=message):
        RobustRealNVP.load(path)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("range.scale_", np.array([1.0, 5e-324, 1.0]), "a scale is not above 0"),
        ("ranks.knots", np.ones((101, 3)), "the quantiles of a column do not increase"),
    ],
)
def test_a_forged_array_of_a_later_view_is_refused(tmp_path, name, array, message):
    path = tmp_path / "model"
    RobustRealNVP(**SMALL | {"n_estimators": 4}).fit(ROWS).save(path)
    forge(path, lambda content: None, {name: array})
    with pytest.raises(ValueError, match=message):
        RobustRealNVP.load(path)


def test_a_file_of_format_1_stays_one(tmp_path):
    with pytest.warns(UserWarning, match="was written by pyod-robustnvp"):
        again = RobustRealNVP.load(FIXTURE)
    again.save(tmp_path / "again")
    content, _ = persistence.parse((tmp_path / "again").read_bytes())
    assert content["format_version"] == 1
    rows = RNG.normal(size=(20, 3))
    twice = RobustRealNVP.load(tmp_path / "again")
    np.testing.assert_array_equal(twice.decision_function(rows), again.decision_function(rows))


def test_loading_runs_no_pickle_and_imports_nothing(path, monkeypatch):
    RobustRealNVP.load(path)
    forge(path, put("parameters", "device", "os.system"))
    forged = path.with_name("forged")
    forged.write_bytes(path.read_bytes())
    forge(forged, put("learned", "device_", "hpu"))
    before = set(sys.modules)
    monkeypatch.setattr(pickle, "Unpickler", None)
    monkeypatch.setattr(pickle, "loads", None)
    monkeypatch.setattr(torch, "load", None)
    assert RobustRealNVP.load(path).device == "os.system"
    with pytest.raises(ValueError, match="device_ is 'hpu', no device"):
        RobustRealNVP.load(forged)
    assert set(sys.modules) == before


def test_a_model_of_a_gpu_loads_without_one(path, fitted):
    if torch.cuda.is_available():
        pytest.skip("has a GPU")
    forge(path, put("learned", "device_", "cuda:0"))
    clf = RobustRealNVP.load(path)
    assert clf.density_.device == torch.device("cpu")
    np.testing.assert_array_equal(clf.decision_function(ROWS), fitted.decision_scores_)


@pytest.mark.parametrize(
    "parameters",
    [PAPER | {"epoch_num": 1}, SMALL | {"random_state": np.random.RandomState(0)}],
)
def test_what_json_cannot_hold_is_refused(parameters, path):
    former = path.read_bytes()
    clf = RobustRealNVP(**parameters).fit(ROWS)
    with pytest.raises(ValueError, match=r"(preprocessing|random_state)=.*use joblib\.dump"):
        clf.save(path)
    assert path.read_bytes() == former


@pytest.mark.parametrize("call", ["save", "load"])
def test_what_is_no_path_is_refused(call, fitted):
    with pytest.raises(TypeError, match="path must be a path or a binary file, got None"):
        getattr(fitted, call)(None)


def test_an_unfitted_model_is_not_saved(tmp_path):
    with pytest.raises(NotFittedError):
        RobustRealNVP().save(tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_fails_leaves_the_former_file(path, monkeypatch):
    former = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        RobustRealNVP(**SMALL | {"random_state": 1}).fit(ROWS).save(path)
    assert path.read_bytes() == former
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_folder_that_is_not_there_is_named(fitted, tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        fitted.save(tmp_path / "nowhere" / "model")


def test_parameters_that_were_changed_after_the_fit_are_refused(path):
    former = path.read_bytes()
    for change in ({"n_estimators": 5}, {"lr": -1.0}, {"preprocessing": False}):
        clf = RobustRealNVP(**SMALL).fit(ROWS).set_params(**change)
        with pytest.raises(ValueError, match=r"changed after the fit|lr must be"):
            clf.save(path)
    other = RobustRealNVP(**SMALL | {"preprocessing": MinMaxScaler()}).fit(ROWS)
    with pytest.raises(ValueError, match="preprocessing or principal_axes was changed"):
        other.set_params(preprocessing=True).save(path)
    assert path.read_bytes() == former


def test_what_a_subclass_learns_is_not_dropped_silently(path):
    clf = RobustRealNVP(**SMALL).fit(ROWS)
    clf.medians_ = np.median(ROWS, axis=0)
    with pytest.raises(ValueError, match=r"medians_ can't be saved.*use joblib\.dump"):
        clf.save(path)


def test_a_subclass_loads_its_own_files(tmp_path):
    class Sub(RobustRealNVP):
        pass

    Sub(**SMALL).fit(ROWS).save(tmp_path / "model")
    assert type(Sub.load(tmp_path / "model")) is Sub
    with pytest.raises(ValueError, match="it holds a 'Sub', whose own load loads it"):
        RobustRealNVP.load(tmp_path / "model")


def test_a_file_larger_than_memory_is_refused(path, monkeypatch):
    def read(_):
        raise MemoryError

    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(ValueError, match="can't be loaded: MemoryError"):
        RobustRealNVP.load(path)


@pytest.mark.parametrize("call", ["save", "load"])
def test_folders_and_null_characters_are_no_files(call, fitted, tmp_path):
    for folder in (tmp_path, "/", ""):
        with pytest.raises(IsADirectoryError, match=f"no model can be {call.rstrip('e')}.*folder"):
            getattr(fitted, call)(folder)
    with pytest.raises(ValueError, match=r"path must not hold null characters, got 'a\\x00b'"):
        getattr(fitted, call)("a\0b")


@pytest.mark.skipif(os.name != "posix", reason="needs modes and links")
def test_modes_and_links_stay_as_they_are(path, fitted):
    path.chmod(0o600)
    link = path.with_name("link")
    link.symlink_to(path)
    fitted.save(link)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_neither_waited_for_nor_replaced(fitted, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for call, verb in ((fitted.save, "saved"), (RobustRealNVP.load, "loaded")):
        with pytest.raises(ValueError, match=f"pipe can't be {verb}: it is no regular file"):
            call(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.reliability
def test_a_save_that_is_killed_leaves_a_whole_file(path, fitted, deaths, tried):
    tried(deaths)
    models = [fitted, RobustRealNVP(**SMALL | {"random_state": 1}).fit(ROWS)]
    known = [clf.decision_function(ROWS[:1])[0] for clf in models]
    for _ in range(deaths):
        child = os.fork()
        if child == 0:
            try:
                while True:
                    for clf in models:
                        clf.save(path)
            finally:
                os._exit(1)
        time.sleep(RNG.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        assert RobustRealNVP.load(path).decision_function(ROWS[:1])[0] in known


@pytest.mark.reliability
def test_no_training_value_is_in_a_file(tmp_path, tried):
    X = RNG.normal(size=(300, 4))
    clf = RobustRealNVP(**SMALL).fit(X)
    clf.save(tmp_path / "model")
    joblib.dump(clf, tmp_path / "pickle")
    for name in ("model", "pickle"):
        data = (tmp_path / name).read_bytes()
        assert clf.decision_scores_[0].tobytes() in data
        for value in X.ravel():
            tried()
            assert value.tobytes() not in data
            assert np.float32(value).tobytes() not in data


@pytest.mark.reliability
def test_no_training_row_is_in_a_file(tmp_path, tried):
    """Single values may be: that of a constant column, a midpoint that is a whole number.

    In a table of few whole numbers a row may be that of the midpoints: there are too many here.
    """
    X = np.random.default_rng(0).integers(0, 99, size=(200, 4)).astype(float)
    X[:, 3] = 4711.25
    clf = RobustRealNVP(**SMALL).fit(X)
    clf.save(tmp_path / "model")
    joblib.dump(clf, tmp_path / "pickle")
    for name in ("model", "pickle"):
        data = (tmp_path / name).read_bytes()
        assert X[0, 3:].tobytes() in data
        for row in X:
            tried()
            assert row.tobytes() not in data
            assert row.astype(np.float32).tobytes() not in data


WAYS = {
    "save": (lambda clf, path: clf.save(path), RobustRealNVP.load),
    "joblib": (joblib.dump, joblib.load),
    "pickle": (
        lambda clf, path: path.write_bytes(pickle.dumps(clf)),
        lambda path: pickle.loads(path.read_bytes()),
    ),
}


@pytest.mark.reliability
@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
@pytest.mark.parametrize("way", WAYS)
def test_a_model_of_a_gpu_loads_and_scores_without_one(way, tmp_path, tried):
    tried()
    write, read = WAYS[way]
    clf = RobustRealNVP(**SMALL).fit(ROWS)
    clf.density_.device = torch.device("cuda:1")
    write(clf, tmp_path / "model")
    again = read(tmp_path / "model")
    assert again.density_.device == torch.device("cpu")
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


@pytest.mark.reliability
@pytest.mark.parametrize("way", WAYS)
def test_every_tensor_is_brought_to_the_cpu_to_be_written(way, fitted, tmp_path, tried):
    """Tensors of another device stand in for a GPU's: torch's meta device has no way to the CPU."""
    tried()
    write, _ = WAYS[way]
    elsewhere = copy.copy(fitted)
    elsewhere.density_ = copy.copy(fitted.density_)
    elsewhere.density_.flows = copy.deepcopy(fitted.density_.flows).to("meta")
    assert pickle.dumps(elsewhere.density_.flows)  # It would be written as it is.
    with pytest.raises((NotImplementedError, ValueError), match="meta"):
        write(elsewhere, tmp_path / "model")
    held = vars(fitted) | fitted.density_.__getstate__()
    assert not any(isinstance(value, torch.Tensor | torch.nn.Module) for value in held.values())


def test_a_transformer_survives_joblib(tmp_path):
    clf = RobustRealNVP(**SMALL | {"preprocessing": MinMaxScaler()}).fit(ROWS)
    joblib.dump(clf, tmp_path / "model")
    again = joblib.load(tmp_path / "model")
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)


class Quick(RobustRealNVP):
    """A subclass that takes few parameters."""

    def __init__(self, contamination=0.1, random_state=None):
        super().__init__(contamination, epoch_num=2, n_estimators=2, random_state=random_state)


def test_a_subclass_may_take_fewer_parameters(tmp_path):
    clf = Quick(random_state=0).fit(ROWS)
    clf.save(tmp_path / "model")
    again = Quick.load(tmp_path / "model")
    assert again.get_params() == clf.get_params()
    np.testing.assert_array_equal(again.decision_function(ROWS), clf.decision_scores_)
    expected = RobustRealNVP(epoch_num=2, n_estimators=2, random_state=0).fit(ROWS)
    np.testing.assert_array_equal(clf.decision_scores_, expected.decision_scores_)


def test_a_loaded_density_knows_its_training(path, fitted):
    density = RobustRealNVP.load(path).density_
    assert density.n_steps == fitted.n_iter_
    assert density.loss_curve == fitted.loss_curve_


def test_a_pickle_from_before_0_2_0_says_to_fit_again():
    with pytest.raises(ValueError, match=r"pickled by pyod-robustnvp before 0.2.0.*fit it again"):
        pickle.loads(FIXTURE.with_name("before-0.2.0.pickle").read_bytes())


def test_a_pickle_of_0_2_0_gives_the_scores_that_it_gave_then():
    """Those were printed by the last commit before 0.3.0."""
    with pytest.warns(UserWarning, match=r"written by pyod-robustnvp before 0\.3\.0 and is"):
        clf = pickle.loads(FIXTURE.with_name("before-0.3.0.pickle").read_bytes())
    rows = np.linspace(-3, 3, 5)[:, None] * np.linspace(1, 2, 3)
    expected = [7.25096004, 3.52937613, 3.48580405, 4.21659004, 7.5177768]
    np.testing.assert_allclose(clf.decision_function(rows), expected, rtol=1e-5)
    assert clf.predict(rows).tolist() == [1, 0, 0, 1, 1]
    assert pickle.loads(pickle.dumps(clf)).predict(rows).tolist() == [1, 0, 0, 1, 1]


def test_another_version_of_the_writer_is_said_in_a_line(path):
    forge(path, lambda content: content["versions"].update({"pyod-robustnvp": "0.9.7"}))
    with pytest.warns(
        UserWarning, match=r"model\.safetensors was written by pyod-robustnvp 0\.9\.7 and is"
    ):
        RobustRealNVP.load(path)
    state = RobustRealNVP(**SMALL).fit(ROWS).__getstate__() | {"pyod-robustnvp": "0.9.7"}
    with pytest.warns(
        UserWarning, match=r"^the pickle was written by pyod-robustnvp 0\.9\.7 and is"
    ):
        RobustRealNVP().__setstate__(state)
