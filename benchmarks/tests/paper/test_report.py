"""The page with all tables and pictures."""

import pytest

from benchmarks.paper import report


def test_report_of_nothing_is_an_error(tmp_path, command):
    with pytest.raises(SystemExit, match="holds no results of table1"):
        command("report", "--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_report_says_what_was_not_run(tmp_path, command):
    assert report.page(tmp_path).count("Not run: `python -m benchmarks") == len(report.TITLES)


def test_report_gathers_what_was_run(folder, command, capsys):
    (folder / "figure3").mkdir()
    (folder / "figure3" / "tables.md").write_text("numbers of figure 3\n")
    (folder / "figure3" / "moons.png").touch()
    command("report", "--out", folder)
    page = (folder / "README.md").read_text()
    assert capsys.readouterr().out.strip() == str(folder / "README.md")
    assert "numbers of figure 3" in page
    assert "(figure3/moons.png)" in page
    assert "agree" not in page
    (folder / "agreement.md").write_text("They agree.\n")
    assert "They agree." in report.page(folder)
