"""The suite by which the default is chosen on one half of its tables and confirmed on the other.

Three groups of tables count alike: ten ODDS sets, 60 tables of OddBench, and the families of two
wheels. In a group, families count alike, however many variants of their table there are.
"""

from __future__ import annotations

import hashlib
from argparse import ArgumentParser, Namespace

import pandas as pd
from scipy.stats import wilcoxon

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.data import CONFIRMATION, ODDS, Dataset, find_data_dir, load_file
from ..harness.detectors import OURS, maker
from ..harness.experiment import Experiment, fit, tell
from ..harness.families import families, family_of
from ..harness.protocol import Protocol
from . import splits

#: The ODDS sets that choices may look at.
TEN = tuple(name for name in ODDS if name not in CONFIRMATION)
SIXTY = tuple(f"t{number:02}" for number in range(1, 61))
HALVES = ("choice", "confirmation")


def half(family: str) -> str:
    """Return the half that a family of tables belongs to, by a hash of its name.

    Examples
    --------
    >>> half("yeast"), half("wine")
    ('confirmation', 'choice')
    """
    return HALVES[int(_hash(family), 16) % 2]


def group(dataset: str) -> str:
    """Return the group of a table, by its name.

    Examples
    --------
    >>> group("musk"), group("t07"), group("yeast/yeast1")
    ('ODDS', 'OddBench', 'families')
    """
    if "/" in dataset:
        return "families"
    return "OddBench" if dataset in SIXTY else "ODDS"


def suite(data_dir: str | None, part: str) -> list[Dataset]:
    """Return the tables of the suite, of a half or of both."""
    folder = find_data_dir(data_dir)
    files = [load_file(folder, name) for name in (*TEN, *SIXTY) if _in(name, part)]
    return files + [each for each in families() if _in(each.name, part)]


def first_of_families(data_dir: str | None, part: str, most: int) -> list[Dataset]:
    """Return the first table of some families of a half.

    Of each group there are so many at most, the first by the hashes of their names.
    """
    found = {family_of(each.name): each for each in reversed(suite(data_dir, part))}
    by_group: dict[str, list[Dataset]] = {}
    for family in sorted(found, key=_hash):
        by_group.setdefault(group(found[family].name), []).append(found[family])
    return [each for tables_of in by_group.values() for each in tables_of[:most]]


def _hash(family: str) -> str:
    return hashlib.sha256(family.encode()).hexdigest()


def _in(dataset: str, part: str) -> bool:
    return part in ("both", half(family_of(dataset)))


def add_arguments(parser: ArgumentParser) -> None:
    """Add the options."""
    given.add_data_dir(parser)
    text = "a default is chosen on one half; the other is looked at once it is final"
    parser.add_argument("--half", choices=("both", *HALVES), default="both", help=text)
    given.add_detectors(parser)
    given.add_contamination(parser)
    given.add_seeds(parser, 3)
    given.add_fits(parser)


def cells(options: Namespace) -> list[Cell]:
    """Return a cell for each split of each table and each detector."""
    tables_of = suite(options.data_dir, options.half)
    sets = [(dataset, seed) for seed in range(options.seeds) for dataset in tables_of]
    makers = {name: maker(name) for name in options.detectors}
    return splits.cells(sets, makers, Protocol(stratify=True), options.contamination)


def run(options: Namespace) -> None:
    """Present the groups of each half, then the wins and losses."""
    records = fit(cells(options), options)
    tables.write_csv(records, options.out)
    roc, ap = by_family(records, "roc"), by_family(records, "ap")
    parts = ["Each table", tables.readable(records)]
    for name in ("all", *HALVES):
        kept = [each for each in roc.index if name in ("all", each[0])]
        if kept:
            parts += [f"## {name}: {len(kept)} families", summary(roc.loc[kept], ap.loc[kept])]
            parts += ["Families won and lost, and Wilcoxon's p", duels(roc.loc[kept])]
    tell([*parts[2:], *parts[:2], "Seconds", tables.seconds(records)], records, options)


def by_family(records: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the mean of a measure over the variants of each family, a column a detector.

    The rows are labelled by half, group and family. A variant on which a detector failed does not
    count for it.
    """
    table = tables.frame(records, measure)
    table.index = pd.MultiIndex.from_tuples(
        [(half(family_of(name)), group(name), family_of(name)) for name in table.index],
        names=["half", "group", "family"],
    )
    return table.groupby(level=[0, 1, 2], sort=False).mean()


def summarized(records: pd.DataFrame) -> str:
    """Return the summary of records."""
    return summary(by_family(records, "roc"), by_family(records, "ap"))


def summary(roc: pd.DataFrame, ap: pd.DataFrame) -> str:
    """Return a Markdown table, a row a detector, the best mean ROC-AUC first."""
    by_group = roc.groupby("group", sort=False).mean().T
    columns = {f"ROC-AUC, {name}": column for name, column in by_group.items()}
    columns["ROC-AUC, mean of groups"] = by_group.mean(axis=1)
    columns["PR-AUC, mean of groups"] = ap.groupby("group").mean().mean()
    columns["average rank"] = tables.ranks(roc)
    found = pd.DataFrame(columns).sort_values("ROC-AUC, mean of groups", ascending=False)
    digits = ("", *[".3f"] * (len(columns) - 1), ".2f")
    return found.rename_axis("").to_markdown(floatfmt=digits)


def duels(roc: pd.DataFrame) -> str:
    """Return a Markdown table of how our detector fares against each other one."""
    rows = {}
    for name in roc.columns.drop(OURS, errors="ignore") if OURS in roc else []:
        both = roc[[OURS, name]].dropna()
        ahead = both[OURS] - both[name]
        p = wilcoxon(ahead).pvalue if ahead.any() else 1.0
        rows[name] = {"won": (ahead > 0).sum(), "lost": (ahead < 0).sum(), "p": p}
    return pd.DataFrame(rows).T.to_markdown(floatfmt=("", ".0f", ".0f", ".4f"))


CHOICE = Experiment(
    "choice",
    "Compare the detectors on the tables by which the default was chosen, and on those kept apart.",
    add_arguments,
    run,
    cells,
)
