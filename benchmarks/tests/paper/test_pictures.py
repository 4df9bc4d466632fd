"""What the pictures show of failures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from benchmarks.paper import figures56, pictures, published


class TestPictures:
    values = pd.Series([0.9, np.nan, 0.7], index=[0.1, 0.2, 0.3])
    spread = pd.Series([0.1, np.nan, 0.2], index=[0.1, 0.2, 0.3])

    @pytest.fixture
    def panel(self):
        figure, panel = plt.subplots()
        yield panel
        plt.close(figure)

    def test_a_failure_is_a_cross_and_no_value(self, panel):
        pictures._line(panel, "RealNVP", self.values, self.spread)
        drawn = {line.get_marker(): line for line in panel.get_lines()}
        np.testing.assert_array_equal(drawn["o"].get_ydata().astype(float), self.values)
        assert drawn["x"].get_xdata().tolist() == [0.2]

    def test_a_level_method_has_a_line_and_a_band(self, panel):
        pictures._level(panel, "RealNVP", self.values[:2], self.spread[:2])
        (line,), (band,) = panel.get_lines(), panel.patches
        assert list(line.get_ydata()) == [0.9, 0.9]
        assert band.get_bbox().y0 == pytest.approx(0.8)
        assert band.get_bbox().y1 == pytest.approx(1.0)

    def test_level_is_who_has_one_share(self):
        records = pd.DataFrame({"method": list("aabb"), "share": [0.1, 0.1, 0.1, 0.2]})
        assert figures56.level(records) == ["a"]

    def test_what_failed_is_named_below_the_ranks(self, tmp_path, monkeypatch):
        titles = []
        monkeypatch.setattr(pictures, "save", lambda f, _: titles.append(f.axes[0].get_title()))
        auc = published.table("table1_odds").assign(AE=np.nan)
        auc.loc["glass", "IF"] = np.nan
        pictures.critical_difference(auc, tmp_path)
        assert "over 15 of 16 sets" in titles[0]
        assert titles[0].endswith("failed: AE")

    def test_without_a_whole_set_there_are_no_ranks(self, tmp_path):
        auc = pd.DataFrame({"AE": [0.5, np.nan], "IF": [np.nan, 0.5]}, index=["one", "two"])
        with pytest.raises(SystemExit, match="no set without a failed fit"):
            pictures.critical_difference(auc, tmp_path)
