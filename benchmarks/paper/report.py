"""One page with all tables and pictures of the paper's experiments."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from ..harness.experiment import Experiment
from ..harness.provenance import machine, versions

TITLES = {
    "table1": "Table 1: the 16 ODDS sets",
    "figure1": "Figure 1: two moons, clean",
    "figure2": "Figure 2: two moons, uniform anomalies",
    "figure3": "Figure 3: two moons, clustered anomalies",
    "figure4": "Figure 4: RobustRealNVP against TrimRealNVP",
    "table2": "Table 2: features of CIFAR10",
    "figure5": "Figure 5: the true share of anomalies",
    "figure6": "Figure 6: the assumed share of anomalies",
}
#: Written by hand on the results beside it: where they agree with the paper, and where not.
AGREEMENT = "agreement.md"


def run(options: argparse.Namespace) -> None:
    """Write the page, or say that there is nothing to write."""
    if not any((options.out / name / "tables.md").exists() for name in TITLES):
        raise SystemExit(f"--out {options.out} holds no results of {', '.join(TITLES)}: run one")
    path = options.out / "README.md"
    path.write_text(page(options.out))
    print(path)


def page(folder: Path) -> str:
    """Return the page as Markdown; an experiment that has not been run says so."""
    head = [
        "# The paper's tables and figures, run anew",
        f"Made by `python -m benchmarks report` on {date.today()}, from the folders beside this "
        f"page: {versions()}; {machine()}.",
    ]
    if (agreement := folder / AGREEMENT).exists():
        head.append(agreement.read_text().strip())
    return "\n\n".join([*head, *(_section(folder, name) for name in TITLES)]) + "\n"


def _section(folder: Path, name: str) -> str:
    tables = folder / name / "tables.md"
    if not tables.exists():
        return f"## {TITLES[name]}\n\nNot run: `python -m benchmarks {name}`."
    pictures = sorted((folder / name).glob("*.png"))
    shown = [f"![{TITLES[name]}]({name}/{picture.name})" for picture in pictures]
    return "\n\n".join([f"## {TITLES[name]}", *shown, tables.read_text().strip()])


REPORT = Experiment(
    "report",
    "Gather what the paper's experiments left below --out in one page, its README.md.",
    lambda parser: None,
    run,
    folder=Path("results"),
)
