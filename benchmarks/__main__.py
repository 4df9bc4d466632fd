"""Command line of the benchmarks: ``python -m benchmarks [NAME] [options]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import download, experiments
from .datasets import DATA_DIR_VARIABLE, ODDS
from .detectors import DETECTORS, USUAL
from .paper import experiments as paper
from .paper import features, report

EXPERIMENTS = {
    "bundled": experiments.run_bundled,
    "odds": experiments.run_odds,
    "ablation": experiments.run_ablation,
    "sensitivity": experiments.run_sensitivity,
    "contamination": experiments.run_contamination,
    "speed": experiments.run_speed,
    "scale": experiments.run_scale,
    "profile": experiments.run_profile,
    "table1": paper.run_table1,
    "figure1": paper.run_figure1,
    "figure2": paper.run_figure2,
    "figure3": paper.run_figure3,
    "figure4": paper.run_figure4,
    "table2": paper.run_table2,
    "figure5": paper.run_figure5,
    "figure6": paper.run_figure6,
    "cifar10-features": features.run_cifar10_features,
    "report": report.run_report,
    "download": download.run_download,
}


def main(arguments: list[str] | None = None) -> None:
    """Run the experiment that the command line names."""
    options = parser().parse_args(arguments)
    if options.out is None:
        options.out = Path("results") / options.name
    EXPERIMENTS[options.name](options)


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare anomaly detectors on contaminated tables.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    does = [f"{name}: {(run.__doc__ or '').strip()}" for name, run in EXPERIMENTS.items()]
    result.add_argument(
        "name", nargs="?", default="bundled", choices=EXPERIMENTS, help=" ".join(does)
    )
    _add_what(result)
    _add_how(result)
    return result


def _add_what(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is compared."""
    add = parser.add_argument
    add("--detectors", nargs="+", choices=DETECTORS, default=USUAL, metavar="NAME")
    add("--datasets", nargs="+", default=ODDS, metavar="NAME", help="files to use")
    add("--data-dir", help=f"their folder; else taken from {DATA_DIR_VARIABLE}")
    add("--rows", type=_count, help="train on so many rows only; odds, ablation and sensitivity")
    told = "what the detectors are told; 'true' tells each set's own share, as sensitivity does"
    add("--contamination", type=_contamination, default=0.1, metavar="SHARE", help=told)
    former = "checkouts of former versions to profile beside ours, the oldest first"
    add("--against", type=Path, nargs="+", default=[], metavar="DIR", help=former)


def _add_how(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how often and how large, and where the results go."""
    add = parser.add_argument
    add("--seeds", type=_count, default=3, help="random splits, data draws or seeds of the model")
    add(
        "--quick",
        action="store_true",
        help="small made tables; speed, scale, profile and the paper's experiments",
    )
    add("--n-jobs", type=_count, default=1, help="fits at once; spoils the times")
    records = "where the paper's experiments keep each fit, and find those of a former run"
    add("--records", type=Path, default=Path("results/records"), metavar="DIR", help=records)
    add("--out", type=Path, help="folder of the results; results/NAME by default")


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def _contamination(text: str) -> float | None:
    if text == "true":
        return None
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 0.5:
        raise argparse.ArgumentTypeError(f"{text} is neither 'true' nor in (0, 0.5]")
    return share


if __name__ == "__main__":
    main()
