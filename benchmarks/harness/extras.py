"""Packages that only some experiments need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class MissingExtraError(ImportError):
    """A package is not installed that an experiment needs; it says which extra brings it."""


def extra(module: str, name: str = "paper") -> ModuleType:
    """Import a module of an extra.

    Raises
    ------
    MissingExtraError
        It is not installed: which extra brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = (error.name or module).partition(".")[0]
        raise MissingExtraError(
            f"this needs {package}: pip install 'pyod-robustnvp[{name}]'"
        ) from error
