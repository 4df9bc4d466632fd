"""The experiments: each runs, prints what it found and leaves its files in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from tqdm import tqdm

from pyod_robustnvp import REAL_NVP, TRIM_REAL_NVP, RobustRealNVP

from . import pictures, tables
from .datasets import Dataset, bundled, find_data_dir, load_file, two_moons
from .protocol import Record, run_all

#: The paper's settings for two moons (unscaled rows, k = 1, eps = 0.05) on smaller networks.
MOONS = {
    "contamination": 0.05,
    "preprocessing": False,
    "principal_axes": False,
    "noise": 0.0,
    "epoch_num": 20,
    "n_estimators": 1,
    "lipschitz": 1.0,
    "trim_fraction": None,
}
MODELS = {"RealNVP": REAL_NVP, "TrimRealNVP": TRIM_REAL_NVP, "RobustRealNVP": {}}


def run_bundled(options: argparse.Namespace) -> None:
    """Compare the detectors on real sets that scikit-learn brings."""
    splits = [(dataset, seed) for seed in range(options.seeds) for dataset in bundled(seed)]
    records = _run(splits, options, stratify=True)
    _present(records, options.out)
    path = pictures.scores_and_curves([r for r in records if r.seed == 0], options.out)
    print(f"\n{path}: score distributions and ROC curves of the first seed")


def run_odds(options: argparse.Namespace) -> None:
    """Compare the detectors on files of ADBench or ODDS."""
    folder = find_data_dir(options.data_dir)
    datasets = [load_file(folder, name) for name in options.datasets]
    splits = [(dataset, seed) for dataset in datasets for seed in range(options.seeds)]
    _present(_run(splits, options), options.out)


def run_moons(options: argparse.Namespace) -> None:
    """Draw what each model of the paper learns of two moons with a cluster of anomalies."""
    rows, shown = [], {}
    for seed in tqdm(range(options.seeds), unit="seed"):
        train, fresh = two_moons(seed), two_moons(seed + 1000)
        for name, settings in MODELS.items():
            clf = RobustRealNVP(**{**MOONS, **settings}, random_state=seed).fit(train.X)
            rows.append((name, roc_auc_score(fresh.y, clf.decision_function(fresh.X))))
            shown.setdefault(name, clf)
    options.out.mkdir(parents=True, exist_ok=True)
    auc = pd.DataFrame(rows, columns=["model", "ROC-AUC"]).groupby("model", sort=False)["ROC-AUC"]
    table = auc.agg(["mean", "std", "min", "max"])
    table.to_csv(options.out / "auc.csv", float_format="%.4f")
    print(table.round(3).to_string())
    print(pictures.moons(two_moons(0), shown, table["mean"], options.out))


def _run(
    splits: list[tuple[Dataset, int]], options: argparse.Namespace, stratify: bool = False
) -> list[Record]:
    stream = run_all(splits, options.detectors, options.contamination, stratify)
    cells = len(splits) * len(options.detectors)
    with tqdm(stream, total=cells, unit="fit") as bar:
        records = []
        for record in bar:
            records.append(record)
            bar.set_postfix_str(f"{record.dataset.name}, {record.detector}")
    return records


def _present(records: list[Record], out: Path) -> None:
    """Print the tables and keep them, as text and as CSV."""
    text = "\n\n".join(
        [
            f"ROC-AUC, mean of {len(np.unique([r.seed for r in records]))} splits",
            tables.readable(records, "roc"),
            "Average precision",
            tables.readable(records, "ap"),
            "Seconds",
            tables.seconds(records),
            tables.failures(records),
        ]
    ).rstrip()
    tables.write_csv(records, out)
    (out / "tables.md").write_text(text + "\n")
    print(f"\n{text}\n\n{out}: the same as tables.md and CSV files")
