"""Cells that fit a detector to a draw and measure it on the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from inspect import signature
from typing import Any

from pyod.models.base import BaseDetector

from pyod_robustnvp import RobustRealNVP

from . import protocol
from .cells import Cell
from .protocol import Source, measure


def cell(
    source: Source,
    method: str,
    clf: BaseDetector,
    seed: int,
    labels: Mapping[str, Any] | None = None,
    keep_scores: bool = False,
) -> Cell:
    """Return the cell of a detector on a draw."""
    return Cell(
        source.name,
        method,
        seed,
        f"{source.made_of}; {described(clf)}",
        partial(measure, clf, source, seed, keep_scores),
        modules=(protocol.__name__, source.module, type(clf).__module__),
        weight=source.rows * (10.0 if isinstance(clf, RobustRealNVP) else 1.0),
        labels=labels or {},
    )


def described(clf: BaseDetector) -> str:
    """Return the class of a detector and its parameters that are not the defaults.

    The random state is left out: it is the seed of the cell.

    Examples
    --------
    >>> described(RobustRealNVP(random_state=3)), described(RobustRealNVP(lr=0.1))
    ('RobustRealNVP()', 'RobustRealNVP(lr=0.1)')
    """
    usual = {name: p.default for name, p in signature(type(clf).__init__).parameters.items()}
    said = [
        f"{name}={value!r}"
        for name, value in sorted(clf.get_params(deep=False).items())
        if name != "random_state" and repr(value) != repr(usual.get(name))
    ]
    return f"{type(clf).__name__}({', '.join(said)})"
