"""The division of the time into operations, beside former versions."""

import pandas as pd
import pytest

from benchmarks.cost import profiles
from pyod_robustnvp import RobustRealNVP


def checkout(folder, code):
    package = folder / "pyod_robustnvp"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code)
    return folder


STUB = """
class RobustRealNVP:
    n_iter_ = 10

    def __init__(self, **parameters):
        assert parameters["n_estimators"] == 12

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
    assert versions["ours"]().get_params() == RobustRealNVP().get_params()
    with pytest.raises(SystemExit, match=r"missing holds no pyod_robustnvp: give the root"):
        profiles.load([tmp_path / "missing"])
    (tmp_path / "empty" / "pyod_robustnvp").mkdir(parents=True)
    with pytest.raises(SystemExit, match=r"empty holds no pyod_robustnvp: give the root"):
        profiles.load([tmp_path / "empty"])
    with pytest.raises(SystemExit, match=r"another version is called old: rename it"):
        profiles.load([folder, checkout(tmp_path / "other" / "old", STUB)])


def test_the_default_is_profiled():
    assert RobustRealNVP().get_params().items() >= profiles.SHAPE.items()


def test_ratios_are_those_to_the_first_and_to_the_one_before():
    seconds = {"a": 8.0, "b": 2.0, "ours": 1.0}
    versions = {name: {"fit": (taken, 4)} for name, taken in seconds.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profiles, "seconds_of", lambda run: run)
        table = profiles.totals(versions, "fit", profiles.QUICK)
    assert table["ms, median"].tolist() == [2000, 500, 250]
    assert table["/ the first"].tolist() == [1, 0.25, 0.125]
    assert table["/ the one before"].tolist()[1:] == [0.25, 0.5]


def test_profile_writes_its_tables(tmp_path, command, capsys):
    command("profile", "--quick", "--out", tmp_path)
    assert (tmp_path / "tables.md").read_text() in capsys.readouterr().out
    products = {"fit": 6 * (2 + 4), "scoring": 6 * 2 / 0.3}
    for phase, least in products.items():
        assert pd.read_csv(tmp_path / f"{phase}.csv")["ms, median"].gt(0).all()
        kinds = pd.read_csv(tmp_path / f"{phase}_operations.csv").set_index("kind")
        # Two layers on the way there, two products for each on the way back, the cap's on top.
        assert kinds.loc["matrix products", "ours, operations"] >= least
        parts, total = kinds["ours, ms"].drop("all"), kinds.loc["all", "ours, ms"]
        assert (parts >= 0).all()
        assert parts.sum() == pytest.approx(total, rel=1e-4)
