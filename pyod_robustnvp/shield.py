"""What a caller has set for its own work, put aside while the detector does its."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np
import torch
from sklearn import config_context

Given = ParamSpec("Given")
Result = TypeVar("Result")

#: numpy's own defaults.
ERRORS = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
#: Kinds of devices whose operations torch may be told to run in half precision.
AUTOCAST = ("cpu", "cuda")


@contextmanager
def modes_kept() -> Iterator[None]:
    """Leave torch's modes as they are, though an interrupt strikes where they are switched within.

    Examples
    --------
    >>> with modes_kept():
    ...     _ = torch.set_grad_enabled(False)
    >>> torch.is_grad_enabled()
    True
    """
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
        yield


@contextmanager
def settings_aside() -> Iterator[None]:
    """Work with the defaults of numpy, scikit-learn and torch.

    Examples
    --------
    >>> with np.errstate(all="raise"), settings_aside():
    ...     np.geterr()["under"]
    'ignore'
    """
    with ExitStack() as aside:
        aside.enter_context(np.errstate(**ERRORS))  # type: ignore[arg-type]
        aside.enter_context(
            config_context(
                assume_finite=False, array_api_dispatch=False, transform_output="default"
            )
        )
        for kind in filter(torch.is_autocast_enabled, AUTOCAST):
            aside.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            aside.enter_context(torch.device("cpu"))
        precision = torch.get_float32_matmul_precision()
        if precision != "highest":
            torch.set_float32_matmul_precision("highest")
            aside.callback(torch.set_float32_matmul_precision, precision)
        yield


def shielded(method: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a method that works with :func:`settings_aside`."""

    @wraps(method)
    def within(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with settings_aside():
            return method(*args, **kwargs)

    return within
