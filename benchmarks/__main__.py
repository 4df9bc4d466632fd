"""Command line of the benchmarks: ``python -m benchmarks [NAME] [options]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import experiments
from .datasets import DATA_DIR_VARIABLE, ODDS
from .detectors import DETECTORS, USUAL

EXPERIMENTS = {
    "bundled": experiments.run_bundled,
    "odds": experiments.run_odds,
    "ablation": experiments.run_ablation,
    "sensitivity": experiments.run_sensitivity,
    "contamination": experiments.run_contamination,
    "moons": experiments.run_moons,
    "speed": experiments.run_speed,
    "scale": experiments.run_scale,
    "profile": experiments.run_profile,
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
    result.add_argument(
        "name",
        nargs="?",
        default="bundled",
        choices=EXPERIMENTS,
        help="bundled: sets that come with scikit-learn; odds: files in a data folder; "
        "ablation: the default with one choice switched off at a time, on the same files; "
        "sensitivity: the default at other assumed shares and seeds, on the same files; "
        "contamination: estimates of the share of anomalies from the scores; "
        "moons: the paper's models on two moons with a cluster of anomalies; "
        "speed: seconds and memory against the authors' procedure, other flows and detectors; "
        "scale: seconds and memory by rows and columns; "
        "profile: which operations the time goes to",
    )
    result.add_argument(
        "--seeds", type=_count, default=3, help="random splits, data draws or seeds of the model"
    )
    result.add_argument("--detectors", nargs="+", choices=DETECTORS, default=USUAL, metavar="NAME")
    result.add_argument(
        "--contamination",
        type=_contamination,
        default=0.1,
        metavar="SHARE",
        help="what the detectors are told; 'true' tells each set's own share, as sensitivity does",
    )
    result.add_argument("--datasets", nargs="+", default=ODDS, metavar="NAME", help="files to use")
    result.add_argument("--data-dir", help=f"their folder; else taken from {DATA_DIR_VARIABLE}")
    result.add_argument(
        "--rows", type=_count, help="train on so many rows only; odds, ablation and sensitivity"
    )
    result.add_argument(
        "--quick", action="store_true", help="small sizes on made tables; speed, scale and profile"
    )
    result.add_argument(
        "--against",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR",
        help="checkouts of former versions to profile beside ours, the oldest first",
    )
    result.add_argument("--n-jobs", type=_count, default=1, help="fits at once; spoils the times")
    result.add_argument("--out", type=Path, help="folder of the results; results/NAME by default")
    return result


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
