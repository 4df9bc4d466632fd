"""The detector's parameters, checked: each error names the parameter, its value and the mend."""

from __future__ import annotations

import itertools
import math
import warnings
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from numbers import Integral, Real
from typing import Any

import numpy as np

from .axes import PrincipalAxes
from .box import Box
from .columns import RawColumns, ScaledColumns, TransformedColumns
from .edges import ColumnBox
from .pooling import PowerMean, StandardizedMean
from .ranges import RangedColumns
from .ranks import RankedColumns
from .settings import Settings
from .training import kept_rows
from .units import has_slope
from .views import View

#: Columns that each of several flows reads at most.
MOST_READ = 512

#: What training leaves out by default, at least.
LEAST_TRIM = 0.35

#: Weights of a layer of a coupling, of all flows: all that training holds of them are 60 GB.
MOST_WEIGHTS = 10**8

#: Parameters, and what settings call them.
FIELDS = {
    "n_estimators": "n_flows",
    "hidden_neuron_list": "hidden",
    "batch_size": "batch_size",
    "epoch_num": "epochs",
    "lr": "lr",
    "lipschitz": "caps",
    "noise": "noise",
    "trim_fraction": "trim",
}

#: Far enough above the least that float32 holds, so that nothing is divided by 0.
SMALLEST_CAP = 1e-30


def resolve(detector: Any) -> Settings:
    """Check a detector's parameters and return the settings of its density.

    Parameters
    ----------
    detector : RobustRealNVP
        Its attributes of the constructor's names are read. ``random_state`` and ``device`` are
        checked where they are used.

    Raises
    ------
    ValueError
        A value can't be used: which parameter it is of, and what to give instead.

    Examples
    --------
    >>> from pyod_robustnvp import RobustRealNVP
    >>> resolve(RobustRealNVP(contamination=0.4)).trim
    0.4
    """
    hidden = check_widths(detector.hidden_neuron_list)
    n_flows = check_integer("n_estimators", detector.n_estimators)
    check_size(n_flows, hidden)
    contamination = check_contamination(detector.contamination)
    epochs = detector.epoch_num
    views = check_views(detector.preprocessing, detector.principal_axes, n_flows)
    several = len(views) > 1
    return Settings(
        verbose=check_option("verbose", detector.verbose, (0, 1, 2)),
        views=views,
        box=ColumnBox() if several else Box(),
        pooling=StandardizedMean() if several else PowerMean(),
        n_flows=n_flows,
        hidden=hidden,
        most_read=MOST_READ if several else None,
        batch_size=check_integer("batch_size", detector.batch_size),
        epochs=epochs if epochs is None else check_integer("epoch_num", epochs),
        lr=check_positive("lr", detector.lr),
        trim=check_trim_fraction(detector.trim_fraction, contamination, LEAST_TRIM),
        caps=check_caps(detector.lipschitz),
        noise=check_noise(detector.noise),
        device=detector.device,
    )


def warn_of_no_trimming(settings: Settings, trim_fraction: object, n: int) -> None:
    """Warn where a contamination is so small that training leaves out no row of a batch.

    Warns
    -----
    UserWarning
        ``trim_fraction`` follows a contamination that leaves out no row of a batch of n rows.
    """
    batch_size = min(settings.batch_size, n)
    if trim_fraction is None and kept_rows(batch_size, settings.trim, 2, 1) == batch_size:
        warnings.warn(
            f"trim_fraction=None follows contamination={settings.trim:g}, which leaves no row out "
            f"of a batch of {batch_size}, so that the model learns the anomalies too; "
            "give trim_fraction 'auto' or a number, 0 if this is meant",
            UserWarning,
            stacklevel=5,
        )


def warn_of_other_trimming(left_out: float, would_be: float) -> None:
    """Warn where a model left out another fraction of each batch than its parameters say now.

    Warns
    -----
    UserWarning
    """
    if left_out != would_be:
        warnings.warn(
            f"training left {left_out:.0%} of each batch out, which stays; with this contamination "
            f"a fit would leave {would_be:.0%} out: fit again for that",
            UserWarning,
            stacklevel=4,
        )


def refuse_changes(detector: Any, fitted: Settings) -> None:
    """Refuse parameters of a fitted detector that are no longer those of the fit.

    The contamination may be another, and with it what a fit would leave out.

    Raises
    ------
    ValueError
    """
    now = resolve(detector)
    for name, field in FIELDS.items():
        follows = name == "trim_fraction" and not _is_number(detector.trim_fraction)
        given, had = getattr(now, field), getattr(fitted, field)
        if given != had and not follows:
            raise ValueError(
                f"{name}={getattr(detector, name)!r} was changed after the fit, which had {had!r}: "
                "set it back, or fit again"
            )
    kinds = {type(view) for view in now.views}
    if not {type(view) for view in fitted.views} <= kinds:
        raise ValueError(
            "preprocessing or principal_axes was changed after the fit: set it back, or fit again"
        )


def warn_of_other_threshold(detector: Any) -> None:
    """Warn where the threshold of a fitted detector is not that of its contamination.

    Warns
    -----
    UserWarning
    """
    contamination, scores = check_contamination(detector.contamination), detector.decision_scores_
    try:
        held = float(detector.threshold_)
    except (TypeError, ValueError):
        return
    if contamination is None:
        return
    threshold = np.quantile(scores, 1 - contamination)
    if not math.isclose(threshold, held, rel_tol=1e-9, abs_tol=1e-12):
        warnings.warn(
            f"threshold_={held:g} is not that of contamination={contamination:g}, "
            f"{threshold:g}; both are kept, and the threshold decides: "
            f"set_contamination({contamination:g}) moves it",
            UserWarning,
            stacklevel=4,
        )


@cache
def own_version() -> str:
    """Return the version of this package."""
    return version("pyod-robustnvp")


def warn_of_other_version(what: str, written_by: str) -> None:
    """Warn, in one line, where another version of the package wrote a model.

    Warns
    -----
    UserWarning
    """
    if written_by != own_version():
        warnings.warn(
            f"{what} was written by pyod-robustnvp {written_by} and is read by {own_version()}",
            UserWarning,
            stacklevel=5,
        )


def check_views(preprocessing: object, principal_axes: object, n_flows: int) -> tuple[View, ...]:
    """Return the views of the rows: the columns in three scales or in the user's, and their axes.

    Where there are fewer flows than views, the last views are left out.
    """
    columns = _check_preprocessing(preprocessing)
    axes = check_option("principal_axes", principal_axes, (True, False))
    others = (RangedColumns(), RankedColumns()) if isinstance(columns, ScaledColumns) else ()
    return (columns, *((PrincipalAxes(),) if axes else ()), *others)[:n_flows]


def of_format_1(settings: Settings) -> Settings:
    """Return the settings of a density whose file is of format 1: one or two views, one unit."""
    former = (ScaledColumns, RawColumns, PrincipalAxes)
    views = tuple(view for view in settings.views if isinstance(view, former))
    return replace(settings, views=views, box=Box(), pooling=PowerMean(), most_read=None)


def _check_preprocessing(value: Any) -> View:
    if isinstance(value, bool | np.bool_):
        return ScaledColumns() if value else RawColumns()
    if isinstance(value, type) or not hasattr(value, "transform"):
        raise ValueError(
            f"preprocessing must be True, False or a scikit-learn transformer, got {value!r}"
        )
    return TransformedColumns(value) if has_slope(value) else RawColumns()


def stands_in_front(preprocessing: Any) -> bool:
    """Return whether what a user gave makes the table, so that no view can."""
    return not isinstance(preprocessing, bool | np.bool_) and not has_slope(preprocessing)


def check_integer(name: str, value: Any, low: int = 1) -> int:
    """Return an integer parameter that is at least ``low``.

    Examples
    --------
    >>> check_integer("batch_size", 0)
    Traceback (most recent call last):
    ValueError: batch_size must be an integer of at least 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < low:
        raise ValueError(f"{name} must be an integer of at least {low}, got {value!r}")
    return int(value)


def check_positive(name: str, value: Any) -> float:
    """Return a real parameter that is positive and finite.

    Examples
    --------
    >>> check_positive("lr", -1.0)
    Traceback (most recent call last):
    ValueError: lr must be a positive, finite number, got -1.0
    """
    if not _is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"{name} must be a positive, finite number, got {value!r}")
    return float(value)


def check_noise(value: Any) -> float:
    """Return the standard deviation of the noise, 0 for none.

    Beyond a million, of scaled rows, float32 could not square and sum what the flows make of it.
    """
    if not _is_number(value) or not 0 <= value <= 1e6:
        raise ValueError(f"noise must be a number from 0 to a million, got {value!r}")
    return float(value)


def check_contamination(value: Any) -> float | None:
    """Return the contamination as a number, or None where a PyThresh object stands for it."""
    if _is_number(value):
        if not 0 < value <= 0.5:
            raise ValueError(
                f"contamination must be in (0, 0.5], got {value!r}; "
                "give the contamination that you expect, 0.1 if you don't know it"
            )
        return float(value)
    if isinstance(value, type) or not (hasattr(value, "fit") and hasattr(value, "predict")):
        raise ValueError(
            "contamination must be a number in (0, 0.5] or a PyThresh object, "
            f"got {value!r}; give 0.1 if you don't know it"
        )
    return None


def check_trim_fraction(value: Any, contamination: float | None, least: float) -> float:
    """Return the fraction that training leaves out of a batch, ``least`` and up for 'auto'.

    Examples
    --------
    >>> check_trim_fraction("auto", 0.1, least=0.35), check_trim_fraction(None, 0.1, least=0.35)
    (0.35, 0.1)
    """
    if _is_number(value) and 0 <= value < 1:
        return float(value)
    if value is not None and not (isinstance(value, str) and value == "auto"):
        raise ValueError(f"trim_fraction must be 'auto', None or in [0, 1), got {value!r}")
    if value is not None:
        return max(contamination or 0.0, least)
    if contamination is None:
        raise ValueError(
            "trim_fraction=None follows a contamination that is a number, but a PyThresh "
            "object carries none; give trim_fraction a number or 'auto'"
        )
    return contamination


def check_caps(value: Any) -> tuple[float, ...] | None:
    """Return the caps that the flows take in turns, None for no cap.

    Examples
    --------
    >>> check_caps(1.5), check_caps((0.5, 1.5))
    ((1.5,), (0.5, 1.5))
    """
    if value is None:
        return None
    caps = (value,) if _is_number(value) else value
    numbers = _is_sequence(caps) and all(map(_is_number, caps))
    if not numbers or not len(caps) or not all(SMALLEST_CAP <= cap < math.inf for cap in caps):
        raise ValueError(
            f"lipschitz must be a finite number of at least {SMALLEST_CAP}, a sequence of such "
            f"numbers or None, got {value!r}"
        )
    return tuple(float(cap) for cap in caps)


def check_widths(value: Any) -> tuple[int, ...]:
    """Return the widths of the hidden layers."""
    if not _is_sequence(value):
        raise ValueError(
            f"hidden_neuron_list must be a sequence of integers such as (64, 64), got {value!r}"
        )
    return tuple(check_integer("every entry of hidden_neuron_list", width) for width in value)


def check_size(n_flows: int, widths: tuple[int, ...]) -> None:
    """Refuse networks that no memory holds.

    Examples
    --------
    >>> check_size(10**6, (100, 100))
    Traceback (most recent call last):
    ValueError: n_estimators=1000000 flows of hidden_neuron_list=(100, 100) have a layer of more \
than 10^8 weights; give fewer or narrower ones
    """
    pairs = itertools.pairwise((1, *widths, 1))
    if n_flows * max(n * m for n, m in pairs) > MOST_WEIGHTS:
        raise ValueError(
            f"n_estimators={n_flows} flows of hidden_neuron_list={widths} have a layer of more "
            "than 10^8 weights; give fewer or narrower ones"
        )


def check_option(name: str, value: Any, options: tuple[Any, ...]) -> Any:
    """Return a parameter that must be one of a few values."""
    if not isinstance(value, Integral | np.bool_ | str) or value not in options:
        raise ValueError(f"{name} must be one of {options}, got {value!r}")
    return value


def _is_number(value: Any) -> bool:
    """Tell numbers that a float holds, or rounds."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _is_sequence(value: Any) -> bool:
    """Tell what gives the same entries each time."""
    return isinstance(value, tuple | list | range) or (
        isinstance(value, np.ndarray) and value.ndim == 1
    )
