"""The names of columns, tables, themes and code values in Chinese and English.

There is one dictionary, ``data/words.toml``. Field aliases in QGIS, popups of the map, heads of
spreadsheets and the words of the report all read it, so a thing has the same name everywhere.
"""

from __future__ import annotations

import re
from typing import Any

from zoning.base.shipped import load_toml
from zoning.errors import Text

#: Where the types of red lines stand: those of Jiangsu's plan of 2013, then those of the country.
TYPE_LISTS = (("redlines", "types.toml"), ("redlines", "national.toml"))


def label(name: str, lang: str = "zh", table: str | None = None) -> str:
    """Give the name of a column for people.

    Parameters
    ----------
    name : str
        Column, such as ``"built_m2"``.
    lang : {"zh", "en"}
    table : str, optional
        Table that the column stands in, where the word may be narrower.

    Returns
    -------
    str
        The word; a column that the dictionary does not know keeps its own name.

    Examples
    --------
    >>> label("built_m2", "zh"), label("built_m2", "en")
    ('现状建设用地', 'existing construction land')
    >>> label("area_m2", "zh", table="units")
    '单元市内面积'
    """
    entry = _column(name, table)
    if entry is None and name.startswith("given_"):
        # What the planner measured stands beside what the run measured.
        own = label(name.removeprefix("given_"), lang, table)
        return f"{own}（填报值）" if lang == "zh" else f"{own} (as given)"
    return str(entry[_side(lang)]) if entry else name


def unit(name: str, table: str | None = None) -> str:
    """Give the unit of a column as a plain word: ``"m2"``, ``"1"`` (a share), ``"deg"`` or ``""``.

    Examples
    --------
    >>> unit("built_m2"), unit("built_share"), unit("zone")
    ('m2', '1', '')
    """
    entry = _column(name, table)
    return str(entry.get("unit", "")) if entry else ""


def heading(name: str, lang: str = "zh", table: str | None = None) -> str:
    """Give the name of a column with its unit, for table heads and field aliases.

    Examples
    --------
    >>> heading("built_m2", "zh"), heading("built_share", "zh"), heading("lon", "en")
    ('现状建设用地（m²）', '建设用地占比', 'longitude (°)')
    """
    word, measure = label(name, lang, table), unit(name, table)
    if measure in ("", "1", "count"):
        return word
    written = unit_sign(measure, lang)
    return f"{word}（{written}）" if lang == "zh" else f"{word} ({written})"


def unit_sign(measure: str, lang: str = "zh") -> str:
    """Write a unit for people.

    Examples
    --------
    >>> unit_sign("m2"), unit_sign("min", "zh")
    ('m²', '分钟')
    >>> unit_sign("m2/person"), unit_sign("m2/万元", "en")
    ('m²/人', 'm²/10⁴ yuan')
    """
    entry = load_toml("words.toml")["units"].get(measure)
    if entry is None and "/" in measure:
        return "/".join(unit_sign(part, lang) for part in measure.split("/"))
    return str(entry[_side(lang)]) if entry else measure


def measured(number: str, unit: str, lang: str = "zh") -> str:
    """Put a unit behind a number, as each language spaces it.

    Examples
    --------
    >>> measured("12", "ha"), measured("50", "%"), measured("7", "")
    ('12 公顷', '50%', '7')
    >>> measured("310", "亿元", "en")
    '310 × 10⁸ yuan'
    """
    sign = unit_sign(unit, lang) if unit not in ("", "1") else ""
    gap = "" if sign in ("", "%") else " × " if sign.startswith("10") else " "
    return f"{number}{gap}{sign}"


def source(text: str, lang: str = "zh") -> str:
    """Name a source in a language; what the shipped data do not know is said as it is written.

    Examples
    --------
    >>> source("own choice"), source("own choice", "en"), source("市统计年鉴 2024")
    ('本软件自定', 'own choice', '市统计年鉴 2024')
    >>> source("example, taken over from: own choice")
    '示例，取自：本软件自定'
    >>> source("30 % of it", "en")
    '30% of it'
    """
    if lang != "zh":
        return re.sub(r"(\d) %", r"\1%", text)  # as percentages are written everywhere else
    known = load_toml("sources.toml")
    for prefix, said in known["prefixes"].items():
        if text.startswith(prefix):
            return str(said) + source(text.removeprefix(prefix), lang)
    return str(known["sources"].get(text, text))


def method_words(method: str, lang: str = "zh") -> str:
    """Say how new land was placed; a part that is not known is said as it is written.

    Examples
    --------
    >>> method_words("nested"), method_words("milp-whole", "en")
    ('嵌套限制下的精确解', 'mixed-integer programming, whole units only')
    >>> method_words("lp-boundary+patches")
    '线性规划，计入边界长度，再按最小斑块调整'
    """
    comma = "，" if lang == "zh" else ", "
    parts = method.replace("+", "-").split("-")
    return comma.join(value("allocation", part, lang) for part in parts)


def description(name: str, lang: str = "zh", table: str | None = None) -> str:
    """Say in a sentence what a column holds; empty for a column that is not known.

    Examples
    --------
    >>> description("new_m2", "en")
    'allocated new construction land'
    """
    entry = _column(name, table)
    return str(entry[f"about_{_side(lang)}"]) if entry else ""


def table_name(name: str, lang: str = "zh") -> str:
    """Give the name of a layer or table for people.

    Examples
    --------
    >>> table_name("redlines"), table_name("units", "en")
    ('生态红线区域', 'planning units')
    """
    return _named("tables", name, lang)


def theme_name(name: str, lang: str = "zh") -> str:
    """Give the name of a map theme for people.

    Examples
    --------
    >>> theme_name("built_redline", "en")
    'construction inside red lines'
    """
    return _named("themes", name, lang)


def values(column: str) -> dict[str, Text]:
    """Give the words for the codes of a column, in order; empty where there are none.

    Names of zones are no words of the package: they stand in the scheme of a plan
    (``Plan.scheme.names``). All ``*_grade`` columns share the words of ``grade``.

    Examples
    --------
    >>> values("zone_reason")["override"].zh, values("constraint_grade")["low"].en
    ('人工决定', 'low')
    >>> values("type")["forest-park"].zh, values("type")["rocky-desertification"].zh
    ('森林公园', '石漠化')
    """
    column = column.removeprefix("given_")  # the planner's own beside ours
    key = "grade" if column.endswith("_grade") else "level" if column == "red_level" else column
    known = load_toml("words.toml")["values"].get(key, {})
    if key == "role":  # plans that are held against each other have their names in a table of rules
        known = known | {row["code"]: row for row in load_toml("review", "roles.toml")["role"]}
    if key == "type":  # of red lines: the lists of a province and of the country
        known = {row["code"]: row for name in TYPE_LISTS for row in load_toml(*name)["type"]}
    return {code: Text(word["en"], word["zh"]) for code, word in known.items()}


def value(column: str, code: Any, lang: str = "zh") -> str:
    """Say the code of a column in words; what is not known is written as it is.

    Examples
    --------
    >>> value("zone_reason", "override", "en"), value("level", 1)
    ('decision by hand', '一级管控区')
    """
    if code is None or str(code) in ("<NA>", "nan", "NaT"):
        return unzoned(lang) if column in ("zone", "township_zone") else missing(lang)
    word = values(column).get(str(code).lower() if isinstance(code, bool) else str(code))
    return word.get(lang) if word else str(code)


def missing(lang: str = "zh") -> str:
    """Give the word for a value that is not known.

    Examples
    --------
    >>> missing("zh")
    '无数据'
    """
    return values("missing")[""].get(lang)


def unzoned(lang: str = "zh") -> str:
    """Give the word for land without a zone.

    Examples
    --------
    >>> unzoned("zh"), value("zone", None, "en")
    ('未分区', 'unzoned')
    """
    return values("unzoned")[""].get(lang)


def columns() -> tuple[str, ...]:
    """Give every column that the dictionary knows (without those of a single table).

    Examples
    --------
    >>> "township_share" in columns()
    True
    """
    known = load_toml("words.toml")["columns"]
    return tuple(name for name in known if "." not in name and "*" not in name)


def _column(name: str, table: str | None) -> dict[str, Any] | None:
    known: dict[str, dict[str, Any]] = load_toml("words.toml")["columns"]
    entry = known.get(f"{table}.{name}") or known.get(name)
    if entry is None and name.startswith("overlay_") and name.endswith("_m2"):
        # One column for each overlay of the plan's scheme, named after its code.
        code = name.removeprefix("overlay_").removesuffix("_m2")
        return {k: v.replace("{code}", code) for k, v in known["overlay_*_m2"].items()}
    return entry


def _named(kind: str, name: str, lang: str) -> str:
    entry = load_toml("words.toml")[kind].get(name)
    return str(entry[_side(lang)]) if entry else name


def _side(lang: str) -> str:
    return "zh" if lang == "zh" else "en"


_GAUSS = re.compile(r"(.+) / (3|6)-degree Gauss-Kruger (CM (\d+)E|zone (\d+))")


def crs_title(crs: object, lang: str = "zh") -> str:
    """Name a CRS for people; Gauss-Krueger belts of China have a Chinese name.

    Examples
    --------
    >>> crs_title("EPSG:4549"), crs_title("EPSG:4549", "en")
    ('CGCS2000 3 度带高斯投影，中央经线 120°E', 'CGCS2000 / 3-degree Gauss-Kruger CM 120E')
    >>> crs_title("EPSG:4528")
    'CGCS2000 3 度带高斯投影，第 40 带'
    """
    from pyproj import CRS

    name = str(CRS.from_user_input(crs).name)
    hit = _GAUSS.fullmatch(name) if lang == "zh" else None
    if hit is None:
        return name
    belt = f"中央经线 {hit[4]}°E" if hit[4] else f"第 {hit[5]} 带"
    return f"{hit[1]} {hit[2]} 度带高斯投影，{belt}"
