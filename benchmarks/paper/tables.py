"""Tables 1 and 2: the paper's nine methods on the 16 ODDS sets and on features of CIFAR10."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

import pandas as pd

from ..harness import options as given
from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import METHODS, NINE, OURS
from ..harness.experiment import Experiment, fit, tell
from . import cifar, compare, fits, odds, pictures, published, sets

FLOWS = (OURS, "RealNVP")
OTHERS = (
    "All methods get columns scaled to [0, 1] by the training rows, and the true share of "
    "anomalies. The others have PyOD's defaults, since the paper's are in an appendix that was not "
    "at hand, with two exceptions. OCSVM's gamma is scikit-learn's default, 'scale', with which "
    "the paper's numbers come out on ODDS, and not PyOD's, 'auto'. SO-GAAL's score is that of its "
    "paper, 1 - D(x); PyOD's is D(x), high for normal rows (its issue 119), and would have 1 minus "
    "each ROC-AUC."
)
GAMMA = "The last column is OCSVM with PyOD's gamma, 'auto'."


def add_table1(parser: ArgumentParser) -> None:
    """Add the options of table 1."""
    fits.add_files(parser)
    given.add_detectors(parser, METHODS, tuple(METHODS))


def table1_cells(options: Namespace) -> list[Cell]:
    """Return the cells of table 1."""
    compare.check_extras()
    sources = [odds.whole(dataset) for dataset in sets.of_odds(options, options.datasets)]
    return fits.grid(sources, options.detectors, options)


def run_table1(options: Namespace) -> None:
    """Present the methods on the ODDS sets beside the paper's numbers."""
    records = fit(table1_cells(options), options)
    notes = fits.notes(fits.FLOWS, OTHERS, GAMMA, options=options)
    _beside(records, published.table("table1_odds"), notes, options)


def table2_cells(options: Namespace) -> list[Cell]:
    """Return the cells of table 2."""
    compare.check_extras()
    return fits.grid(sets.classes(options, sets.features(options)), NINE, options)


def run_table2(options: Namespace) -> None:
    """Present the methods on the classes that there are beside the paper's numbers."""
    records = fit(table2_cells(options), options)
    said = fits.FLOWS, OTHERS, cifar.described(sets.features(options)), cifar.CLUSTERED
    notes = fits.notes(*said, options=options)
    _beside(records, published.table("table2_cifar10"), notes, options)


def _beside(
    records: pd.DataFrame, paper: pd.DataFrame, notes: list[str], options: Namespace
) -> None:
    """Present the ROC-AUC of all methods beside the paper's, and who is better than whom."""
    ours = tables.frame(records, "roc")
    nine = [method for method in NINE if method in ours]
    text = [
        *notes,
        "ROC-AUC, mean ± standard deviation over the seeds (minus the paper's mean)",
        compare.beside(records, paper).to_markdown(disable_numparse=True),
    ]
    if set(nine) == set(NINE):
        text += _against_the_paper(records, paper, ours)
    tell(text, records, options)
    if len(nine) > 2:
        print(pictures.critical_difference(ours[nine], options.out))


def _against_the_paper(records: pd.DataFrame, paper: pd.DataFrame, ours: pd.DataFrame) -> list[str]:
    """Return what is said where all of the paper's methods were run."""
    return [
        "Agreement with the paper",
        tables.brief(compare.agreement(records, paper)),
        f"Wilcoxon's signed-rank test of {OURS} against each other method, over the sets: "
        f"two-sided p-values, and corrected for their number; {len(ours)} sets allow none below "
        f"{compare.smallest_p(len(ours)):.2g}",
        tables.brief(compare.signed_rank(records, [m for m in NINE if m != OURS])),
        f"Sets where {' or '.join(FLOWS)} is farther than {compare.FAR} from the paper's number",
        tables.brief(compare.far_off(records, paper, list(FLOWS))),
    ]


TABLE1 = Experiment(
    "table1",
    "Run the paper's nine methods, and TrimRealNVP, on the 16 ODDS sets, told the true "
    "contamination.",
    add_table1,
    run_table1,
    table1_cells,
)
TABLE2 = Experiment(
    "table2",
    "Run the paper's nine methods on features of CIFAR10, or on those classes that there are.",
    fits.add_data_dir,
    run_table2,
    table2_cells,
)
