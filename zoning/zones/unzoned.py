"""Land without a zone: how much of it there is, and why."""

from __future__ import annotations

import pandas as pd

from zoning.errors import Text, named, some
from zoning.zones.lacking import lacking, titled
from zoning.zones.method import Method
from zoning.zones.tell import is_left_open, tell_left_open

#: What is added up of it, where the units have it.
_SUMS = ("area_m2", "redline_m2", "built_m2", "built_redline_m2", "new_m2")


def unzoned_land(units: pd.DataFrame) -> dict[str, int] | None:
    """Add up the land of units without a zone; None where every unit has one.

    Parameters
    ----------
    units : DataFrame
        ``zone``, ``area_m2`` (m2) and, where known, the sums of land use (m2).

    Returns
    -------
    dict or None
        ``units`` (a count) and the sums, m2; what is not known is left out.

    Examples
    --------
    >>> units = pd.DataFrame({"zone": ["key", None, None], "area_m2": [5, 3, 4]})
    >>> unzoned_land(units)
    {'units': 2, 'area_m2': 7}
    """
    if "zone" not in units:
        return None
    gone = units[units["zone"].isna().to_numpy()]
    if gone.empty:
        return None
    known = [c for c in _SUMS if c in gone and gone[c].notna().all()]
    return {"units": len(gone)} | {c: int(gone[c].sum()) for c in known}


def why_unzoned(units: pd.DataFrame, townships: pd.DataFrame | None, method: Method) -> Text | None:
    """Say why land has no zone: which township lacks which column, and what no township holds.

    Parameters
    ----------
    units : DataFrame
        ``zone``, ``township``.
    townships : DataFrame, index township code
        ``name``, ``zone`` and the attributes that the method reads.
    method : Method

    Returns
    -------
    Text or None
        None where every unit has a zone.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> units = pd.DataFrame({"zone": [None, None], "township": ["t1", None]})
    >>> towns = pd.DataFrame({"name": ["甲镇"], "zone": [None], "slope_deg": [None]}, index=["t1"])
    >>> why_unzoned(units, towns, load_method("two-matrices")).en
    '甲镇 (t1) lacks slope_deg; 1 unit in no township or in several'
    """
    if "zone" not in units or units["zone"].notna().all():
        return None
    gone = units.loc[units["zone"].isna(), "township"]
    en, zh = [], []
    known = (
        pd.DataFrame()
        if townships is None
        else townships[townships.index.isin(gone.dropna().unique())]
    )
    for columns, why, rows in _by_reason(known, method):
        them = some([named(row.get("name"), code) for code, row in rows])
        verb = "lacks" if len(rows) == 1 else "lack"
        en.append(f"{them.en} {verb} {', '.join(columns)}" if columns else f"{them.en}: {why.en}")
        lacks = "、".join(titled(c) for c in columns)
        zh.append(f"{them.zh}缺少{lacks}" if columns else f"{them.zh}：{why.zh}")
    zoned = known.index[known["zone"].notna()] if len(known) else []
    open_ = int(gone.isin(zoned).sum())
    if open_:
        en.append(f"{open_:,} unit{'' if open_ == 1 else 's'} where protected land is not known")
        zh.append(f"{open_:,} 个单元的保护用地未知")
    nowhere = int((~gone.isin(known.index)).sum())
    if nowhere:
        en.append(f"{nowhere:,} unit{'' if nowhere == 1 else 's'} in no township or in several")
        zh.append(f"{nowhere:,} 个单元不属于任何乡镇或分属多个乡镇")
    return Text("; ".join(en), "；".join(zh)) if en else None


def _by_reason(
    townships: pd.DataFrame, method: Method
) -> list[tuple[tuple[str, ...], Text, list[tuple[str, pd.Series]]]]:
    """Put townships together that lack the same columns, or that one rule leaves open."""
    groups: dict[tuple[tuple[str, ...], Text], list[tuple[str, pd.Series]]] = {}
    for code, row in townships.iterrows():
        if pd.isna(row["zone"]):
            columns = tuple(lacking(row, method))
            why = _NONE
            if not columns and is_left_open(row):
                why = Text(_lower(tell_left_open(row, method, "en")),
                           tell_left_open(row, method, "zh"))  # fmt: skip
            groups.setdefault((columns, why), []).append((str(code), row))
    return [(columns, why, rows) for (columns, why), rows in groups.items()]


_NONE = Text("the method gives no zone", "方法未给出分区")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
