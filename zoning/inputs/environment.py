"""Units of environmental zoning (生态环境分区管控单元, 三线一单): their polygons and categories."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, Text, raise_all
from zoning.inputs.source import shorten
from zoning.inputs.vector import read_polygons

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.source import Source
    from zoning.planfile.layers import EnvironmentLayer

#: Categories of units, with the words that files use.
CATEGORIES = {
    "1": Text("priority", "优先保护"), "2": Text("key", "重点管控"),
    "3": Text("general", "一般管控"),
}  # fmt: skip
#: ``ZH``, six digits of the county, the category, four digits (inferred from codes in use: I).
_CODE = re.compile(r"ZH\d{6}([123])\d{4}")


def category_of(code: str, stated: Any) -> str | None:
    """Give the category of a unit: as stated in a number or in words, else as its code says.

    Examples
    --------
    >>> category_of("ZH32111110001", None), category_of("A7", "重点管控单元"), category_of("A7", 3)
    ('1', '2', '3')
    >>> category_of("A7", None) is None
    True
    """
    text = "" if stated is None or stated != stated else str(stated).strip().removesuffix(".0")
    for number, name in CATEGORIES.items():
        if text == number or (text and text.startswith((name.zh[:2], name.en))):
            return number
    hit = _CODE.fullmatch(code)
    return hit[1] if hit and not text else None


def read_environment(
    part: EnvironmentLayer, folder: Path, crs: Any, *, metres: bool = True
) -> tuple[gpd.GeoDataFrame, Source]:
    """Read the units of environmental zoning.

    Parameters
    ----------
    part : EnvironmentLayer
        ``[inputs.environment_units]``.
    folder : Path
        Where its path starts.
    crs : CRS or str
        CRS of the plan.
    metres : bool
        Whether it must be in metres; to look whether a file can be read, degrees will do.

    Returns
    -------
    GeoDataFrame
        ``code``, ``name``, ``category`` ("1" priority, "2" key, "3" general), ``source``, ``year``.
    Source

    Raises
    ------
    InputError
        With every unit whose category nobody says.
    """
    heads = {k: part.head(k) for k in ("code", "name", "category")}
    columns = {k: head for k, head in heads.items() if head}
    frame, source = read_polygons(
        folder / part.path, layer=part.layer, crs=part.crs, encoding=part.encoding,
        columns=columns, unique=("code",), role="environment_units", to_crs=crs,
        repair=part.repair, datum=part.datum, metres=metres,
    )  # fmt: skip
    for name, usual in (("name", ("name", "名称", "单元名称")),
                        ("category", ("category", "类别", "管控类别", "单元类别"))):  # fmt: skip
        if name not in frame:
            found = next((u for u in usual if u in frame), None)
            frame[name] = None if found is None else frame[found]
    frame["category"] = [
        category_of(str(c), s) for c, s in zip(frame["code"], frame["category"], strict=True)
    ]
    problems = [
        Problem(
            Text(f"unit {c} has no category", f"管控单元 {c} 没有类别"), part.path,
            code="no-category",
            remedy=Text("1 or 优先保护 / 2 or 重点管控 / 3 or 一般管控 in a column "
                        "named by category",
                        "请在 category 指定的字段中填写 1/优先保护、2/重点管控、3/一般管控"),
        )
        for c in frame.loc[frame["category"].isna(), "code"]
    ]  # fmt: skip
    raise_all(shorten(problems, part.path), InputError)
    frame["name"] = frame["name"].astype("string").fillna(frame["code"].astype("string"))
    frame["source"], frame["year"] = part.source, part.year
    for name in ("code", "name", "category", "source"):
        frame[name] = frame[name].astype(object)
    frame["year"] = frame["year"].astype("Int64")
    return frame[["code", "name", "category", "source", "year", "geometry"]], source
