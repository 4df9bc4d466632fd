"""Our numbers beside the paper's."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.harness.tables import frame, ranks
from benchmarks.paper import compare, figures56, published


class TestCompare:
    @staticmethod
    def records(**by_method):
        rows = [
            {"dataset": name, "method": method, "seed": seed, "roc": roc, "error": ""}
            for method, sets in by_method.items()
            for name, rocs in sets.items()
            for seed, roc in enumerate(rocs)
        ]
        return pd.DataFrame(rows)

    def test_numbers_beside_the_papers(self):
        records = self.records(
            RobustRealNVP={"vowels": [0.9, 1.0], "pima": [0.6, 0.6]},
            TrimRealNVP={"vowels": [0.8, 0.8], "pima": [0.7, 0.7]},
        )
        table = compare.beside(records, published.table("table1_odds"))
        assert table.loc["vowels", "RobustRealNVP"] == "0.950 ± 0.071 (-0.009)"
        assert table.loc["vowels", "TrimRealNVP"] == "0.800 ± 0.000"
        assert table.loc["mean"].tolist() == ["0.775", "0.750"]
        assert table.loc["the paper's mean"].tolist() == ["0.819", ""]

    def test_a_failed_method_is_no_number(self):
        records = self.records(RobustRealNVP={"vowels": [0.9, np.nan]}, IF={"vowels": [0.9, 0.9]})
        assert np.isnan(frame(records, "roc").loc["vowels", "RobustRealNVP"])
        table = compare.beside(records, published.table("table1_odds"))
        assert table.loc["vowels", "RobustRealNVP"] == "failed"

    def test_far_sets_are_named(self):
        records = self.records(RobustRealNVP={"vowels": [0.95], "pima": [0.6]})
        paper = published.table("table1_odds")
        assert compare.far_off(records, paper, ["RobustRealNVP"])["set"].tolist() == ["pima"]
        failed = records.assign(roc=[0.95, np.nan])
        assert compare.far_off(failed, paper, ["RobustRealNVP"])["ours"].tolist() == ["failed"]
        agreed = compare.agreement(records, paper).loc[0]
        assert agreed["sets"] == 2
        assert agreed["absolute difference of a set, mean"] == pytest.approx((0.009 + 0.078) / 2)

    def test_signed_rank(self):
        sets = {f"set{k}": [0.5 + 0.01 * k] for k in range(10)}
        records = self.records(RobustRealNVP=sets, IF={name: [0.5] for name in sets})
        row = compare.signed_rank(records, ["IF"]).loc[0]
        assert (row["wins"], row["losses"]) == (9, 0)
        assert row["p"] == row["p, Holm"] < 0.01

    def test_a_difference_within_its_spread_is_a_tie(self):
        records = self.records(
            A={"one": [0.9, 0.92], "two": [0.9, 0.7], "three": [0.5, 0.51]},
            B={"one": [0.8, 0.8], "two": [0.8, 0.8], "three": [0.6, 0.6]},
        )
        assert compare.paired(records, "A", "B")["outcome"].tolist() == ["win", "tie", "loss"]
        records.loc[0, "roc"] = np.nan
        assert compare.paired(records, "A", "B")["outcome"].tolist() == ["failed", "tie", "loss"]

    def test_a_failed_cell_of_figures_5_and_6_is_no_number(self):
        one = self.records(A={"one": [0.5, 0.7]}).assign(share=0.1)
        two = self.records(A={"one": [0.5, np.nan]}).assign(share=0.2)
        records = pd.concat([one, two])
        other = self.records(B={"one": [0.5, 0.7]}).assign(share=0.1)
        table = figures56.in_table(pd.concat([records, other])).set_index("method")
        assert table.loc["A", [0.1, 0.2]].tolist() == ["0.600 ± 0.141", "failed"]
        assert table.loc["B", [0.1, 0.2]].tolist() == ["0.600 ± 0.141", ""]


def test_the_papers_numbers_have_the_papers_order_and_mean():
    odds = published.table("table1_odds")
    assert odds.shape == (16, 9)
    assert published.table("table2_cifar10").shape == (20, 9)
    assert odds["RobustRealNVP"].mean() == pytest.approx(0.854, abs=5e-4)
    # The order of the ranks that the paper prints below its table 1. The ranks themselves add up to
    # 47.6 there, which no ranking of nine methods does.
    order = ranks(odds).sort_values().index.tolist()
    assert order[:5] == ["RobustRealNVP", "IF", "RealNVP", "OCSVM", "AE"]
    assert order[-2:] == ["SO-GAAL", "Deep-SVDD"]
