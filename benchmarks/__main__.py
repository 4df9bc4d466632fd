"""Command line of the benchmarks: ``python -m benchmarks [COMMAND] [options]``."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, _SubParsersAction

from .cost.profiles import PROFILE
from .cost.reliability import RELIABILITY
from .cost.scale import SCALE
from .cost.speed import SPEED
from .harness import options as given
from .harness.download import DOWNLOAD
from .harness.experiment import Experiment
from .harness.extras import MissingExtraError
from .harness.recheck import recheck_of
from .paper.features import CIFAR10_FEATURES
from .paper.figure4 import FIGURE4
from .paper.figures56 import FIGURE5, FIGURE6
from .paper.figures123 import FIGURE1, FIGURE2, FIGURE3
from .paper.report import REPORT
from .paper.tables import TABLE1, TABLE2
from .quality.ablation import ABLATION
from .quality.choice import CHOICE
from .quality.comparison import CLUSTERS, ODDS, SAMPLE
from .quality.contamination import CONTAMINATION
from .quality.explanations import EXPLANATIONS
from .quality.sensitivity import SENSITIVITY

#: All experiments; the first is run where none is named.
EXPERIMENTS = (
    SAMPLE, CHOICE, ODDS, CLUSTERS, ABLATION, SENSITIVITY, CONTAMINATION, EXPLANATIONS,
    SPEED, SCALE, PROFILE, RELIABILITY,
    TABLE1, FIGURE1, FIGURE2, FIGURE3, FIGURE4, TABLE2, FIGURE5, FIGURE6, REPORT,
    CIFAR10_FEATURES, DOWNLOAD,
)  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Run the experiment that the command line names."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        arguments = [EXPERIMENTS[0].name, *arguments]
    described = parser()
    options = described.parse_args(arguments)
    given.check(described, options)
    try:
        options.experiment.run(options)
    except MissingExtraError as error:
        raise SystemExit(str(error)) from error


def parser() -> ArgumentParser:
    """Describe the command line."""
    result = ArgumentParser(
        prog="python -m benchmarks",
        description="Compare anomaly detectors on contaminated tables.",
        epilog=f"Without a COMMAND, {EXPERIMENTS[0].name} is run. COMMAND --help has its options.",
    )
    commands = result.add_subparsers(dest="name", metavar="COMMAND", required=True)
    for experiment in (*EXPERIMENTS, recheck_of(EXPERIMENTS)):
        _add(commands, experiment)
    return result


def _add(commands: _SubParsersAction, experiment: Experiment) -> None:
    """Add a command and its options."""
    text = experiment.help.replace("%", "%%")
    command = commands.add_parser(
        experiment.name,
        help=text,
        description=text,
        formatter_class=given.WithDefaults,
    )
    experiment.add_arguments(command)
    given.add_out(command, experiment.out)
    defaults = {action.dest: action.default for action in command._actions}
    command.set_defaults(experiment=experiment, defaults=defaults)


if __name__ == "__main__":
    main()
