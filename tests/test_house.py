"""The house: what imports what, how long things are, and what is said of dependencies is true."""

import ast
import inspect
import re
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import pyod_robustnvp

PACKAGE = Path(pyod_robustnvp.__file__).parent
FILES = sorted(PACKAGE.glob("*.py"))
PROJECT = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]

#: What a distribution is imported as, where it is not its name.
IMPORTED_AS = {"scikit-learn": "sklearn"}


def parsed(path):
    return ast.parse(path.read_text())


def relative_imports(path):
    """Return the modules of the package that a file imports."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found |= set(names)
    return found


def foreign_imports(path):
    """Return the top-level packages that a file imports on being imported."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.partition(".")[0] for name in found} - set(sys.stdlib_module_names)


def functions(path):
    """Yield the name of each function of a file and how many lines its body has, docstring not."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            yield node.name, body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_imports_form_no_circle():
    graph = {path.stem: relative_imports(path) for path in FILES}
    assert list(TopologicalSorter(graph).static_order())


def test_contributing_shows_all_arrows():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text()
    arrows = re.findall(r"^([\w, ]+) -> ([\w, ]+)$", text, re.MULTILINE)
    shown = {
        (here, there)
        for left, right in arrows
        for here in left.split(", ")
        for there in right.split(", ")
    }
    graph = {path.stem: relative_imports(path) for path in FILES if path.stem != "__init__"}
    assert shown == {(here, there) for here, found in graph.items() for there in found}


def test_pyod_is_known_to_its_face_alone():
    assert {path.stem for path in FILES if "pyod" in foreign_imports(path)} == {"base"}


def test_files_and_functions_are_short():
    lengths = {path.name: len(path.read_text().splitlines()) for path in FILES}
    assert not {name: n for name, n in lengths.items() if n > 400}
    assert lengths["detector.py"] <= 350
    sizes = {(path.name, name): n for path in FILES for name, n in functions(path)}
    assert not {name: n for name, n in sizes.items() if n > 40}
    assert median(sizes.values()) <= 6


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    names = [re.match(r"[\w-]+", line).group() for line in PROJECT["dependencies"]]
    declared = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    imported = set().union(*map(foreign_imports, FILES)) - {"pyod_robustnvp"}
    assert imported - {"matplotlib", "pythresh"} == declared  # The extras plots and thresh.


def test_every_parameter_of_the_constructor_is_typed_and_documented():
    annotations = pyod_robustnvp.RobustRealNVP.__init__.__annotations__
    parameters = pyod_robustnvp.RobustRealNVP().get_params(deep=False)
    assert set(parameters) <= set(annotations)
    for name in parameters:
        assert f"\n{name} : " in inspect.getdoc(pyod_robustnvp.RobustRealNVP)
