"""Try an installed package, in an environment that has nothing but what it asks for."""

from __future__ import annotations

import pickle
import sys
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

import pyod_robustnvp
from pyod_robustnvp import RobustRealNVP


def main() -> None:
    """Fit, score, save, load and pickle; end with an AssertionError where something is wrong."""
    expected = sys.argv[1]
    assert pyod_robustnvp.__version__ == version("pyod-robustnvp") == expected
    assert "site-packages" in pyod_robustnvp.__file__, pyod_robustnvp.__file__
    assert (files(pyod_robustnvp) / "py.typed").is_file()
    for name in ("pytest", "hypothesis", "tests", "benchmarks"):
        assert find_spec(name) is None, f"{name} must not come with the package"

    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(380, 4)), rng.normal(6, 0.3, size=(20, 4))])
    y = np.repeat([0, 1], [380, 20])
    clf = RobustRealNVP(contamination=0.05, random_state=0).fit(X)
    scores = clf.decision_function(X)
    assert np.isfinite(scores).all()
    assert roc_auc_score(y, scores) > 0.95
    assert clf.labels_.sum() == 20

    clf.save("model.safetensors")
    again = RobustRealNVP.load("model.safetensors")
    assert (again.decision_function(X) == scores).all()
    pickled = pickle.loads(pickle.dumps(clf))
    assert (pickled.decision_function(X) == scores).all()
    assert {path.name for path in Path().iterdir()} == {"model.safetensors"}
    print(f"pyod-robustnvp {expected} works, of Python {sys.version.split()[0]}")


if __name__ == "__main__":
    main()
