"""Where numbers come from: the command, the versions, the machine and the day."""

from __future__ import annotations

import argparse
import os
from functools import cache
from importlib.metadata import version

import pandas as pd
import torch

from ..datasets import ODDS

PACKAGES = ("pyod-robustnvp", "pyod", "torch", "scikit-learn", "numpy")


@cache
def versions() -> str:
    """Return the versions that results depend on, whichever build of them is installed."""
    return ", ".join(f"{name} {version(name).partition('+')[0]}" for name in PACKAGES)


def machine() -> str:
    """Return what the machine is."""
    return f"{os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}"


def command(options: argparse.Namespace) -> str:
    """Return the command, without the folders of the machine that it ran on."""
    words = ["python -m benchmarks", options.name, "--seeds", options.seeds]
    if options.quick:
        words.append("--quick")
    elif options.name not in ("figure1", "figure2", "figure3"):
        words.append("--data-dir DIR")
    if tuple(options.datasets) != ODDS:
        words += ["--datasets", *options.datasets]
    if options.n_jobs > 1:
        words += ["--n-jobs", options.n_jobs]
    return " ".join(map(str, words))


def provenance(records: pd.DataFrame, options: argparse.Namespace) -> str:
    """Return a line on a run: when its records were made, with what, and how long they took."""
    made = records["made"].dropna()
    days = " to ".join(sorted({made.min(), made.max()}))
    hours = records["seconds"].sum() / 3600
    machines = " and ".join(sorted(records["machine"].dropna().unique()))
    return (
        f"`{command(options)}`: {len(records)} fits, made {days}, {hours:.2f} hours one after "
        f"another on {machines}; {versions()}"
    )
