"""Whether kept records are those of the present code: a few fits anew, compared to all digits."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from . import options as given
from .cells import DRAWN, Cell, compute
from .experiment import Experiment
from .records import NAMES, RESULTS, TABLE, Record, Records, texts_of

#: What differs between two runs of the same code.
TIMES = ("time", "time_fit", "time_score", "time_row")


def recheck_of(experiments: Iterable[Experiment]) -> Experiment:
    """Return the command that rechecks any of the experiments that consist of fits."""
    known = {each.name: each for each in experiments if each.cells}
    return Experiment(
        "recheck",
        "Compute the cheapest kept fit of each method of an experiment anew; where all "
        "numbers are equal to all digits, mark the records as being of the present code.",
        partial(add_arguments, known),
        partial(run, known),
        folder=RESULTS,
    )


def add_arguments(known: dict[str, Experiment], parser: ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("of", choices=known, metavar="EXPERIMENT", help=f"of {', '.join(known)}")
    given.add_data_dir(parser)


def run(known: dict[str, Experiment], options: Namespace) -> None:
    """Compare, mark what is equal, and end with a message where something differs."""
    experiment, folder = known[options.of], options.out / options.of
    kept = kept_cells(experiment, options, folder)
    checked = cheapest(kept)
    if not checked:
        raise SystemExit(f"{folder / TABLE} holds no fit of {options.of}")
    differing, equal = 0, set()
    for cell, record in checked:
        off, repeatable = compare(cell, record)
        said = "; ".join(off) if repeatable else "differs from fit to fit: says nothing"
        print(f"{', '.join(map(str, cell.title.values()))}: {said or 'equal'}", flush=True)
        differing += bool(off) and repeatable
        equal |= set() if off else {cell.code}
    if differing:
        raise SystemExit(f"{differing} of {len(checked)} fits differ: nothing is marked")
    mark(folder, [cell for cell, _ in kept if cell.code in equal])


def compare(cell: Cell, record: Record) -> tuple[list[str], bool]:
    """Return what differs between a record and a fit, and whether the fit can be repeated.

    PyOD's DeepSVDD can't on some tables, whatever the seeds.
    """
    measures = compute(cell)
    off = differences(record, measures)
    return off, not off or not differences(dict(measures), compute(cell))


def kept_cells(
    experiment: Experiment, options: Namespace, folder: Path
) -> list[tuple[Cell, Record]]:
    """Return the cells of an experiment, by its defaults, that a folder has records of."""
    parser = ArgumentParser()
    experiment.add_arguments(parser)
    defaults = parser.parse_args([])
    defaults.data_dir = options.data_dir
    records = Records(experiment.name, folder, [folder])
    found = [(cell, records.find(cell)) for cell in experiment.cells(defaults)]
    return [(cell, record) for cell, record in found if record]


def cheapest(kept: Iterable[tuple[Cell, Record]]) -> list[tuple[Cell, Record]]:
    """Return the quickest fit of each method on each kind of draws."""
    found: dict[tuple, tuple[Cell, Record]] = {}
    for cell, record in sorted(kept, key=lambda pair: pair[1]["time_fit"]):
        found.setdefault((cell.method, cell.modules), (cell, record))
    return list(found.values())


def differences(record: Record, measures: Mapping[str, Any]) -> list[str]:
    """Return what differs between a record and what was measured now, but for the time."""
    return [
        f"{name} was {record[name]!r}, is {value!r}"
        for name, value in measures.items()
        if name in record and name not in TIMES and not np.array_equal(record[name], value)
    ]


def mark(folder: Path, cells: Sequence[Cell]) -> None:
    """Write the hash of the present code beside the records of these cells.

    Records of fits that are only drawn get that of their method.
    """
    by_name = {tuple(map(str, (*cell.title.values(), cell.key))): cell.code for cell in cells}
    by_method = {cell.method: cell.code for cell in cells}
    table = texts_of(folder)
    for row, names in enumerate(table[list(NAMES)].itertuples(index=False, name=None)):
        of_method = by_method.get(names[1]) if names[0].endswith(DRAWN) else None
        if found := by_name.get(names, of_method):
            table.loc[row, "code"] = found
    table.to_csv(folder / TABLE, index=False)
    print(f"{folder / TABLE}: {len(by_name)} records are marked as of the present code")
