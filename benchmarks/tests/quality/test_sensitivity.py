"""Sensitivity to the assumed contamination and to the seed."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.quality import sensitivity


def test_sensitivity_needs_two_seeds(folder, command):
    with pytest.raises(SystemExit, match="at least 2"):
        command("sensitivity", "--data-dir", folder, "--datasets", "first", "--seeds", 1)


def test_sensitivity_tells_contaminations_and_seeds():
    made = {name: make(0.2, 9, 3) for name, make in sensitivity.makers(2).items()}
    assert [clf.contamination for clf in made.values()] == [0.1, 0.2, 0.4, 0.1, 0.2, 0.4, 0.1, 0.1]
    assert [clf.trim_fraction for clf in made.values()][2:4] == ["auto", None]
    assert [clf.random_state for clf in made.values()] == [9] * 6 + [0, 1]


def test_sensitivity_means_and_spread():
    methods = list(sensitivity.makers(2))
    rocs = [position / 10 for position in range(len(methods))]
    records = pd.DataFrame({"dataset": "one", "method": methods, "seed": 0, "roc": rocs})
    assert sensitivity.by_contamination(records).to_numpy().T.tolist() == [
        [0, 0.1, 0.2],
        [0.3, 0.4, 0.5],
    ]
    assert sensitivity.by_seed(records)["one"] == pytest.approx(np.std([0.6, 0.7], ddof=1))


def test_sensitivity_draws_and_writes(folder, command, short_fits, capsys):
    out = folder / "out"
    command("sensitivity", "--data-dir", folder, "--datasets", "first", "--seeds", 2,
            "--cache", folder, "--out", out)  # fmt: skip
    printed = capsys.readouterr().out
    assert "over 2 seeds of the model" in printed
    assert (out / "sensitivity.png").read_bytes().startswith(b"\x89PNG")
    assert pd.read_csv(out / "roc.csv").shape == (1, 4 + 6 + 2)
