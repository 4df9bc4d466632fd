r"""What is known of scikit-learn's transformers: their slopes, and whether they have an inverse.

By these, densities and samples come in the units of the table. A transformer that works column by
column carries a density p over to

.. math:: p_X(x) = p(f(x)) \prod_j f_j'(x_j).
"""

from __future__ import annotations

from collections.abc import Callable
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
        MinMaxScaler without clipping, StandardScaler, MaxAbsScaler, RobustScaler, PowerTransformer
        or a Pipeline of these.
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
    slopes = SLOPES.get(type(transformer))
    if slopes is None or getattr(transformer, "clip", False):
        raise ValueError(
            f"preprocessing={transformer!r} has no known slope, so that score_samples can't give a "
            "density per unit of X; use preprocessing=True, False, StandardScaler, RobustScaler, "
            "MaxAbsScaler, PowerTransformer or MinMaxScaler(clip=False), or decision_function, "
            "which needs none"
        )
    return slopes(transformer, table)


def has_inverse(transformer: Any) -> bool:
    """Return whether ``inverse_transform`` undoes ``transform``.

    Examples
    --------
    >>> has_inverse(MinMaxScaler()), has_inverse(FunctionTransformer(np.log))
    (True, False)
    """
    if type(transformer) is Pipeline:
        return all(has_inverse(step) for _, step in transformer.steps if not _passes(step))
    if type(transformer) is FunctionTransformer:
        return transformer.func is None or transformer.inverse_func is not None
    return hasattr(transformer, "inverse_transform")


def _passes(step: Any) -> bool:
    """Return whether a step of a pipeline is none."""
    return step is None or step == "passthrough"


def _of_pipeline(pipeline: Pipeline, table: Table) -> Table:
    total, rows = np.zeros_like(table), table
    for _, step in pipeline.steps:
        if not _passes(step):
            total += log_slopes(step, rows)
            rows = step.transform(rows)
    return total


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
    start, end = scaler.transform(ends)
    flat = scaler.lambdas_ == 0
    powers = np.where(flat, 1.0, scaler.lambdas_)
    image = np.where(flat, np.log(2), np.expm1(powers * np.log(2)) / powers)
    log_spread: Table = np.log(image / (end - start))
    return log_spread


SLOPES: dict[type, Callable[[Any, Table], Table]] = {
    MinMaxScaler: _multiplied,
    MaxAbsScaler: _divided,
    RobustScaler: _divided,
    StandardScaler: _divided,
    PowerTransformer: _powered,
}
