"""A question of units, zones and linear limits as tables, with a TOML file that names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.allocation.files.selection import Selection
from zoning.base import strict
from zoning.errors import InputError, Problem, Text, raise_all

#: Each table: columns that must be there, those that are numbers, and whether it must be given.
_TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...], bool]] = {
    "costs": (("unit", "zone", "cost"), ("cost",), True),
    "amounts": (("limit", "unit", "zone", "amount"), ("amount",), False),
    "limits": (("limit", "lower", "upper"), ("lower", "upper"), False),
    "locks": (("unit", "zone", "locked"), ("locked",), False),
    "boundary": (("a", "b", "weight"), ("weight",), False),
}
_OPEN = {"limits": ("lower", "upper")}


def read_problem(path: Path | str) -> Selection:
    r"""Read a question from a TOML file and its tables (CSV or Parquet).

    Parameters
    ----------
    path : path
        ``costs = FILE`` and, where needed, ``amounts``, ``limits``, ``locks``, ``boundary``
        (relative to the TOML file), ``every_unit`` (each unit must have a zone) and
        ``boundary_weight`` (a factor on the weights of the boundary).

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If a file, key or column is missing or unknown, or a value is no number.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "c.csv").write_text("unit,zone,cost\na,town,2\na,farm,1\n")
    ...     toml = Path(folder, "p.toml")
    ...     _ = toml.write_text('costs = "c.csv"\nevery_unit = true')
    ...     read_problem(toml).costs["cost"].tolist()
    [2.0, 1.0]
    """
    path = Path(path)
    document = strict.read(path)
    problems: list[Problem] = []
    reader = strict.Reader(document.data, str(path), problems, document=document, code="problem")
    names = {
        name: reader.get(name, kind=str)
        for name, (_, _, must) in _TABLES.items()
        if must or name in document.data
    }
    reader.asked.update(dict.fromkeys(_TABLES))
    every = reader.get("every_unit", False, kind=bool)
    factor = reader.number("boundary_weight", 1.0, at_least=0)
    reader.close()
    raise_all(problems)
    found = {n: _table(path.parent / f, n, problems) for n, f in names.items()}
    raise_all(problems)
    files = (path, *(path.parent / f for f in names.values()))
    return replace(_selection(found, every, float(factor)), files=files)


def _selection(found: dict[str, pd.DataFrame], every: bool, factor: float) -> Selection:
    given: dict[str, Any] = {"costs": found["costs"], "every_unit": every}
    if "amounts" in found:
        given["amounts"] = found["amounts"].rename(columns={"limit": "constraint"})
    if "limits" in found:
        given["bounds"] = found["limits"].set_index("limit").rename_axis("constraint")
    if "locks" in found:
        given["locks"] = found["locks"].assign(locked=found["locks"]["locked"] != 0)
    if "boundary" in found:
        edges = found["boundary"]
        given["edges"] = edges.assign(weight=edges["weight"] * factor)
    return Selection(**given)


def _table(path: Path, name: str, problems: list[Problem]) -> pd.DataFrame:
    """Read one table; codes are texts, amounts are numbers."""
    columns, numeric, _ = _TABLES[name]
    table = _cells(path)
    missing = [c for c in columns if c not in table]
    if missing:
        text = Text(f"columns {', '.join(missing)} are missing", f"缺少字段 {', '.join(missing)}")
        problems.append(Problem(text, str(path), code="missing-column"))
        return pd.DataFrame({c: [] for c in columns})
    table = table[list(columns)].copy()
    for column in columns:
        if column not in numeric:
            table[column] = table[column].astype("string").str.strip().astype(object)
            if table[column].isna().any():
                _tell(problems, path, column, table[column].isna(), table[column])
            continue
        words = table[column].replace({"": None, True: 1, False: 0, "true": 1, "false": 0})
        values = pd.to_numeric(words, errors="coerce")
        empty = words.isna() if column in _OPEN.get(name, ()) else False
        bad = values.isna() & ~pd.Series(empty, index=values.index)
        if bad.any():
            _tell(problems, path, column, bad, table[column])
        table[column] = values.astype("float64")
    return table


def _tell(
    problems: list[Problem], path: Path, column: str, bad: pd.Series, words: pd.Series
) -> None:
    row = int(bad.to_numpy().argmax())
    value = str(words.iloc[row])
    text = Text(
        f"{column}: '{value}' cannot be used ({int(bad.sum())} such rows)",
        f"{column}：“{value}”无法使用（共 {int(bad.sum())} 行）",
    )
    problems.append(Problem(text, f"{path}, row {row + 2}", measured=value, code="bad-value"))


def _cells(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError.one("the file is missing", "文件不存在", where=str(path),
                             code="missing-file")  # fmt: skip
    if path.suffix.lower() == ".parquet":
        return pd.read_parquet(path)
    from zoning.inputs.sheets import read_cells

    return read_cells(path)
