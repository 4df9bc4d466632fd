"""What the files around the package say of it: versions, Pythons, commands and what is public."""

import re
import tomllib
from inspect import signature
from pathlib import Path

import pytest
import yaml

import pyod_robustnvp
from pyod_robustnvp import RobustRealNVP

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text())
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]


def commands(page, environment):
    """Return the commands of a page that run in an environment, as they are inside of it."""
    found = re.findall(rf"{re.escape(environment)}/bin/([^\n]*?)(?: && |$)", page, re.MULTILINE)
    return [command for command in found if command.startswith(("pip ", "python "))]


def runs(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_the_newest_version_is_the_same_everywhere():
    version, date = re.search(r"^## (\S+) - (\S+)$", CHANGELOG, re.MULTILINE).groups()
    assert version == pyod_robustnvp.__version__ == CITATION["version"]
    assert date == CITATION["date-released"]


def test_the_changelog_goes_from_new_to_old():
    headings = re.findall(r"^## (.*)$", CHANGELOG, re.MULTILINE)
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - (\d{4}-\d\d-\d\d)", line) for line in headings]
    versions = [tuple(map(int, match.groups()[:3])) for match in found]
    dates = [match[4] for match in found]
    assert versions == sorted(versions, reverse=True)
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("page", ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_a_page_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", (ROOT / page).read_text()):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_the_citation_is_that_of_the_readme():
    title = re.search(r"^  title += \{(.*)\},$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert CITATION["preferred-citation"]["title"] == title[1]
    assert CITATION["license"] == PYPROJECT["project"]["license"]
    assert PYPROJECT["project"]["urls"]["Paper"].endswith(CITATION["preferred-citation"]["doi"])


def test_the_pythons_that_are_promised_are_those_that_are_tested():
    starts = "Programming Language :: Python :: 3."
    classifiers = PYPROJECT["project"]["classifiers"]
    promised = ["3." + line.removeprefix(starts) for line in classifiers if line.startswith(starts)]
    assert promised == JOBS["tests"]["strategy"]["matrix"]["python"]
    assert PYPROJECT["project"]["requires-python"] == f">={promised[0]}"
    assert PYPROJECT["tool"]["ruff"]["target-version"] == "py" + promised[0].replace(".", "")


def test_the_workflow_runs_the_commands_of_the_pages():
    test_command = re.search(
        r"<!-- test command -->\n```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert runs("tests") == commands(test_command[1], ".venv")
    assert runs("lowest") == commands((ROOT / "CONTRIBUTING.md").read_text(), ".lowest")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_may_do_little(path):
    text = path.read_text()
    for used in re.findall(r"uses: (.*)$", text, re.MULTILINE):
        assert re.fullmatch(r"\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\S+\.yml # .*", used), used
    assert yaml.safe_load(text)["permissions"] in ({}, {"contents": "read"})
    assert "secrets" not in text


def test_hooks_have_the_tested_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if "==" in line)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    pins = [pin.split("==") for hook in hooks for pin in hook.get("additional_dependencies", [])]
    assert {"ruff", "check-jsonschema"} <= {name for name, _ in pins}
    for name, version in pins:
        assert tested.get(name, version) == version


def test_public_names_are_there_and_documented():
    for name in pyod_robustnvp.__all__:
        assert hasattr(pyod_robustnvp, name)
    methods = [name for name in dir(RobustRealNVP) if not name.startswith("_")]
    for name in methods:
        assert getattr(RobustRealNVP, name).__doc__, name


def test_presets_hold_parameters():
    parameters = set(signature(RobustRealNVP).parameters)
    for preset in (pyod_robustnvp.PAPER, pyod_robustnvp.REAL_NVP, pyod_robustnvp.TRIM_REAL_NVP):
        assert set(preset) <= parameters


def test_what_a_fit_leaves_ends_in_an_underscore_or_is_private(fitted):
    for name in vars(fitted).keys() - fitted.get_params().keys():
        assert name.startswith("_") or name.endswith("_"), name
