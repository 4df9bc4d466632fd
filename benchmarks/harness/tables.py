"""Records as tables: one for the reader, CSV files with PyOD's columns for programs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .data import CONFIRMATION, ODDS

MEASURES = ("roc", "prn", "ap", "time", "time_fit", "time_score")
#: What PyOD's tables say of a set before the detectors' numbers.
LEADING = ("#Samples", "# Dimensions", "Outlier Perc")


def over_seeds(records: pd.DataFrame, by: list[str], measure: str, statistic: str) -> pd.Series:
    """Return a statistic of a measure over the seeds; NaN where one of them failed."""
    grouped = records.groupby(by, sort=False)[measure]
    return grouped.agg(statistic).where(grouped.count() == grouped.size())


def frame(records: pd.DataFrame, measure: str, statistic: str = "mean") -> pd.DataFrame:
    """Return a statistic of a measure over the seeds, a row a set, a column a method.

    A method that failed on a set has no number there.
    """
    return over_seeds(records, ["dataset", "method"], measure, statistic).unstack(sort=False)


def ranks(table: pd.DataFrame) -> pd.Series:
    """Return the average rank of each detector, 1 for the highest values; a failure ranks last."""
    return table.rank(axis=1, ascending=False, na_option="bottom").mean()


def groups(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the sets whose means are shown: all, and where they are the 16 of ODDS, two parts.

    Choices were made on ten of them; six confirm.
    """
    if set(table.index) != set(ODDS):
        return {"mean": table}
    confirming = table.index.isin(CONFIRMATION)
    return {
        "mean": table,
        "mean of the ten": table[~confirming],
        "mean of the other six": table[confirming],
    }


def summary(records: pd.DataFrame) -> str:
    """Return a Markdown table, a row a method: means, average rank and median seconds."""
    roc = frame(records, "roc")
    columns = {f"ROC-AUC, {name}": part.mean(skipna=False) for name, part in groups(roc).items()}
    columns["PR-AUC, mean"] = frame(records, "ap").mean(skipna=False)
    columns["average rank"] = ranks(roc)
    columns["fit, median s"] = frame(records, "time_fit").median()
    return (
        pd.DataFrame(columns)
        .rename_axis("")
        .to_markdown(floatfmt=("", *[".3f"] * (len(columns) - 2), ".2f", ".2f"))
    )


def readable(records: pd.DataFrame, measure: str = "roc") -> str:
    """Return a Markdown table with the mean and the average rank of each detector at its end."""
    table = frame(records, measure).rename_axis("Data")
    body = table.map(lambda value: "failed" if pd.isna(value) else f"{value:.3f}")
    for name, part in groups(table).items():
        body.loc[name] = [_mean(column) for _, column in part.items()]
    body.loc["average rank"] = [f"{value:.2f}" for value in ranks(table)]
    return body.to_markdown(disable_numparse=True)


def _mean(column: pd.Series) -> str:
    """Return the mean over the sets that a detector managed, and their number if not all."""
    managed = column.dropna()
    return f"{managed.mean():.3f}" + (f" of {len(managed)}" if len(managed) < len(column) else "")


def seconds(records: pd.DataFrame) -> str:
    """Return a Markdown table of the median seconds a set, fit and scoring apart."""
    columns = {
        "fit, median s": frame(records, "time_fit").median(),
        "fit, largest s": frame(records, "time_fit").max(),
        "score, median s": frame(records, "time_score").median(),
    }
    return pd.DataFrame(columns).T.to_markdown(floatfmt=".3f")


def failures(records: pd.DataFrame) -> str:
    """Return a line for each cell that holds an error."""
    failed = records[records["error"] != ""]
    return "\n".join(
        f"{row.dataset}, {row.method}, seed {row.seed}: {row.error}" for row in failed.itertuples()
    )


def write_csv(records: pd.DataFrame, folder: Path) -> None:
    """Write roc.csv, prn.csv, ap.csv, time.csv and its two parts, with PyOD's columns."""
    folder.mkdir(parents=True, exist_ok=True)
    leading = records.drop_duplicates("dataset", keep="last").set_index("dataset")[list(LEADING)]
    for measure in MEASURES:
        table = leading.join(frame(records, measure)).rename_axis("Data")
        table.to_csv(folder / f"{measure}.csv", float_format="%.4f")


def brief(table: pd.DataFrame) -> str:
    """Return a Markdown table with rounded numbers.

    Where a number is missing stands the row's ``status``, unless that is 'run'.
    """
    shown = table.map(lambda value: rounded(value) if isinstance(value, float) else value)
    status = table.get("status", pd.Series("", table.index)).replace("run", "")
    filled = shown.astype(object).where(table.notna(), status, axis=0)
    return filled.drop(columns="status", errors="ignore").to_markdown(
        disable_numparse=True, index=False
    )


def rounded(value: float) -> str:
    """Return a number with three digits, a whole one from a thousand on, nothing for NaN.

    Examples
    --------
    >>> rounded(0.12345), rounded(12345.6), rounded(float("nan"))
    ('0.123', '12,346', '')
    """
    if pd.isna(value):
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")


def tell(parts: list[str], out: Path) -> None:
    """Print the parts and keep them as tables.md."""
    text = "\n\n".join(parts).rstrip()
    out.mkdir(parents=True, exist_ok=True)
    (out / "tables.md").write_text(text + "\n")
    print(f"\n{text}\n\n{out}: the same as tables.md and CSV files")


def keep(found: dict[str, tuple[str, pd.DataFrame]], notes: list[str], out: Path) -> None:
    """Print titled tables after some notes and keep them, as text and as CSV."""
    out.mkdir(parents=True, exist_ok=True)
    for name, (_, table) in found.items():
        table.to_csv(out / f"{name}.csv", index=False, float_format="%.6g")
    parts = [part for title, table in found.values() for part in (title, brief(table))]
    tell([*notes, *parts], out)
