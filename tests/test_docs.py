"""The pages: their code runs, their links lead somewhere, the example names anomalies."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyod_robustnvp.diagnosis import MENDS, TABLES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(page, tmp_path):
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text()):
        if not link.startswith("http"):
            assert (page.parent / link).exists(), link


def test_the_page_of_messages_has_every_mend():
    text = (ROOT / "docs" / "messages.md").read_text()
    for kind in MENDS:
        assert kind.removeprefix("the ") in text or kind == "objects", kind
    for instead in TABLES.values():
        assert instead.split(",")[0] in text


def test_the_first_example_names_anomalies():
    example = [sys.executable, ROOT / "examples" / "first_detection.py"]
    printed = subprocess.run(example, check=True, capture_output=True, text=True).stdout
    line = r"^  row +\d+, score +[\d.]+: [a-z ]+ is [\d.e-]+, expected was "
    assert len(re.findall(line, printed, re.MULTILINE)) == 10
    found, flagged = re.search(r"never saw: (\d+) of the first 10, (\d+) of", printed).groups()
    assert int(found) >= 4
    assert int(flagged) >= 8


def test_the_example_of_explanations_runs():
    pytest.importorskip("matplotlib")
    example = [sys.executable, ROOT / "examples" / "plot_why_this_row.py"]
    settings = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(example, check=True, capture_output=True, text=True, env=settings)
    assert len(re.findall(r"^row \d+, score [\d.]+$", done.stdout, re.MULTILINE)) == 10
    assert len(re.findall(r": expected [\d.e-]+, saw [\d.e-]+ \(\+", done.stdout)) > 20
