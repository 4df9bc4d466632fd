"""Figure 4: what the cap is worth, RobustRealNVP against TrimRealNVP on the 16 ODDS sets."""

from __future__ import annotations

from argparse import Namespace

from ..harness import tables
from ..harness.cells import Cell
from ..harness.detectors import OURS
from ..harness.experiment import Experiment, fit, tell
from . import compare, fits, odds, pictures, sets

OTHER = "TrimRealNVP"
WORDS = {"win": "wins", "tie": "ties", "loss": "losses", "failed": "failed"}


def cells(options: Namespace) -> list[Cell]:
    """Return the cells, which are some of table 1's."""
    if options.seeds < 2:
        raise SystemExit("--seeds must be at least 2: one seed has no spread to tell a tie by")
    sources = [odds.whole(dataset) for dataset in sets.of_odds(options, options.datasets)]
    return fits.grid(sources, (OURS, OTHER), options)


def run(options: Namespace) -> None:
    """Present the differences and who wins."""
    records = fit(cells(options), options)
    table = compare.paired(records, OURS, OTHER)
    numbers = {word: (table["outcome"] == name).sum() for name, word in WORDS.items()}
    said = ", ".join(f"{n} {word}" for word, n in numbers.items() if n or word != "failed")
    text = [
        *fits.notes(fits.FLOWS, options=options),
        f"ROC-AUC of {OURS} minus that of {OTHER}, the same splits and seeds",
        tables.brief(table),
        f"{said}; a tie is a mean difference within its standard deviation over the seeds. The "
        "paper: 8 wins, at least 4 ties.",
    ]
    tell(text, records, options)
    print(pictures.differences(table, options.out))


FIGURE4 = Experiment(
    "figure4",
    "Compare RobustRealNVP with TrimRealNVP on the 16 ODDS sets; the cells are table 1's.",
    fits.add_files,
    run,
    cells,
    lenders=("table1",),
)
