r"""What is known of scikit-learn's transformers: their slopes, and whether they have an inverse.

By these, densities and samples come in the units of the table. A transformer that works column by
column carries a density p over to

.. math:: p_X(x) = p(f(x)) \prod_j f_j'(x_j).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from .scaling import Table


def log_slopes(transformer: Any, table: Table) -> Table:
    """Return the logarithm of each column's slope at each row, of the shape of the table.

    Parameters
    ----------
    transformer : fitted transformer
        Of a class in ``SLOPES``, MinMaxScaler without clipping and FunctionTransformer without a
        function, or a Pipeline of these.
    table : ndarray of shape (n_samples, n_features)

    Raises
    ------
    ValueError
        The slope of such a transformer is not known.

    Examples
    --------
    >>> scaler = MinMaxScaler().fit([[0.0, 0.0], [1.0, 10.0]])
    >>> np.exp(log_slopes(scaler, np.ones((1, 2)))).round(3)
    array([[1. , 0.1]])
    """
    if type(transformer) is Pipeline:
        return _of_pipeline(transformer, table)
    if not has_slope(transformer):
        raise ValueError(f"the slope of {transformer!r} is not known")
    return SLOPES[type(transformer)](transformer, table)


def slopeless(transformer: Any) -> Any:
    """Return the transformer, or the first step of a Pipeline, whose slope is not known.

    Examples
    --------
    >>> slopeless(MinMaxScaler(clip=True))
    MinMaxScaler(clip=True)
    """
    steps = [step for _, step in transformer.steps] if type(transformer) is Pipeline else []
    lacking = (step for step in steps if not _passes(step) and not has_slope(step))
    return next(lacking, transformer)


def has_slope(transformer: Any) -> bool:
    """Return whether the slopes of a transformer are known, fitted or not.

    Examples
    --------
    >>> has_slope(MinMaxScaler()), has_slope(MinMaxScaler(clip=True))
    (True, False)
    """
    if type(transformer) is Pipeline:
        return all(_passes(step) or has_slope(step) for _, step in transformer.steps)
    clips, function = getattr(transformer, "clip", False), getattr(transformer, "func", None)
    return type(transformer) in SLOPES and not clips and function is None


def inverse(transformer: Any, seen: Table) -> Table:
    """Return the rows that a transformer carries there, not a number where there is none.

    Raises
    ------
    ValueError
        The transformer, or a step of a Pipeline, has a function without an inverse.
    AttributeError, IndexError, TypeError
        As the transformer's ``inverse_transform`` has it.

    Examples
    --------
    >>> inverse(MinMaxScaler().fit([[0.0], [8.0]]), np.array([[0.5]])).tolist()
    [[4.0]]
    """
    steps = [step for _, step in transformer.steps] if type(transformer) is Pipeline else []
    for step in (transformer, *steps):
        if type(step) is FunctionTransformer and step.func and step.inverse_func is None:
            raise ValueError(f"{step!r} has no inverse_func")
    with quietly():
        return np.asarray(transformer.inverse_transform(seen), dtype=np.float64)


@contextmanager
def quietly() -> Iterator[None]:
    """Silence what scikit-learn says of rows that no user gave: they have no names, or no image."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def _passes(step: Any) -> bool:
    """Return whether a step of a pipeline is none."""
    return step is None or step == "passthrough"


def _of_pipeline(pipeline: Pipeline, table: Table) -> Table:
    total, rows = np.zeros_like(table), table
    for _, step in pipeline.steps:
        if not _passes(step):
            total += log_slopes(step, np.asarray(rows, dtype=np.float64))
            rows = step.transform(rows)
    return total


def _unchanged(function: Any, table: Table) -> Table:
    """Return the slopes of a function that is none."""
    return np.zeros_like(table)


def _divided(scaler: Any, table: Table) -> Table:
    """Return the slopes of a scaler that divides by its ``scale_``, if it has one."""
    scale = 1.0 if scaler.scale_ is None else scaler.scale_
    return np.broadcast_to(-np.log(scale), table.shape)


def _multiplied(scaler: Any, table: Table) -> Table:
    """Return the slopes of a scaler that multiplies by its ``scale_``."""
    return np.broadcast_to(np.log(scaler.scale_), table.shape)


def _powered(scaler: Any, table: Table) -> Table:
    r"""Return the slopes of a power transform (Yeo, Johnson 2000; Box, Cox 1964).

    By its definition :math:`(1 + |x|)^{\pm(\lambda - 1)}` and :math:`x^{\lambda - 1}`, over the
    standard deviation by which scikit-learn may divide afterwards.
    """
    exponent = scaler.lambdas_ - 1
    if scaler.method == "box-cox":
        log_power: Table = exponent * np.log(table)
        return log_power - _log_spread(scaler, 1.0, 2.0)
    log_power = np.sign(table) * exponent * np.log1p(np.abs(table))
    return log_power - _log_spread(scaler, 0.0, 1.0)


def _log_spread(scaler: Any, low: float, high: float) -> Table:
    """Return the log of what a power transform divides by, from two values whose images are known.

    Before the division the first is carried to 0 and the second to (2^lambda - 1) / lambda, which
    is log 2 where lambda is 0.
    """
    ends = np.repeat([[low], [high]], len(scaler.lambdas_), axis=1)
    with quietly():
        start, end = np.asarray(scaler.transform(ends))
    flat = scaler.lambdas_ == 0
    powers = np.where(flat, 1.0, scaler.lambdas_)
    image = np.where(flat, np.log(2), np.expm1(powers * np.log(2)) / powers)
    log_spread: Table = np.log(image / (end - start))
    return log_spread


SLOPES: dict[type, Callable[[Any, Table], Table]] = {
    FunctionTransformer: _unchanged,
    MinMaxScaler: _multiplied,
    MaxAbsScaler: _divided,
    RobustScaler: _divided,
    StandardScaler: _divided,
    PowerTransformer: _powered,
}
