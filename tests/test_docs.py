"""The pages: their code runs, their links lead somewhere, the example names anomalies."""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pyod_robustnvp.diagnosis import MENDS, TABLES

ROOT = Path(__file__).parents[1]
DOCS, EXAMPLES = ROOT / "docs", ROOT / "examples"
MADE = {DOCS / name for name in ("_build", "examples", "api/made", "benchmarks/made")}
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in DOCS.rglob("*.md") if not MADE & set(page.parents)),
]


def code_of(page):
    """Return all Python of a page, which a reader may run from top to bottom."""
    blocks = re.findall(r"^( *)```python\n(.*?)^\1```$", page.read_text(), re.M | re.S)
    return "\n".join(dedent(code) for _, code in blocks)


def slugs(page):
    """Return what the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", list(filter(code_of, PAGES)), ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code_of(page), page.name, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_of_a_page_lead_somewhere(page):
    for link, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        if not link.startswith("http"):
            target = page.parent / link if link else page
            assert target.exists(), link
            assert not heading or heading in slugs(target), f"{link}#{heading}"


def test_the_page_of_messages_has_every_mend():
    text = (DOCS / "guide" / "tables.md").read_text()
    for kind in MENDS:
        assert kind.removeprefix("the ") in text or kind == "objects", kind
    for instead in TABLES.values():
        assert instead.split(",")[0] in text


def test_the_gallery_has_every_example():
    conf = (DOCS / "conf.py").read_text()
    for example in EXAMPLES.glob("*.py"):
        assert f'"{example.name}"' in conf


def test_the_first_example_names_anomalies(tmp_path):
    example = [sys.executable, EXAMPLES / "first_detection.py"]
    printed = subprocess.run(
        example, cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    line = r"^  row +\d+, score +[\d.]+: [a-z ]+ is [\d.e-]+, expected was "
    assert len(re.findall(line, printed, re.MULTILINE)) == 10
    found, flagged = re.search(r"never saw:\s+(\d+) of the first 10, (\d+) of", printed).groups()
    assert int(found) >= 4
    assert int(flagged) >= 8
    assert (tmp_path / "first_detection.png").exists()
