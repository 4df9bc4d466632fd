"""The experiments: each runs, prints what it found and leaves its files in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from . import pictures, profiles, reliability, scale, sensitivity, speed, tables, thresholds
from .ablation import VARIANTS
from .datasets import Dataset, bundled, clustered, correlated, find_data_dir, load_file
from .detectors import DETECTORS
from .protocol import Maker, Protocol, Record, run_all

CLUSTERED_ROWS = 2500


def run_bundled(options: argparse.Namespace) -> None:
    """Compare the detectors on real sets that scikit-learn brings."""
    splits = [(dataset, seed) for seed in range(options.seeds) for dataset in bundled(seed)]
    protocol = Protocol(options.contamination, stratify=True)
    records = _run(splits, _chosen(options), protocol, options.n_jobs)
    _present(records, options.out)
    path = pictures.scores_and_curves([r for r in records if r.seed == 0], options.out)
    print(f"\n{path}: score distributions and ROC curves of the first seed")


def run_odds(options: argparse.Namespace) -> None:
    """Compare the detectors on files of ADBench or ODDS."""
    protocol = Protocol(options.contamination, rows=options.rows)
    splits = _splits(options, options.seeds)
    _present(_run(splits, _chosen(options), protocol, options.n_jobs), options.out)


def run_clusters(options: argparse.Namespace) -> None:
    """Compare the detectors on made tables with a dense cluster of anomalies."""
    splits = [
        (clustered(CLUSTERED_ROWS, d, seed, share), seed)
        for share in (0.05, 0.1, 0.2)
        for d in (3, 6, 12, 25)
        for seed in range(options.seeds)
    ]
    ours = {name: VARIANTS[name] for name in ("mixture of the flows", "product of the flows")}
    protocol = Protocol(options.contamination)
    _present(_run(splits, _chosen(options) | ours, protocol, options.n_jobs), options.out)


def run_ablation(options: argparse.Namespace) -> None:
    """Switch off each choice of the default, one at a time, on files of ADBench or ODDS."""
    protocol = Protocol(options.contamination, rows=options.rows)
    records = _run(_splits(options, options.seeds), VARIANTS, protocol, options.n_jobs)
    tables.write_csv(records, options.out)
    tables.tell([tables.summary(records), tables.failures(records)], options.out)


def run_sensitivity(options: argparse.Namespace) -> None:
    """Vary the assumed share and the seed of the model on one split of each file."""
    if options.seeds < 2:
        raise SystemExit("--seeds must be at least 2: one seed has no spread")
    makers = sensitivity.makers(options.seeds)
    records = _run(_splits(options, 1), makers, Protocol(rows=options.rows), options.n_jobs)
    tables.write_csv(records, options.out)
    shares, spread = sensitivity.by_share(records), sensitivity.by_seed(records)
    text = [
        "Mean ROC-AUC by the assumed share of anomalies and by what is trimmed",
        shares.to_markdown(floatfmt=".4f"),
        f"Standard deviation of the ROC-AUC over {options.seeds} seeds of the model, mean over "
        f"the sets: {spread.mean():.4f}, largest: {spread.max():.4f} ({spread.idxmax()})",
        tables.failures(records),
    ]
    tables.tell(text, options.out)
    print(pictures.sensitivity(shares, spread, options.out))


def run_contamination(options: argparse.Namespace) -> None:
    """Estimate the share of anomalies from the scores alone, on files of ADBench or ODDS."""
    table = thresholds.estimates([dataset for dataset, _ in _splits(options, 1)])
    means = {name: thresholds.errors(part) for name, part in tables.groups(table).items()}
    options.out.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.out / "estimates.csv", float_format="%.4f")
    text = [
        "Share of anomalies, estimated from the scores",
        table.to_markdown(floatfmt=".3f"),
        "Mean absolute error",
        pd.DataFrame(means).T.to_markdown(floatfmt=".3f"),
    ]
    tables.tell(text, options.out)


def run_speed(options: argparse.Namespace) -> None:
    """Time training, fits and scoring in turn with others, whole fits on shuttle."""
    effort = speed.QUICK if options.quick else speed.THOROUGH
    datasets = [correlated(300, 5, seed=0)] if options.quick else _datasets(options)
    shown = next((s for s in datasets if s.name == "shuttle"), datasets[-1])
    data = speed.of(shown)
    sets, steps = speed.by_set(datasets, effort), speed.steps(effort)
    fits, fitted = speed.fits(data, effort)
    found = {
        "steps": ("Training step; all flows of a shape take it together", steps),
        "products": ("Matrix products, default configuration", speed.rates(data, effort)),
        "fits": (f"Whole fit, {len(data.X)} rows of {shown.name}", fits),
        "scoring": ("Scored rows a second", speed.throughput(data, fitted, effort)),
        "sets": ("Our fit against the authors' 200 epochs, as computed from a step", sets),
        "memory": ("Peak memory of a fit and its scoring, MiB", speed.peaks(data, effort.weighed)),
    }
    _keep(found, [speed.machine(), speed.conditions(effort)], options.out)
    print(pictures.speed(steps, found["scoring"][1], options.out))


def run_scale(options: argparse.Namespace) -> None:
    """Measure seconds and private memory over rows and over columns."""
    sizes = scale.QUICK if options.quick else scale.FULL
    table = scale.run(sizes)
    found = {
        "scale": ("Seconds and private memory of a process", table),
        "growth": ("Our fit without its scores, with few rows and with many", scale.growth(sizes)),
        "exponents": ("Exponents of time", scale.exponents(table, sizes)),
    }
    _keep(found, [speed.machine(), scale.conditions(sizes)], options.out)
    print(pictures.scale(scale.curves(table, sizes), options.out))


def run_profile(options: argparse.Namespace) -> None:
    """Divide the time of a fit and of scoring into operations, beside former versions."""
    effort = profiles.QUICK if options.quick else profiles.THOROUGH
    versions = {
        name: profiles.runs(detector, effort)
        for name, detector in profiles.load(options.against).items()
    }
    found = {}
    for phase, title in (("fit", "Fit: ms a step"), ("scoring", "Scoring: ms a thousand rows")):
        found[phase] = (title, profiles.totals(versions, phase, effort))
        operations = profiles.divided(versions, phase, effort)
        found[f"{phase}_operations"] = (f"{title}, under the profiler", operations)
    _keep(found, [speed.machine(), profiles.conditions(effort)], options.out)


def run_reliability(options: argparse.Namespace) -> None:
    """Run the tests of the README's promises, with many cases, and time many callers."""
    tests = reliability.run_tests(options.examples)
    found = {
        "tests": (f"Tests, {options.examples} examples of each property", tests),
        "callers": ("Many callers of one model, seconds over those of one", reliability.callers()),
    }
    _keep(found, [speed.machine()], options.out)
    if tests["failures"].any():
        raise SystemExit("some promises are not kept")


def _chosen(options: argparse.Namespace) -> dict[str, Maker]:
    return {name: DETECTORS[name] for name in options.detectors}


def _splits(options: argparse.Namespace, seeds: int) -> list[tuple[Dataset, int]]:
    return [(dataset, seed) for dataset in _datasets(options) for seed in range(seeds)]


def _datasets(options: argparse.Namespace) -> list[Dataset]:
    folder = find_data_dir(options.data_dir)
    return [load_file(folder, name) for name in options.datasets]


def _run(
    splits: list[tuple[Dataset, int]], makers: dict[str, Maker], protocol: Protocol, n_jobs: int
) -> list[Record]:
    stream = run_all(splits, makers, protocol, n_jobs)
    records = []
    with tqdm(stream, total=len(splits) * len(makers), unit="fit") as bar:
        for record in bar:
            records.append(record)
            bar.set_postfix_str(f"{record.dataset.name}, {record.detector}")
    return records


def _present(records: list[Record], out: Path) -> None:
    """Print the tables and keep them, as text and as CSV."""
    splits = len(np.unique([r.seed for r in records]))
    tables.write_csv(records, out)
    text = [
        f"ROC-AUC, mean of {splits} splits",
        tables.readable(records, "roc"),
        f"PR-AUC (average precision), mean of {splits} splits",
        tables.readable(records, "ap"),
        "Seconds",
        tables.seconds(records),
        tables.failures(records),
    ]
    tables.tell(text, out)


def _keep(found: dict[str, tuple[str, pd.DataFrame]], notes: list[str], out: Path) -> None:
    """Print titled tables after some notes and keep them, as text and as CSV."""
    out.mkdir(parents=True, exist_ok=True)
    for name, (_, table) in found.items():
        table.to_csv(out / f"{name}.csv", index=False, float_format="%.6g")
    parts = [part for title, table in found.values() for part in (title, tables.brief(table))]
    tables.tell([*notes, *parts], out)
