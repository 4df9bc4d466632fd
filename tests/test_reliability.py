"""What the pages and the requirements say of the tests and of the versions."""

import re
import tomllib
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
README = CONFTEST.parents[1] / "README.md"
PROMISES = CONFTEST.parents[1] / "docs" / "guide" / "promises.md"


def test_the_promises_name_tests_that_there_are():
    file, named = "", 0
    for path, name in re.findall(r"`(test_\w+\.py)?(?:::(\w+))?`", PROMISES.read_text()):
        file = path or file
        if file:
            source = CONFTEST.with_name(file).read_text()
            assert not name or f"def {name}(" in source
            named += 1
    assert named > 10


def test_the_lowest_versions_are_the_floors_of_the_ranges():
    project = tomllib.loads((README.parent / "pyproject.toml").read_text())["project"]
    used = [project["dependencies"], *project["optional-dependencies"].values()]
    floors = dict(line.split(">=") for lines in used for line in lines if ">=" in line)
    text = (README.parent / "constraints-lowest.txt").read_text()
    lowest = dict(line.split("==") for line in text.splitlines() if "==" in line)
    tools = {"build", "check-jsonschema", "mypy", "pre-commit", "ruff", "twine", "zizmor"}
    of_docs = {line.split(">=")[0] for line in project["optional-dependencies"]["docs"]}
    assert set(floors) - set(lowest) - of_docs <= {"torchvision"} | tools
    for name, version in lowest.items():
        assert version == floors[name] or version.startswith(f"{floors[name]}.")
