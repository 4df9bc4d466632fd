"""Where numbers come from: the code, the versions, the machine, the command and the day."""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

import pandas as pd
import torch

PACKAGES = ("pyod", "torch", "scikit-learn", "numpy")

#: Our detector, and the modules of its package that decide its numbers, with all they import.
DETECTOR = "pyod_robustnvp.detector"
CORE = ("pyod_robustnvp.parameters", "pyod_robustnvp.density")

#: What syntax trees have of types, which decide no number.
ANNOTATIONS = ("annotation", "returns", "type_params")

#: Options that decide no number, or that the command line begins with.
UNSAID = ("name", "seeds", "quick", "data_dir", "cache", "fresh", "out")


@cache
def versions() -> str:
    """Return the versions that results depend on, whichever build of them is installed."""
    return ", ".join(f"{name} {version(name).partition('+')[0]}" for name in PACKAGES)


def machine() -> str:
    """Return what the machine is."""
    return f"{os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}"


@cache
def code(modules: tuple[str, ...]) -> str:
    """Return a hash of modules and of all that they import, directly or not.

    Docstrings, comments, annotations and layout don't count, nor do modules of other packages:
    their versions say what they are. Where our detector is imported, what trains and scores counts.
    """
    digest = hashlib.sha256()
    for name in sorted(followed(name for name in modules if path_of(name))):
        digest.update(repr((name, shape(tree_of(name)))).encode())
    return digest.hexdigest()[:10]


def followed(modules: Iterable[str]) -> set[str]:
    """Return modules and those that they import, directly or not."""
    found, todo = set(), list(modules)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += CORE if name == DETECTOR else imported(name)
    return found


def imported(module: str) -> Iterator[str]:
    """Yield the modules of its package that a module imports, and our detector for all of it."""
    parent = module.rpartition(".")[0]
    for node in ast.walk(tree_of(module)):
        names = []
        if isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), parent)
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if _top(name) == _top(module) and path_of(name):
                yield name
            elif _top(name) == _top(DETECTOR) != _top(module):
                yield DETECTOR


def path_of(module: str) -> Path | None:
    """Return the file of a module of the benchmarks or of the package, None for any other."""
    if _top(module) not in (_top(__name__), _top(DETECTOR)):
        return None
    folder = Path(find_spec(_top(module)).origin).parents[1]
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _top(module: str) -> str:
    return module.partition(".")[0]


@cache
def tree_of(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(path_of(module).read_text())


def shape(node: Any) -> Any:
    r"""Return a syntax tree as nested tuples, without docstrings, annotations and positions.

    Examples
    --------
    >>> shape(ast.parse("x = 1  # one")) == shape(ast.parse("'''Say.'''\nx  =  1"))
    True
    """
    if isinstance(node, list):
        return [shape(part) for part in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
        fields["body"] = node.body[1:]
    counted = {name: value for name, value in fields.items() if name not in ANNOTATIONS}
    return type(node).__name__, *(
        (name, shape(value)) for name, value in counted.items() if value not in (None, [])
    )


def command(options: argparse.Namespace) -> str:
    """Return the command, without the folders of the machine that it ran on."""
    given = vars(options)
    words = ["python -m benchmarks", options.name, "--seeds", options.seeds]
    if given.get("quick"):
        words.append("--quick")
    elif "data_dir" in given:
        words.append("--data-dir DIR")
    for name, default in options.defaults.items():
        value = given.get(name, default)
        if name not in UNSAID and value != default:
            words.append(f"--{name.replace('_', '-')}")
            words += value if isinstance(value, list | tuple) else [value or "true"]
    return " ".join(map(str, words))


def provenance(records: pd.DataFrame, options: argparse.Namespace) -> str:
    """Return a line on a run: when its records were made, with what, and how long they took.

    Records that other code than the present made are counted.
    """
    made = records["made"].dropna()
    days = " to ".join(sorted({made.min(), made.max()}))
    hours = records["time_fit"].sum() / 3600
    machines = " and ".join(sorted(records["machine"].dropna().unique()))
    line = (
        f"`{command(options)}`: {len(records)} fits, made {days}, {hours:.2f} hours one after "
        f"another on {machines}; {versions()}"
    )
    good = records[records["error"] == ""]
    other = int((good["code"] != good["present code"]).sum())
    return line + (f"; {other} of {len(records)} fits are of other code" if other else "")
