"""The paper's tables and figures as experiments of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

import pandas as pd

from .. import tables
from . import cells, cifar, compare, fits, methods, moons, pictures, published, sets, shares
from .compare import OURS
from .methods import METHODS, NINE
from .provenance import provenance


def run_table1(options: argparse.Namespace) -> None:
    """Run the paper's nine methods, and TrimRealNVP, on the 16 ODDS sets, told the true rate."""
    sources = [fits.odds(dataset) for dataset in sets.odds(options, options.datasets)]
    compare.check_extras()
    records = _run(_grid(sources, METHODS, options), options)
    notes = _notes(methods.FLOWS, methods.OTHERS, methods.GAMMA, options=options)
    _beside(records, published.table("table1_odds"), notes, options)


def run_table2(options: argparse.Namespace) -> None:
    """Run the paper's nine methods on features of CIFAR10, or on those classes that there are."""
    compare.check_extras()
    features = sets.features(options)
    records = _run(_grid(sets.classes(options, features), NINE, options), options)
    said = methods.FLOWS, methods.OTHERS, cifar.described(features), cifar.CLUSTERED
    notes = _notes(*said, options=options)
    _beside(records, published.table("table2_cifar10"), notes, options)


def run_figure1(options: argparse.Namespace) -> None:
    """Show what RealNVP, TrimRealNVP and RobustRealNVP learn of two clean moons."""
    _moons(options)


def run_figure2(options: argparse.Namespace) -> None:
    """Show what they learn of two moons with 5 % uniform anomalies."""
    _moons(options)


def run_figure3(options: argparse.Namespace) -> None:
    """Show what they learn of two moons with 5 % clustered anomalies."""
    _moons(options)


def run_figure4(options: argparse.Namespace) -> None:
    """Compare RobustRealNVP with TrimRealNVP on the 16 ODDS sets; the cells are table 1's."""
    if options.seeds < 2:
        raise SystemExit("--seeds must be at least 2: one seed has no spread to tell a tie by")
    sources = [fits.odds(dataset) for dataset in sets.odds(options, options.datasets)]
    records = _run(_grid(sources, (OURS, "TrimRealNVP"), options), options)
    table = compare.paired(records, OURS, "TrimRealNVP")
    words = {"win": "wins", "tie": "ties", "loss": "losses", "failed": "failed"}
    numbers = {word: (table["outcome"] == name).sum() for name, word in words.items()}
    said = ", ".join(f"{n} {word}" for word, n in numbers.items() if n or word != "failed")
    text = [
        *_notes(methods.FLOWS, options=options),
        f"ROC-AUC of {OURS} minus that of TrimRealNVP, the same splits and seeds",
        tables.brief(table),
        f"{said}; a tie is a mean difference within its standard deviation over the seeds. The "
        "paper: 8 wins, at least 4 ties.",
    ]
    _tell(text, records, options)
    print(pictures.differences(table, options.out))


def run_figure5(options: argparse.Namespace) -> None:
    """Vary the true share of anomalies from 0.1 to 0.4 and tell it."""
    _shares(shares.true_shares, shares.TRUE, "true share of anomalies", options)


def run_figure6(options: argparse.Namespace) -> None:
    """Tell from 0.05 to 0.2 where the true share of anomalies is 0.1."""
    label = f"share that RobustRealNVP is told, the true one being {shares.TRUE_WHEN_TOLD}"
    _shares(shares.told_shares, (shares.TRUE_WHEN_TOLD,), label, options)


def _beside(
    records: pd.DataFrame, paper: pd.DataFrame, notes: list[str], options: argparse.Namespace
) -> None:
    """Present the ROC-AUC of all methods beside the paper's, and who is better than whom."""
    ours = compare.means(records)
    nine = [method for method in NINE if method in ours]
    flows = [OURS, "RealNVP"]
    text = [
        *notes,
        "ROC-AUC, mean ± standard deviation over the seeds (minus the paper's mean)",
        compare.beside(records, paper).to_markdown(disable_numparse=True),
        "Agreement with the paper",
        tables.brief(compare.agreement(records, paper)),
        f"Wilcoxon's signed-rank test of {OURS} against each other method, over the sets: "
        f"two-sided p-values, and corrected for their number; {len(ours)} sets allow none below "
        f"{compare.smallest_p(len(ours)):.2g}",
        tables.brief(compare.signed_rank(records, [m for m in nine if m != OURS])),
        f"Sets where {' or '.join(flows)} is farther than {compare.FAR} from the paper's number",
        tables.brief(compare.far_off(records, paper, flows)),
    ]
    _tell(text, records, options)
    print(pictures.critical_difference(ours[nine], options.out))


def _moons(options: argparse.Namespace) -> None:
    """Present one kind of moons; a RealNVP that saw clean ones is the yardstick."""
    kind, models = moons.KINDS[options.name], list(moons.MODELS)
    n, steps = (400, 12) if options.quick else (moons.ROWS, moons.STEPS)
    wanted = moons.cells(kind, models, options.seeds, n, steps)
    if kind != moons.CLEAN:
        wanted += moons.cells(moons.CLEAN, ["RealNVP"], options.seeds, n, steps)
    records = _run(wanted, options)
    table, seed = moons.summary(records, kind), moons.typical(records, kind)
    text = [
        *_notes(moons.SETTINGS, options=options),
        f"Two moons, {kind}, mean ± standard deviation over the seeds. The picture is of seed "
        f"{seed}, RealNVP's middle one by ROC-AUC.",
        table.to_markdown(),
    ]
    _tell(text, records, options)
    drawn = _run(moons.portraits(kind, models, seed, n, steps), options)
    print(pictures.moons(drawn, kind, table, options.out))


def _shares(
    make: Callable, true: tuple[float, ...], label: str, options: argparse.Namespace
) -> None:
    """Present the ROC-AUC over a share, on sets with these true ones."""
    features = sets.features(options)
    families = sets.families(options, features)
    wanted = make(families, options.seeds, options.quick)
    records = _run([cell for _, cell in wanted], options)
    records["share"] = [share for share, _ in wanted]
    mean, spread = (shares.by_share(records, statistic) for statistic in ("mean", "std"))
    said = methods.FLOWS, cifar.described(features, true), shares.described()
    text = [
        *_notes(*said, options=options),
        "Training rows by the true share of anomalies",
        shares.training_rows(families, true).to_markdown(),
        f"ROC-AUC by the {label}, mean ± standard deviation over the seeds",
        shares.in_table(records).to_markdown(index=False, disable_numparse=True),
    ]
    _tell(text, records, options)
    print(pictures.shares(mean, spread, shares.level(records), label, options.out))


def _notes(*said: str, options: argparse.Namespace) -> list[str]:
    """Return what is said of settings and sets, nothing where both are made to be quick."""
    return [] if options.quick else list(said)


def _grid(
    sources: list[fits.Source], names: Iterable[str], options: argparse.Namespace
) -> list[cells.Cell]:
    return [
        fits.cell(source, method, seed, quick=options.quick)
        for source in sources
        for seed in range(options.seeds)
        for method in names
    ]


def _run(wanted: list[cells.Cell], options: argparse.Namespace) -> pd.DataFrame:
    return cells.run(wanted, options.records, options.n_jobs)


def _tell(text: list[str], records: pd.DataFrame, options: argparse.Namespace) -> None:
    """Print where the numbers come from, the text and what failed; keep them and the records."""
    options.out.mkdir(parents=True, exist_ok=True)
    kept = records.drop(columns=["settings", "versions", "machine"])
    kept.to_csv(options.out / "records.csv", index=False, float_format="%.5g")
    said = [provenance(records, options), *text, compare.failures(records)]
    tables.tell(said, options.out)
