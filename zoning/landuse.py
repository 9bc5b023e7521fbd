"""The table of land-use classes, and what counts as construction.

Construction space here is a partition by *use* (which class the land has), the one that the cap
speaks of; spaces by *function* belong to maps and are never summed with it.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.errors import InputError, Problem, Text, raise_all
from zoning.resources import load_toml

#: Groups of the account; each class is in exactly one.
GROUPS = ("construction", "agriculture", "ecology", "other")

#: Class 06 of 用地用海分类: rural roads and farm facilities.
RURAL_ROADS_CODE = "06"


def load_classes(
    path: Path | None = None, *, rural_roads_are_construction: bool = False
) -> pd.DataFrame:
    """Read a class table.

    Parameters
    ----------
    path : Path, optional
        A TOML file with ``[[class]]`` entries; left out, the shipped table.
    rural_roads_are_construction : bool
        Whether class 06 counts as construction. Land statistics treat it as agricultural land,
        some planning tables as construction; the switch moves the result and is stated.

    Returns
    -------
    DataFrame, index ``value`` (raster value)
        ``code``, ``zh``, ``en``, ``group`` (of :data:`GROUPS`), ``water``, ``farmland`` (bool),
        ``colour`` (#rrggbb), ``built`` (bool: group is construction).

    Raises
    ------
    InputError
        If values repeat, a group is unknown or a key is missing.

    Examples
    --------
    >>> classes = load_classes()
    >>> classes.loc[7, "built"].item(), classes.loc[6, "built"].item()
    (True, False)
    """
    raw = load_toml("landuse", "classes.toml") if path is None else _read(path)
    where = "data/landuse/classes.toml" if path is None else str(path)
    raise_all(_problems(raw.get("class", []), where))
    table = pd.DataFrame(raw["class"]).set_index("value").sort_index()
    if rural_roads_are_construction:
        table.loc[table["code"].str.startswith(RURAL_ROADS_CODE), "group"] = "construction"
    table["built"] = table["group"] == "construction"
    table["water"] = table["water"].fillna(False).astype(bool)
    table["farmland"] = table["farmland"].fillna(False).astype(bool)
    return table


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError.one(
            f"the class table cannot be read: {error}",
            f"无法读取地类表:{error}",
            where=str(path),
            code="class-table",
        ) from error


def _problems(entries: list[dict[str, Any]], where: str) -> list[Problem]:
    found = []
    seen: set[int] = set()
    if not entries:
        found.append(Problem(Text("no [[class]] entries", "没有 [[class]] 条目"), where))
    for entry in entries:
        value = entry.get("value")
        missing = {"value", "code", "zh", "en", "group", "water", "farmland"} - set(entry)
        if missing:
            keys = ", ".join(sorted(missing))
            found.append(
                Problem(Text(f"class {value}: missing {keys}", f"地类 {value}:缺少 {keys}"), where)
            )
        if entry.get("group") not in GROUPS:
            found.append(
                Problem(
                    Text(
                        f"class {value}: group {entry.get('group')!r} not of {', '.join(GROUPS)}",
                        f"地类 {value}:分组 {entry.get('group')!r} 不在 {'、'.join(GROUPS)} 之中",
                    ),
                    where,
                )
            )
        if value in seen:
            found.append(
                Problem(Text(f"class value {value} appears twice", f"地类值 {value} 重复"), where)
            )
        seen.add(value)  # type: ignore[arg-type]
    return found
