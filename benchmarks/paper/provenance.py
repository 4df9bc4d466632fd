"""Where numbers come from: the command, the versions, the machine and the day."""

from __future__ import annotations

import argparse
from datetime import date
from importlib.metadata import version

from ..speed import machine

PACKAGES = ("pyod-robustnvp", "pyod", "torch", "scikit-learn", "numpy")


def provenance(options: argparse.Namespace) -> str:
    """Return a line on a run."""
    given = " --quick" if options.quick else " --data-dir DIR"
    return (
        f"`python -m benchmarks {options.name} --seeds {options.seeds}{given}`, "
        f"{date.today()}, {environment()}"
    )


def environment() -> str:
    """Return the versions of the packages and what the machine is."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{versions}; {machine()}"
