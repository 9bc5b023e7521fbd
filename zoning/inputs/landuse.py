"""The table of land-use classes, and what counts as construction.

Construction space here is a partition by *use* (which class the land has), the one that the cap
speaks of; spaces by *function* belong to maps and are never summed with it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from zoning.base import strict
from zoning.base.shipped import data_path
from zoning.errors import Problem, raise_all
from zoning.inputs.inspect.legends import DEFAULT

#: Groups of the account; each class is in exactly one.
GROUPS = ("construction", "agriculture", "ecology", "other")

#: Class 06 of 用地用海分类: rural roads and farm facilities.
RURAL_ROADS_CODE = "06"


def load_classes(
    path: Path | str | None = None, *, rural_roads_are_construction: bool = False
) -> pd.DataFrame:
    """Read a class table.

    Parameters
    ----------
    path : Path or str, optional
        A TOML file with ``[[class]]`` entries, or the name of a shipped legend such as ``clcd``;
        left out, the shipped table.
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
    document = strict.read(_file_of(path))
    raise_all(_problems(document))
    table = pd.DataFrame(document.data["class"]).set_index("value").sort_index()
    if rural_roads_are_construction:
        table.loc[table["code"].str.startswith(RURAL_ROADS_CODE), "group"] = "construction"
    table["built"] = table["group"] == "construction"
    table["water"] = table["water"].eq(True)
    table["farmland"] = table["farmland"].eq(True)
    return table


def _file_of(path: Path | str | None) -> Path:
    if path is None or path == DEFAULT:
        return data_path("landuse", "classes.toml")
    if isinstance(path, str):
        return data_path("landuse", "legends", f"{path}.toml")
    return path


def _problems(document: strict.Document) -> list[Problem]:
    whole = strict.Reader(document.data, document.where, document=document, code="class-table")
    for key in ("source", "evidence", "switch", "legend"):
        whole.get(key, "", kind=object)
    entries, seen = whole.tables("class"), set[int]()
    if not entries:
        whole.fail("no [[class]] entries", "没有 [[class]] 条目")
    for entry in entries:
        value = entry.get("value", kind=int)
        if value in seen:
            entry.fail(f"class value {value} appears twice", f"地类值 {value} 重复", key="value")
        seen.add(value)
        _check_class(entry)
    whole.close()
    return whole.problems


def _check_class(entry: strict.Reader) -> None:
    for key in ("code", "zh", "en"):
        entry.get(key, kind=str)
    entry.choice("group", strict.REQUIRED, GROUPS)
    for key in ("water", "farmland"):
        entry.get(key, kind=bool)
    colour = entry.get("colour", "#000000", kind=str)
    if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
        entry.fail(
            f"colour {colour!r} is not #rrggbb", f"颜色 {colour!r} 须为 #rrggbb", key="colour"
        )
    entry.close()
