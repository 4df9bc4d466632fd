"""Which device to train and to score on."""

from __future__ import annotations

import warnings

import torch

from .threads import forked_from_gpu

#: What torch ends with where a device can't be used.
REFUSALS = (RuntimeError, TypeError, ValueError, AssertionError, ImportError)

FORKED = "this process was forked from one that had used the GPU, and can't use it"
SPAWN = "start processes by multiprocessing's 'spawn' or 'forkserver', or give device='cpu'"


def choose(requested: str | torch.device | None) -> torch.device:
    """Return the device that a user asked for; for None a GPU where there is one.

    Raises
    ------
    ValueError
        It can't be used here.

    Warns
    -----
    RuntimeWarning
        None was asked for, and a fork has lost the GPU.

    Examples
    --------
    >>> choose("cpu")
    device(type='cpu')
    """
    if requested is None:
        return _gpu_or_cpu()
    try:
        device = torch.device(requested)
        torch.zeros(1, dtype=torch.float64, device=device).item()
    except REFUSALS as error:
        reason, mend = str(error).splitlines()[0], "give None or 'cpu'"
        if forked_from_gpu():
            reason, mend = FORKED, SPAWN
        raise ValueError(f"device={requested!r} can't be used here: {reason}; {mend}") from error
    return device


def choose_again(requested: str | torch.device | None, used: str) -> torch.device:
    """Return the device for a model that comes from elsewhere: the CPU, where there is no other.

    Parameters
    ----------
    requested : str, torch.device or None
        What the user asked for before the fit.
    used : str
        The name of the device that the model was fitted on.
    """
    if forked_from_gpu() and used != "cpu":
        return choose(requested)
    for name in (used, used.partition(":")[0]):
        try:
            return choose(name)
        except ValueError:
            continue
    return torch.device("cpu")


def _gpu_or_cpu() -> torch.device:
    if forked_from_gpu():
        warnings.warn(f"{FORKED}: it works on the CPU; {SPAWN}", RuntimeWarning, stacklevel=2)
        return torch.device("cpu")
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
