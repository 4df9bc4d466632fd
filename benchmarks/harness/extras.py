"""Packages that only some experiments need."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def extra(module: str, name: str = "paper") -> ModuleType:
    """Import a module of an extra.

    Raises
    ------
    ImportError
        It is not installed: which extra brings it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = (error.name or module).partition(".")[0]
        raise ImportError(f"this needs {package}: pip install 'pyod-robustnvp[{name}]'") from error
