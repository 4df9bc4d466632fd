"""Command line of the benchmarks: ``python -m benchmarks [NAME] [options]``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import download, experiments
from .datasets import DATA_DIR_VARIABLE, ODDS
from .detectors import DETECTORS, USUAL
from .paper import experiments as paper
from .paper import features, report


class Experiment(NamedTuple):
    """What a name runs, which options it reads besides --out, and its default of --seeds."""

    run: Callable[[argparse.Namespace], None]
    reads: str
    seeds: int = 3


PAPER = "seeds quick n_jobs records"

EXPERIMENTS = {
    "bundled": Experiment(experiments.run_bundled, "detectors contamination seeds n_jobs"),
    "odds": Experiment(
        experiments.run_odds, "detectors datasets data_dir rows contamination seeds n_jobs"
    ),
    "clusters": Experiment(
        experiments.run_clusters, "detectors contamination seeds n_jobs", seeds=5
    ),
    "ablation": Experiment(
        experiments.run_ablation, "datasets data_dir rows contamination seeds n_jobs"
    ),
    "sensitivity": Experiment(experiments.run_sensitivity, "datasets data_dir rows seeds n_jobs"),
    "contamination": Experiment(experiments.run_contamination, "datasets data_dir"),
    "speed": Experiment(experiments.run_speed, "datasets data_dir quick"),
    "scale": Experiment(experiments.run_scale, "quick"),
    "profile": Experiment(experiments.run_profile, "quick against"),
    "reliability": Experiment(experiments.run_reliability, "examples"),
    "table1": Experiment(paper.run_table1, f"datasets data_dir {PAPER}", seeds=5),
    "figure1": Experiment(paper.run_figure1, PAPER, seeds=5),
    "figure2": Experiment(paper.run_figure2, PAPER, seeds=5),
    "figure3": Experiment(paper.run_figure3, PAPER, seeds=5),
    "figure4": Experiment(paper.run_figure4, f"datasets data_dir {PAPER}", seeds=5),
    "table2": Experiment(paper.run_table2, f"data_dir {PAPER}", seeds=5),
    "figure5": Experiment(paper.run_figure5, f"data_dir {PAPER}", seeds=5),
    "figure6": Experiment(paper.run_figure6, f"data_dir {PAPER}", seeds=5),
    "cifar10-features": Experiment(features.run_cifar10_features, ""),
    "report": Experiment(report.run_report, ""),
    "download": Experiment(download.run_download, "data_dir"),
}


def main(arguments: list[str] | None = None) -> None:
    """Run the experiment that the command line names."""
    described = parser()
    options = described.parse_args(arguments)
    experiment = EXPERIMENTS[options.name]
    _check(described, options, experiment.reads)
    if options.seeds is None:
        options.seeds = experiment.seeds
    if options.out is None:
        options.out = Path("results") / ("" if options.name == "report" else options.name)
    experiment.run(options)


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace, reads: str) -> None:
    """End with a message where options don't go together."""
    for name, value in vars(options).items():
        unread = name not in ("name", "out", *reads.split())
        if unread and value != parser.get_default(name):
            parser.error(f"{options.name} does not read --{name.replace('_', '-')}")
    if options.quick and tuple(options.datasets) != ODDS:
        parser.error("--quick makes tables of its own: leave out --datasets")
    if len(set(options.datasets)) < len(options.datasets):
        parser.error("--datasets names a set twice")
    for name, path in (("out", options.out), ("records", options.records)):
        if path and path.exists() and not path.is_dir():
            parser.error(f"--{name} {path} is no folder")


def parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare anomaly detectors on contaminated tables.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    does = [f"{name}: {(each.run.__doc__ or '').strip()}" for name, each in EXPERIMENTS.items()]
    text = " ".join(does).replace("%", "%%")
    result.add_argument("name", nargs="?", default="bundled", choices=EXPERIMENTS, help=text)
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
    times = "random splits, data draws or seeds of the model; 3, and 5 for the paper's experiments"
    add("--seeds", type=_count, help=times)
    add(
        "--quick",
        action="store_true",
        help="small made tables; speed, scale, profile and the paper's experiments",
    )
    add("--examples", type=_count, default=5000, help="cases of each property; reliability")
    add("--n-jobs", type=_count, default=1, help="fits at once; spoils the times")
    records = "where the paper's experiments keep each fit, and find those of a former run"
    add("--records", type=Path, default=Path("results/records"), metavar="DIR", help=records)
    where = "folder of the results; results/NAME by default, results for report"
    add("--out", type=Path, help=where)


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
