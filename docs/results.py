"""Pages of the benchmarks, made of what the commands printed into ``benchmarks/results``."""

from __future__ import annotations

import re
from pathlib import Path

#: Where the pages go, below the docs; git ignores it.
MADE = "benchmarks/made"
#: What each folder of results is about. The paper's are on one page, its report.
TITLES = {
    "choice": ("Halves of a suite of 141 real tables", "The default was chosen on one half."),
    "odds": ("The 16 ODDS sets", "All detectors, none told the contamination."),
    "odds-true-contamination": (
        "The 16 ODDS sets, true contamination told",
        "The same sets with detectors that know how many anomalies there are.",
    ),
    "sample": ("28 real tables", "What `python -m benchmarks` runs on any machine."),
    "clusters": ("Dense clusters of anomalies", "Made tables that are hard for every detector."),
    "ablation": ("What each choice of the default brings", "One part is switched off at a time."),
    "explanations": (
        "Explanations",
        "Rows whose wrong columns are known: which explainer names these columns?",
    ),
    "sensitivity": ("Another contamination, another seed", "What the user can't know."),
    "contamination": ("Estimates of the contamination", "By PyThresh, from the scores."),
    "speed": ("Speed", "Fits, scoring, single rows, busy machines, memory and imports."),
    "scale": ("Long and wide tables", "Measured with version 0.2.0."),
    "profile": ("Where the time goes", "Operations of a fit and of a scoring."),
    "reliability": ("Reliability", "The tests of the promises, with many more cases each."),
}
PAPER = re.compile(r"(table|figure)\d")
#: Where a link to a file of the repository leads in the docs.
PAGES = {
    r"benchmarks/results/([\w-]+)/tables\.md": rf"/{MADE}/\1.md",
    r"benchmarks/results/README\.md": "/benchmarks/report.md",
    r"examples/(\w+)\.py": r"/examples/\1.rst",
}


def write_pages(docs: Path) -> None:
    """Write a page for each folder of results, where it would change."""
    made = docs / MADE
    made.mkdir(parents=True, exist_ok=True)
    for folder in sorted((docs.parent / "benchmarks" / "results").glob("*/")):
        if not PAPER.fullmatch(folder.name):
            target, text = made / f"{folder.name}.md", page(folder)
            if not target.exists() or target.read_text() != text:
                target.write_text(text)


def page(folder: Path) -> str:
    """Return the page of a folder: what it is about, its tables, its pictures."""
    title, about = TITLES[folder.name]
    tables = (folder / "tables.md").read_text()
    if not tables.startswith("`python"):
        about += f" Printed by `python -m benchmarks {folder.name}`."
    pictures = [
        f"![{title}](/../benchmarks/results/{folder.name}/{picture.name})"
        for picture in sorted(folder.glob("*.png"))
    ]
    return "\n\n".join([f"# {title}", about, *pictures, tables])


def link_pages(source: list[str]) -> None:
    """Let links to results and examples in the repository lead to their pages in the docs."""
    for link, page in PAGES.items():
        source[0] = re.sub(rf"\]\((?:\.\./)+{link}\)", f"]({page})", source[0])
