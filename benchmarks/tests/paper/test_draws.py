"""The draws of the tables and of figures 5 and 6, and their cells."""

from functools import partial

import numpy as np
import pytest

from benchmarks.harness import cells
from benchmarks.harness.data import Dataset
from benchmarks.harness.records import Records
from benchmarks.paper import figures56, fits, odds


class TestDraws:
    rng = np.random.default_rng(0)
    dataset = Dataset("set", rng.normal(size=(200, 3)), np.repeat([0, 1], [140, 60]))

    def test_rows_are_drawn_by_seed_and_scaled_to_the_unit_box(self):
        source = odds.whole(self.dataset)
        X = source.draw(0).X
        np.testing.assert_allclose([X.min(0), X.max(0)], [[0] * 3, [1] * 3], atol=1e-12)
        assert (source.draw(1).X == source.draw(1).X).all()
        assert (source.draw(1).y_new != source.draw(0).y_new).any()

    def test_the_rows_of_every_share_are_counted(self):
        family = partial(odds.thinned, self.dataset)
        table = figures56.training_rows([family], (0.1, 0.4))
        assert table.loc["set"].tolist() == [len(family(s).draw(0).X) for s in (0.1, 0.4)]

    @pytest.mark.parametrize("share", [0.1, 0.2, 0.4])
    def test_a_set_is_thinned_to_a_share(self, share):
        kept = odds.numbers_for(self.dataset.y, share)
        thin = odds.with_numbers(self.dataset, kept, seed=0)
        assert thin.y.mean() == pytest.approx(share, abs=0.005)
        assert kept[0] in (139, 140) or kept[1] == 60
        assert odds.thinned(self.dataset, share).contamination == share

    def test_what_a_method_is_told_is_part_of_its_cell(self):
        source = odds.whole(self.dataset)
        told = [fits.cell(source, "RobustRealNVP", 0, share) for share in (None, 0.2, 0.4)]
        assert len({cell.key for cell in told}) == 3
        assert "contamination=0.3" in fits.cell(source, "IF", 0).settings


def test_held_out_rows_of_one_kind_are_a_failure(tmp_path):
    y = np.zeros(80, dtype=int)
    y[:2] = 1
    dataset = Dataset("set", np.random.default_rng(0).normal(size=(80, 3)), y)
    wanted = [fits.cell(odds.whole(dataset), "LOF", seed) for seed in range(8)]
    errors = cells.run(wanted, Records("", tmp_path))["error"]
    assert errors.str.contains("all of one kind").any()
    assert (errors == "").any()
