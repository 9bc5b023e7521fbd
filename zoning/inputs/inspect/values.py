"""Numbers of a table of townships: impossible, unlikely, or standing for "not known"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Level, Spot, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd


def inspect_values(table: pd.DataFrame, where: str) -> list[Finding]:
    """Look whether the numbers of townships can be what their columns say.

    Parameters
    ----------
    table : DataFrame, index township code
        Attributes under the names of the plan, with ``name`` if there is one.
    where : str
        The file of the attributes.

    Returns
    -------
    list of Finding
        Errors where a value is impossible or stands for "not known", warnings where it is
        unlikely; each names the townships and their values.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = pd.DataFrame({"name": ["甲镇"], "slope_deg": [120.0]}, index=["321191001"])
    >>> print(inspect_values(towns, "towns.csv")[0].tell())
    towns.csv: 'slope_deg' cannot be above 90 degrees: 321191001 甲镇 (120). Try: slopes ...
    """
    limits = load_toml("townships", "ranges.toml")
    found = _unknown(table, limits["unknown"], where)
    for rule in limits["column"]:
        if rule["name"] in table:
            found += _column(table, rule, limits["unknown"], where)
    for rule in limits["ratio"]:
        if rule["above"] in table and rule["below"] in table:
            found += _ratio(table, rule, where)
    return found


def _numbers(column: pd.Series) -> pd.Series:
    import pandas as pd

    return pd.to_numeric(column, errors="coerce").astype("Float64")


def _spots(table: pd.DataFrame, values: pd.Series) -> tuple[Spot, ...]:
    """Give the places of townships with their values; coordinates where the table has shapes."""
    from zoning.inputs.spots import spots

    rows = [_name(table, code) for code in values.index]
    # Codes of a lone file may be doubled, so rows are counted and not looked up.
    shapes = table.geometry.to_numpy()[table.index.get_indexer_for(values.index)] if (
        "geometry" in table and table.index.is_unique) else None  # fmt: skip
    return spots(rows, values, shapes, getattr(table, "crs", None))


def _name(table: pd.DataFrame, code: Any) -> str:
    """Write the code of a township, with its name where there is one."""
    name = table["name"].get(code) if "name" in table and table.index.is_unique else None
    return f"{code} {name}" if isinstance(name, str) and name else str(code)


def _named(table: pd.DataFrame, values: pd.Series) -> str:
    """Write townships with their values."""
    names = table["name"].astype("string").fillna("") if "name" in table else None
    words = []
    for code, value in values.items():
        name = f" {names[code]}" if names is not None and names[code] else ""
        words.append(f"{code}{name} ({value:g})")
    return some(words)


def _unknown(table: pd.DataFrame, markers: list[float], where: str) -> list[Finding]:
    """Find numbers that stand for "not known", in whatever column."""
    import pandas as pd

    found = []
    for column in table.columns:
        if column in ("geometry", "name", "county") or not pd.api.types.is_numeric_dtype(
            table[column]
        ):
            continue
        number = _numbers(table[column])
        hit = number[(number.isin(markers) | (number.abs() > 1e30)).fillna(False)]
        if len(hit):
            listed = _named(table, hit)
            found.append(Finding(
                Text(f"'{column}' holds a number that stands for \"not known\": {listed}",
                     f"“{column}”含有表示“未知”的数值：{listed}"),
                where, measured=float(hit.iloc[0]), code="unknown-marker", level="error",
                spots=_spots(table, hit),
                remedy=Text("leave the cell empty (zoning check --fix writes such a copy)",
                            "请将单元格留空（zoning check --fix 可写出副本）"),
            ))  # fmt: skip
    return found


def _column(
    table: pd.DataFrame, rule: Mapping[str, Any], markers: list[float], where: str
) -> list[Finding]:
    number = _numbers(table[rule["name"]])
    number = number[~(number.isin(markers) | (number.abs() > 1e30)).fillna(False)]
    found = []
    low, high = rule["possible"]
    likely = rule["likely"][1]
    sides: list[tuple[pd.Series, str, str, float, Level]] = [
        (number < low, f"cannot be below {low:g}", f"不可能小于 {low:g}", low, "error"),
        (number > high, f"cannot be above {high:g}", f"不可能大于 {high:g}", high, "error"),
        ((number > likely) & (number <= high), f"is hardly above {likely:g}",
         f"通常不超过 {likely:g}", likely, "warning"),
    ]  # fmt: skip
    for mask, en, zh, limit, level in sides:
        hit = number[mask.fillna(False)]
        if len(hit):
            listed = _named(table, hit)
            found.append(Finding(
                Text(f"'{rule['name']}' {en} {rule['unit']}: {listed}",
                     f"“{rule['name']}”{zh} {rule['unit_zh']}：{listed}"),
                where, measured=float(hit.abs().max()), limit=limit, level=level,
                code="impossible-value" if level == "error" else "unlikely-value",
                spots=_spots(table, hit),
                remedy=Text(rule["try_en"], rule["try_zh"]),
            ))  # fmt: skip
    return found


def _ratio(table: pd.DataFrame, rule: Mapping[str, Any], where: str) -> list[Finding]:
    """Doubt a ratio of two columns whose units do not seem to fit."""
    above, below = _numbers(table[rule["above"]]), _numbers(table[rule["below"]])
    ratio = (above * rule["factor"] / below.where(below > 0)).where(above > 0)
    low, high = rule["likely"]
    hit = ratio[((ratio < low) | (ratio > high)).fillna(False)]
    if not len(hit):
        return []
    listed = _named(table, hit.round(1))
    return [
        Finding(
            Text(f"{rule['en']} ('{rule['above']}' by '{rule['below']}') is outside {low:,} to "
                 f"{high:,} {rule['unit']}: {listed}",
                 f"{rule['zh']}（“{rule['above']}”除以“{rule['below']}”）不在 {low:,} 至 {high:,} "
                 f"{rule['unit_zh']}之间：{listed}"),
            where, measured=float(hit.iloc[0]), limit=low if hit.iloc[0] < low else high,
            remedy=Text(rule["try_en"], rule["try_zh"]), code="unlikely-ratio",
            spots=_spots(table, hit),
        )
    ]  # fmt: skip


#: Totals of townships that differ from those of their county by more than this are told (own).
TOTALS = 0.01


def unlike_totals(townships: pd.DataFrame, counties: pd.DataFrame, where: str) -> list[Finding]:
    """Hold the sums of townships against what the layer of counties states.

    Parameters
    ----------
    townships : DataFrame, column ``county``
    counties : DataFrame, index county code
        Columns of the same names are totals to compare with.
    where : str
        The file of the townships.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = pd.DataFrame({"county": ["1", "1"], "population": [5, 6]}, index=["101", "102"])
    >>> stated = pd.DataFrame({"population": [12]}, index=["1"])
    >>> unlike_totals(towns, stated, "t.csv")[0].what.en
    "'population' of the townships of county 1 adds up to 11, the layer of counties says 12"
    """
    found = []
    for rule in load_toml("townships", "ranges.toml")["column"]:
        name = rule["name"]
        if not rule.get("total") or name not in townships or name not in counties:
            continue
        number, stated = _numbers(townships[name]), _numbers(counties[name])
        for code, rows in number.groupby(townships["county"].astype(str)):
            said = stated.get(str(code))
            # A township without a value explains a gap; it is told elsewhere.
            if said is None or rows.isna().any() or stated.isna()[str(code)] or said <= 0:
                continue
            total = float(rows.sum())
            if abs(total - said) > TOTALS * said:
                found.append(Finding(
                    Text(f"'{name}' of the townships of county {code} adds up to {total:g}, the "
                         f"layer of counties says {said:g}",
                         f"县区 {code} 各乡镇“{name}”合计为 {total:g}，县区图层为 {said:g}"),
                    where, measured=total, limit=float(said), code="unlike-total",
                    spots=_spots(townships, rows),
                    remedy=Text("check units, years and missing or doubled townships",
                                "请核对单位、年份，以及乡镇是否缺漏或重复"),
                ))  # fmt: skip
    return found


def unlike_counties(townships: pd.DataFrame, counties: Any, where: str) -> list[Finding]:
    """Find townships whose county is not in the layer of counties.

    Examples
    --------
    >>> import pandas as pd
    >>> towns = pd.DataFrame({"county": ["1", "2"]}, index=["101", "201"])
    >>> unlike_counties(towns, ["1"], "towns.gpkg")[0].what.en
    'county 2 is not in the layer of counties; townships: 201'
    """
    known = set(map(str, counties))
    county = townships["county"].dropna().astype(str)
    found = []
    for code in sorted(set(county[county != ""]) - known):
        listed = some(sorted(county.index[county == code]))
        found.append(Finding(
            Text(f"county {code} is not in the layer of counties; townships: {listed}",
                 f"县区 {code} 不在县区图层中；涉及乡镇：{listed}"),
            where, code="unknown-county", level="error",
            spots=_spots(townships, county[county == code]),
            remedy=Text("correct the code, or add the county: " + some(sorted(known)),
                        "请更正代码，或在县区图层中补充；现有：" + some(sorted(known))),
        ))  # fmt: skip
    return found
