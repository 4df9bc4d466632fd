"""What all that learns has in common: pickles that are equal where what was learned is."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np


class Learned:
    """What was learned, as attributes: pickled, loaded and pickled again, it gives equal bytes.

    Caches and schedulers compare pickles, and a pickle tells objects that are equal from those that
    are the same.
    """

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take names and types that exist once in a process."""
        for name, value in state.items():
            if isinstance(value, np.ndarray) and not value.dtype.hasobject:
                value = value.view(np.dtype(value.dtype.str))
            vars(self)[sys.intern(name)] = value
