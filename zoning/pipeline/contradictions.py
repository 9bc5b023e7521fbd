"""What the planner states and the layers of the plan contradict."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from zoning.errors import Finding, Text
from zoning.inputs.source import some

#: A share of the planner's that differs by more than this from the measured one is told (own).
CONTRADICTION = 0.05


def contradicted(townships: gpd.GeoDataFrame | None) -> list[Finding]:
    """Tell shares of the planner's table that the layers of the plan contradict.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"name": ["甲镇"], "built_share": [0.1],
    ...     "given_built_share": [0.8]}, index=["321191001"], geometry=[None])
    >>> contradicted(towns)[0].what.en
    "'built_share' is given otherwise than measured: 321191001 甲镇 (80.0%, measured 10.0%)"
    """
    if townships is None:
        return []
    found = []
    for given in [c for c in townships.columns if str(c).startswith("given_")]:
        column = str(given).removeprefix("given_")
        if not column.endswith("_share") or column not in townships:
            continue
        mine = pd.to_numeric(townships[given], errors="coerce")
        measured = pd.to_numeric(townships[column], errors="coerce")
        hit = townships.index[((mine - measured).abs() > CONTRADICTION).fillna(False)]
        if not len(hit):
            continue
        en = some(
            f"{c} {townships['name'][c]} ({mine[c]:.1%}, measured {measured[c]:.1%})" for c in hit
        )
        zh = some(
            f"{c} {townships['name'][c]}（{mine[c]:.1%}，实测 {measured[c]:.1%}）" for c in hit
        )
        found.append(Finding(
            Text(f"'{column}' is given otherwise than measured: {en}",
                 f"“{column}”填报值与实测值不符：{zh}"), "townships", code="contradicted-share",
            measured=float((mine - measured).abs().max()), limit=CONTRADICTION,
            remedy=Text("the method reads the given one; take the column out to use the measured",
                        "判定采用填报值；如需采用实测值，请删去该字段"),
        ))  # fmt: skip
    return found
