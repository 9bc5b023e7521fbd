"""What to look at before townships are classed: judgements, missing attributes, own measurements.

The cause is told here, before a run tells its consequence: an unzoned township.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from zoning.errors import Finding, Text, named, some
from zoning.weights.ahp import ahp
from zoning.zones.lacking import needed, titled
from zoning.zones.method import Method
from zoning.zones.scoring import MEASURED

#: What a run measures, by its column, and the input that it comes from.
INPUTS = {"land use": "用地现状", "red lines": "生态红线"}


def remarks(
    table: pd.DataFrame, method: Method, *, absent: Collection[str] = (), where: str = ""
) -> list[Finding]:
    """Look at a method and a table of townships together.

    Parameters
    ----------
    table : DataFrame, index township code
        Attributes as the planner gave them, with ``name`` if there is one.
    method : Method
    absent : collection of str
        Inputs that the plan does without: ``"land use"``, ``"red lines"``.
    where : str
        The file of the attributes.

    Returns
    -------
    list of Finding
        Warnings about inconsistent judgements, indicators that are unknown everywhere, and
        townships that lack an attribute (code and column are named).

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> towns = pd.DataFrame({"name": ["甲镇"], "slope_deg": [None], "population": [1],
    ...     "gdp_10k_yuan": [1], "min_to_centre": [1]}, index=["t1"])
    >>> [f.tell() for f in remarks(towns, load_method("two-matrices"))]
    ["'slope_deg' is missing in 1 township, to which the method gives no zone: 甲镇 (t1)"]
    """
    return [
        *_judgements(method),
        *(f for name in INPUTS if name in absent for f in _unmeasured(name, method)),
        *_gaps(table, method, where),
    ]


def _judgements(method: Method) -> list[Finding]:
    found = []
    for d in method.dimensions:
        if d.weighting is None or "ahp" not in d.weighting.use:
            continue
        names = [t.indicator for t in d.terms]
        result = ahp(pd.DataFrame(list(d.weighting.ahp), index=names, columns=names))
        if not result.consistent:
            found.append(Finding(
                Text(f"judgements of '{d.en}': {result.tell('en')}",
                     f"“{d.zh}”的判断矩阵：{result.tell('zh')}"), method.name,
                measured=result.consistency_ratio, limit=0.1, code="ahp-inconsistent",
                remedy=Text("judge that pair again", "请重新判断该对指标"),
            ))  # fmt: skip
    return found


def _unmeasured(name: str, method: Method) -> list[Finding]:
    without = [i for part, i in needed(method).items() if MEASURED.get(part) == name]
    if not without:
        return []
    listed = ", ".join(without)
    return [Finding(
        Text(f"no {name}: {listed} {'is' if len(without) == 1 else 'are'} unknown everywhere, "
             "so no township gets a zone",
             f"缺少{INPUTS[name]}：{listed} 全部未知，乡镇均无法定类"), method.name,
        measured=len(without), limit=0, code="indicator-unknown",
        remedy=Text(f"give {name}, or a column of that name, or another method",
                    f"请提供{INPUTS[name]}，或在乡镇表中填入同名字段，或改用其他方法"),
    )]  # fmt: skip


def _gaps(table: pd.DataFrame, method: Method, where: str) -> list[Finding]:
    found = []
    for part, indicator in needed(method).items():
        column = indicator if indicator in table else part
        if column not in table:
            continue
        gone = table.index[table[column].isna()]
        if len(gone) == 0:
            continue
        names = table["name"] if "name" in table else pd.Series("", index=table.index)
        listed = some([named(names[c], c) for c in gone])
        one = len(gone) == 1
        found.append(Finding(
            Text(f"'{column}' is missing in {len(gone)} township{'' if one else 's'}, to which the "
                 f"method gives no zone: {listed.en}",
                 f"{len(gone)} 个乡镇缺少{titled(column)}，按方法无法分区：{listed.zh}"), where,
            measured=len(gone), limit=0, code="attribute-missing",
        ))  # fmt: skip
    return found
