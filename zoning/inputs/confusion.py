"""The accuracy assessment of a land-use raster: samples by class of the map and on the ground."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from zoning.errors import InputError, Problem, Text
from zoning.inputs.source import missing_file

#: Class of the map -> class on the ground -> samples.
Confusion = dict[str, dict[str, float]]


def read_confusion(path: Path, where: str) -> Confusion:
    """Read a confusion matrix: a row for each class of the map, a column for each on the ground.

    Parameters
    ----------
    path : Path
        CSV; the first column holds the classes of the map, as numbers of the raster.
    where : str
        Name for messages.

    Raises
    ------
    InputError
        No such file, classes that are no whole numbers, samples that are no numbers or negative,
        a class of the map without a sample; all at once.
    """
    if not path.is_file():
        raise InputError([missing_file(path, "errors.landuse")])
    try:
        table = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError.one(
            f"cannot be read as CSV ({error})", "无法按 CSV 读取", where=where, code="unreadable"
        ) from error
    rows = {
        str(row.iloc[0]).strip(): {
            str(c).strip(): _number(row[c]) for c in table.columns[1:] if pd.notna(row[c])
        }
        for _, row in table.iterrows()
    }
    return checked(rows, where)


def checked(rows: Confusion, where: str) -> Confusion:
    """Hold a confusion matrix against what it must be.

    Examples
    --------
    >>> checked({"7": {"7": 90, "1": 10}}, "plan.toml")
    {'7': {'7': 90.0, '1': 10.0}}
    """
    problems = []

    def wrong(en: str, zh: str, value: object) -> None:
        problems.append(Problem(
            Text(en, zh), where, code="confusion",
            remedy=Text(f"found {value!r}; rows: classes of the map, columns: classes on the "
                        "ground, cells: numbers of samples",
                        f"现为 {value!r}；行为图上类别，列为实地类别，值为样本数")))  # fmt: skip

    for name, row in rows.items():
        for code in (name, *row):
            if not code.isdigit():
                wrong("a class is no number of the raster", "类别不是栅格值", code)
        for value in row.values():
            if not (math.isfinite(value) and value >= 0):
                wrong("samples are no number from 0 on", "样本数须为不小于 0 的数", value)
        if not sum(v for v in row.values() if math.isfinite(v)) > 0:
            wrong("a class of the map has no sample", "图上某类别没有样本", name)
    if not rows:
        wrong("holds no class", "没有类别", "")
    if problems:
        raise InputError(problems)
    return {k: {c: float(v) for c, v in row.items()} for k, row in rows.items()}


def _number(text: object) -> float:
    try:
        return float(str(text))
    except ValueError:
        return math.nan
