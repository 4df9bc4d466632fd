"""Checks of the detector's parameters: each error names the parameter, the value and the mend."""

from __future__ import annotations

import itertools
import math
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch

#: Weights of a layer of a coupling, of all flows: all that training holds of them are 60 GB.
MOST_WEIGHTS = 10**8

#: Far enough above the least that float32 holds, so that nothing is divided by 0.
SMALLEST_CAP = 1e-30

#: What an error about a table holds, and what to do about it.
MENDS = {
    "contains NaN": "fill gaps or drop their rows first, with sklearn.impute.SimpleImputer say",
    "contains infinity": "clip or drop infinite values first",
    "could not convert": "encode it as numbers first, with sklearn.preprocessing.OneHotEncoder say",
    "bytes/strings": "encode it as numbers first, with sklearn.preprocessing.OneHotEncoder say",
    "to float": "give numbers that float64 holds",
    "float()": "give numbers",
    "could not be promoted": "give numbers",
    "inhomogeneous": "give every row as many numbers",
    "Complex data": "give real numbers, X.real say",
}


def mended(message: str) -> str:
    """Return an error of scikit-learn or numpy about X with what to do about it.

    Examples
    --------
    >>> mended("Input X contains infinity.")
    'Input X contains infinity: clip or drop infinite values first'
    """
    for part, mend in MENDS.items():
        if part in message:
            text = "X holds text or objects: " * ("encode" in mend) + message.splitlines()[0]
            return f"{text.rstrip('.')}: {mend}"
    return message


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
                "give the share of outliers you expect, 0.1 if you have no idea"
            )
        return float(value)
    if isinstance(value, type) or not (hasattr(value, "fit") and hasattr(value, "predict")):
        raise ValueError(
            "contamination must be a number in (0, 0.5] or a PyThresh object, "
            f"got {value!r}; give 0.1 if you have no idea"
        )
    return None


def check_trim_fraction(value: Any, contamination: float | None, least: float) -> float:
    """Return the share eps that training leaves out, ``least`` and up for 'auto'.

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


def check_device(value: Any) -> torch.device:
    """Return the device to work on, a GPU for None where there is one."""
    if value is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(value)
        torch.zeros(1, dtype=torch.float64, device=device).item()
    except (RuntimeError, TypeError, ValueError, AssertionError, ImportError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"device={value!r} can't be used here: {reason}; give None or 'cpu'"
        ) from error
    return device


def device_or_cpu(name: str) -> torch.device:
    """Return a device by name where it can be used, else another of its kind, else the CPU."""
    for candidate in (name, name.partition(":")[0]):
        try:
            return check_device(candidate)
        except ValueError:
            continue
    return torch.device("cpu")


def check_size(members: int, widths: tuple[int, ...]) -> None:
    """Refuse networks that no memory holds.

    Examples
    --------
    >>> check_size(10**6, (100, 100))
    Traceback (most recent call last):
    ValueError: n_estimators=1000000 flows of hidden_neuron_list=(100, 100) have a layer of more \
than 10^8 weights; give fewer or narrower ones
    """
    pairs = itertools.pairwise((1, *widths, 1))
    if members * max(n * m for n, m in pairs) > MOST_WEIGHTS:
        raise ValueError(
            f"n_estimators={members} flows of hidden_neuron_list={widths} have a layer of more "
            "than 10^8 weights; give fewer or narrower ones"
        )


def check_option(name: str, value: Any, options: tuple) -> Any:
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
