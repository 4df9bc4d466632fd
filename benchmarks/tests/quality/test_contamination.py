"""Estimates of the contamination from the scores."""

import pandas as pd

from benchmarks.quality import contamination


def test_contamination_shows_estimates_and_errors(folder, command, short_fits, capsys):
    out = folder / "out"
    command("contamination", "--data-dir", folder, "--datasets", "first", "second", "--out", out)
    table = pd.read_csv(out / "estimates.csv", index_col="Data")
    assert table["true share"].tolist() == [0.1, 0.1]
    assert table["CLF"].between(0, 0.5).all()
    assert contamination.errors(table)["0.1 for all"] == 0
    assert "Mean absolute error" in capsys.readouterr().out
