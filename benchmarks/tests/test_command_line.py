"""The command line: what it offers, what it refuses and what it says."""

import importlib
import sys

import pytest

import benchmarks
from benchmarks.__main__ import EXPERIMENTS, parser


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "0"], "0 is not an integer of at least 1"),
        (["--contamination", "0.7"], "0.7 is neither 'true' nor in (0, 0.5]"),
        (["--contamination", "some"], "some is neither 'true' nor"),
        (["--detectors", "Oracle"], "Oracle is no detector"),
        (["table1", "--detectors", "KNN"], "KNN is no detector"),
        (["something"], "invalid choice: 'something'"),
        (["sample", "--quick"], "unrecognized arguments: --quick"),
        (["table2", "--datasets", "glass"], "unrecognized arguments: --datasets"),
        (["table1", "--quick", "--datasets", "glass"], "leave out --datasets"),
        (["table1", "--datasets", "glass", "glass"], "--datasets has a value twice"),
        (["table1", "--cache", __file__], f"{__file__} is no folder"),
        (["--out", __file__], f"{__file__} is no folder"),
        (["recheck", "speed"], "invalid choice: 'speed'"),
    ],
)
def test_wrong_options_are_said(command, arguments, message, capsys):
    with pytest.raises(SystemExit):
        command(*arguments)
    assert message in capsys.readouterr().err


def test_help_describes_every_experiment(command, capsys):
    with pytest.raises(SystemExit, match="0"):
        command("--help")
    printed = " ".join(capsys.readouterr().out.split())
    for experiment in EXPERIMENTS:
        assert f"{experiment.name} {experiment.help}" in printed


@pytest.mark.parametrize(
    ("name", "has", "has_not"),
    [
        ("sample", {"--detectors", "--seeds", "--cache", "--fresh"}, {"--quick", "--data-dir"}),
        ("figure1", {"--quick", "--seeds", "--cache"}, {"--data-dir", "--detectors", "--rows"}),
        ("profile", {"--quick", "--against"}, {"--seeds", "--cache", "--n-jobs"}),
        ("reliability", {"--examples"}, {"--quick", "--cache"}),
    ],
)
def test_help_of_a_command_has_its_options_alone(command, capsys, name, has, has_not):
    with pytest.raises(SystemExit, match="0"):
        command(name, "--help")
    words = set(capsys.readouterr().out.replace("[", " ").replace("]", " ").split())
    assert has | {"--out"} <= words
    assert not has_not & words


def test_every_experiment_has_results_of_its_own():
    folders = [parser().parse_args([each.name]).out for each in EXPERIMENTS]
    assert len(set(folders)) == len(folders)


def test_missing_packages_are_named_with_their_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tabulate", None)
    with pytest.raises(ImportError, match=r"need tabulate: pip install 'pyod-robustnvp\[bench\]'"):
        importlib.reload(benchmarks)


def test_a_detector_of_ones_own_is_compared(command, capsys, tmp_path):
    command("table1", "--quick", "--seeds", 1, "--detectors", "IF", "pyod.models.sos:SOS",
            "--out", tmp_path / "out", "--cache", tmp_path)  # fmt: skip
    printed = capsys.readouterr().out
    assert "| pyod.models.sos:SOS" in printed
    assert "Wilcoxon" not in printed


def test_a_missing_extra_ends_in_a_sentence(command, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(SystemExit, match=r"^this needs pooch: pip install 'pyod-robustnvp\[paper"):
        command("download", "--data-dir", tmp_path)
