"""Options of the command line that several experiments have."""

from __future__ import annotations

from argparse import Action, ArgumentParser, ArgumentTypeError, HelpFormatter, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from .data import DATA_DIR_VARIABLE, ODDS
from .detectors import DETECTORS, USUAL, Maker, maker


def add_data_dir(parser: ArgumentParser) -> None:
    """Add the folder of the data files."""
    text = f"folder of the data files; else taken from {DATA_DIR_VARIABLE}"
    parser.add_argument("--data-dir", metavar="DIR", help=text)


def add_files(parser: ArgumentParser) -> None:
    """Add which data files are used, and where they are."""
    parser.add_argument(
        "--datasets", nargs="+", default=ODDS, metavar="NAME", action=Distinct, help="files to use"
    )
    add_data_dir(parser)


def add_rows(parser: ArgumentParser) -> None:
    """Add how many rows are trained on."""
    parser.add_argument("--rows", type=count, help="train on so many rows only")


def add_detectors(
    parser: ArgumentParser,
    registry: Mapping[str, Maker] = DETECTORS,
    default: tuple[str, ...] = USUAL,
) -> None:
    """Add which detectors are compared."""

    def known(text: str) -> str:
        try:
            maker(text, registry)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from error
        return text

    add = parser.add_argument
    text = f"of {', '.join(registry)}, or your own: module:Class, of PyOD's kind"
    add("--detectors", nargs="+", type=known, default=default, metavar="NAME", help=text)


def add_contamination(parser: ArgumentParser) -> None:
    """Add what the detectors are told."""
    told = "what the detectors are told; 'true' tells each set's own contamination"
    parser.add_argument("--contamination", type=contamination, default=0.1, help=told)


def add_seeds(parser: ArgumentParser, default: int) -> None:
    """Add how often an experiment is repeated."""
    times = "random splits, data draws or seeds of the model"
    parser.add_argument("--seeds", type=count, default=default, help=times)


def add_quick(parser: ArgumentParser) -> None:
    """Add small made tables instead of the experiment's own."""
    parser.add_argument("--quick", action="store_true", help="small made tables, for a look")


def add_fits(parser: ArgumentParser) -> None:
    """Add how fits are computed and kept."""
    add = parser.add_argument
    add("--n-jobs", type=count, default=1, help="fits at once; spoils the times")
    kept = "where each fit is kept, and found by the next run"
    add("--cache", type=folder, default=Path("results/cache"), metavar="DIR", help=kept)
    fresh = "compute fits anew whose records are of other code than the present"
    add("--fresh", action="store_true", help=fresh)


def add_out(parser: ArgumentParser, default: Path) -> None:
    """Add where the results go."""
    text = "folder of the results"
    parser.add_argument("--out", type=folder, default=default, metavar="DIR", help=text)


def check(parser: ArgumentParser, options: Namespace) -> None:
    """End with a message where options don't go together."""
    if getattr(options, "quick", False) and tuple(getattr(options, "datasets", ODDS)) != ODDS:
        parser.error("--quick makes tables of its own: leave out --datasets")


class WithDefaults(HelpFormatter):
    """Says the default of each option that has one."""

    def _get_help_string(self, action: Action) -> str | None:
        default = action.default
        words = " ".join(default) if isinstance(default, tuple) else default
        told = default not in (None, False) and action.option_strings and action.nargs != 0
        return f"{action.help} (default: {words})" if told else action.help


class Distinct(Action):
    """Takes values of which none is given twice."""

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: Sequence[str],
        option_string: str | None = None,
    ) -> None:
        """Set the option, or end with a message."""
        if len(set(values)) < len(values):
            parser.error(f"{option_string} has a value twice")
        setattr(namespace, self.dest, values)


def count(text: str) -> int:
    """Read an integer of at least 1."""
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is not an integer of at least 1")
    return int(text)


def contamination(text: str) -> float | None:
    """Read a contamination, None for the true one."""
    if text == "true":
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 0.5:
        raise ArgumentTypeError(f"{text} is neither 'true' nor in (0, 0.5]")
    return value


def folder(text: str) -> Path:
    """Read the path of a folder, which need not be there."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise ArgumentTypeError(f"{text} is no folder")
    return path
