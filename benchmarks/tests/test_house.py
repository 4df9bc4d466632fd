"""The house of the benchmarks: imports form no circle, and functions are short."""

import ast
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import benchmarks

ROOT = Path(benchmarks.__file__).parent
FILES = [path for path in sorted(ROOT.rglob("*.py")) if "tests" not in path.parts]


def name_of(path):
    """Return the name of a module."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, known):
    """Return the modules of the benchmarks that one imports, for types alone included."""
    found, name = set(), name_of(path)
    parent = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = resolve_name("." * node.level + (node.module or ""), parent)
            modules = {f"{base}.{alias.name}" for alias in node.names} & known
            found |= modules or {base}
    return found & known


def test_imports_form_no_circle():
    known = {name_of(path) for path in FILES}
    graph = {name_of(path): imported(path, known) for path in FILES}
    assert sum(map(len, graph.values())) > 50
    assert list(TopologicalSorter(graph).static_order())


def test_functions_are_short():
    sizes = {}
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                sizes[name_of(path), node.name] = length
    assert len(sizes) > 100
    assert not {name: n for name, n in sizes.items() if n > 40}
