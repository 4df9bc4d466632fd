"""Where numbers come from: the code's hash, and the line on a run."""

from argparse import Namespace

import pandas as pd
import pytest

from benchmarks.harness import provenance
from benchmarks.harness.provenance import code, followed


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Return what edits a module, in a copy of all that stays."""
    real = provenance.path_of

    def edit(module, change):
        path = tmp_path / f"{module}.py"
        path.write_text(change(real(module).read_text()))
        monkeypatch.setattr(
            provenance, "path_of", lambda name: path if name == module else real(name)
        )
        code.cache_clear()
        provenance.tree_of.cache_clear()

    yield edit
    monkeypatch.undo()
    code.cache_clear()
    provenance.tree_of.cache_clear()


OURS, OTHERS = (
    ("benchmarks.harness.protocol", provenance.DETECTOR),
    ("benchmarks.harness.protocol",),
)


def coded(text):
    return f"{text}\nADDED = 1\n"


def commented(text):
    return text.replace('"""', '"""Said: ', 1) + "# Why.\n"


def annotated(text):
    assert "seed: int" in text
    return text.replace("seed: int", "seed: float")


@pytest.mark.parametrize(
    ("module", "change", "ours", "others"),
    [
        ("pyod_robustnvp.training", commented, False, False),
        ("pyod_robustnvp.training", coded, True, False),
        ("pyod_robustnvp.parameters", coded, True, False),
        ("pyod_robustnvp.detector", coded, True, False),
        ("pyod_robustnvp.persistence", coded, False, False),
        ("benchmarks.harness.protocol", coded, True, True),
        ("benchmarks.harness.protocol", annotated, False, False),
        ("benchmarks.harness.data", coded, True, True),
        ("benchmarks.harness.tables", coded, False, False),
    ],
)
def test_the_hash_is_that_of_the_code_that_decides(edited, module, change, ours, others):
    before = code(OURS), code(OTHERS)
    edited(module, change)
    assert (code(OURS) != before[0], code(OTHERS) != before[1]) == (ours, others)


def test_imports_are_followed_from_our_detector_to_its_core():
    found = followed(["benchmarks.quality.exchanged"])
    assert {provenance.DETECTOR, *provenance.CORE, "pyod_robustnvp.couplings"} <= found
    assert not {"pyod_robustnvp.persistence", "pyod_robustnvp.contamination"} & found
    assert followed(["benchmarks.harness.so_gaal"]) == {"benchmarks.harness.so_gaal"}


def options(**given):
    usual = {"detectors": ("A",), "datasets": ("a", "b"), "contamination": 0.1, "n_jobs": 1}
    return Namespace(**{"name": "odds", "seeds": 2, **usual, "defaults": usual, **given})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "python -m benchmarks odds --seeds 2"),
        ({"data_dir": "/secret", "n_jobs": 2}, "odds --seeds 2 --data-dir DIR --n-jobs 2"),
        ({"quick": True, "data_dir": None}, "odds --seeds 2 --quick"),
        ({"datasets": ["b"], "contamination": None}, "--datasets b --contamination true"),
        ({"n_jobs": 3}, "odds --seeds 2 --n-jobs 3"),
    ],
)
def test_the_command_is_said_without_folders(given, said):
    assert provenance.command(options(**given)).endswith(said)


def test_a_run_says_where_its_records_were_made_and_which_are_of_other_code():
    records = pd.DataFrame(
        {
            "made": ["2026-01-02", "2026-01-03"],
            "time_fit": [1800.0, 3600.0],
            "machine": ["64 cores", "2 cores"],
            "error": "",
            "code": ["a", "b"],
            "present code": "a",
        }
    )
    line = provenance.provenance(records, options())
    assert "2 fits, made 2026-01-02 to 2026-01-03, 1.50 hours" in line
    assert "one after another on 2 cores and 64 cores; " in line
    assert line.endswith("1 of 2 fits are of other code")
    assert "other code" not in provenance.provenance(records[:1], options())
