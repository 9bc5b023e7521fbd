"""Fairness per head: construction land before and after, new land, protected land, by place.

Made wherever townships state their people (`population`) and new land was placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.base import runs, words
from zoning.base.areas import floats
from zoning.contribution.parts import Chapter, Chart, Contribution, Field, Table
from zoning.errors import Text
from zoning.measure.patterns import gini, theil

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Name of the contribution.
WING = "equity"
#: What is shared out, and what it is called.
MEASURES = {
    "built": Text("construction land that exists", "现状建设用地"),
    "after": Text("construction land with the new", "含新增的建设用地"),
    "new": Text("new land", "新增建设用地"),
    "protected": Text("protected land", "受保护土地"),
}


def amounts(plan: Plan) -> pd.DataFrame | None:
    """Give people and land of every township whose people are known.

    Returns
    -------
    DataFrame, index ``township``, or None
        ``county``, ``population``, ``built_m2``, ``after_m2``, ``new_m2``, ``protected_m2``; None
        without people or new land. ``protected_m2`` is ``<NA>`` where protection is not known.
    """
    towns, pieces = plan.townships, plan.pieces
    if towns is None or pieces is None or "new_m2" not in pieces or "population" not in towns:
        return None
    people = pd.to_numeric(towns["population"], errors="coerce").astype("Float64")
    land = pieces[pieces["township"].isin(towns.index).to_numpy()]

    def total(column: str) -> pd.Series:
        return runs.total(land[column], land["township"], towns.index)

    built, new = total("built_m2"), total("new_m2")
    known = "protected_m2" in land and not land["protected_m2"].isna().any()
    out = pd.DataFrame(
        {
            "county": towns["county"].astype("string"),
            "population": people,
            "built_m2": built,
            "after_m2": built + new - (total("reduced_m2") if "reduced_m2" in land else 0),
            "new_m2": new,
            "protected_m2": (total("protected_m2") if known else pd.NA),
        }
    ).astype({"protected_m2": "Int64"})
    out = out[(out["population"] > 0).fillna(value=False)]
    return out if len(out) > 1 else None


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Give the unevenness of each measure: Gini and Theil over townships, and between counties.

    Returns
    -------
    DataFrame
        ``measure``, ``per_head_m2`` (of all), ``gini``, ``theil``, ``theil_between`` (the part of
        Theil's T that lies between counties), ``least_m2``, ``most_m2`` (of a township, per head).
    """
    people = floats(table["population"])
    county = table["county"].fillna("").to_numpy(object)
    rows: list[dict[str, Any]] = []
    for measure in MEASURES:
        x = floats(table[f"{measure}_m2"])
        if np.isnan(x).any():
            rows.append({"measure": measure})
            continue
        each = x / people
        by = pd.DataFrame({"county": county, "x": x, "people": people}).groupby("county").sum()
        rows.append(
            {
                "measure": measure, "per_head_m2": float(x.sum() / people.sum()),
                "gini": gini(x, people), "theil": theil(x, people),
                "theil_between": theil(by["x"].to_numpy(), by["people"].to_numpy()),
                "least_m2": float(each.min()), "most_m2": float(each.max()),
            }
        )  # fmt: skip
    names = ["measure", "per_head_m2", "gini", "theil", "theil_between", "least_m2", "most_m2"]
    found = pd.DataFrame(rows, columns=names).astype({"measure": "string"})
    for column in names[1:]:
        found[column] = found[column].astype("Float64").round(6)
        found[column] = found[column].mask(found[column].isna(), pd.NA)
    return found


def per_head(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """Give every measure per head of each township or county, m2."""
    if level == "county":
        numbers = table.drop(columns="county").groupby(table["county"]).sum(min_count=1)
    else:
        numbers = table.drop(columns="county")
    people = numbers["population"].astype("Float64")
    out = {level: numbers.index.astype(str), "population": people.to_numpy()}
    for measure in MEASURES:
        each = (numbers[f"{measure}_m2"].astype("Float64") / people).round(3)
        out[f"{measure}_per_head_m2"] = each.to_numpy()
    return pd.DataFrame(out).astype({level: "string", "population": "Float64"})


def contribution(plan: Plan) -> tuple[Contribution, ...]:
    """Give the tables of fairness and their chapter; none without people or new land.

    Parameters
    ----------
    plan : Plan
        With townships and pieces.
    """
    table = amounts(plan)
    if table is None or plan.townships is None:
        return ()
    found = summary(table)
    title = Text("Fairness per head", "人均公平性")
    towns, counties = per_head(table, "township"), per_head(table, "county")
    return (
        Contribution(
            WING, title,
            tables=(
                Table("equity", Text("Unevenness per head", "人均不均衡程度"), found,
                      _fields_of_measures(), keys=("measure",)),
                Table("equity_counties", Text("Per head by county", "分县人均"), counties,
                      _fields("county"), keys=("county",)),
                Table("equity_townships", Text("Per head by township", "分乡镇人均"), towns,
                      _fields("township"), keys=("township",)),
            ),
            chapters=(Chapter(
                title, _paragraphs(found, len(table), len(plan.townships)),
                tables=("equity", "equity_counties"),
                charts=(Chart(Text("New land per head by county", "分县人均新增建设用地"),
                              "equity_counties", "new_per_head_m2", "county"),),
            ),),
        ),
    )  # fmt: skip


def _paragraphs(found: pd.DataFrame, known: int, all_: int) -> tuple[Text, ...]:
    about = Text(
        "Gini is 0 where every head has the same and goes towards 1 where few have all; Theil's T "
        "is 0 where every head has the same, and its part between counties is what is left when "
        "land is even within each county. Uneven land per head is no fault by itself: zones are "
        "meant to differ. People are those of the townships table.",
        "基尼系数为 0 表示人均相同，越近 1 越集中；泰尔指数为 0 表示人均相同，"
        "其县间部分是县内拉平后仍存在的差异。人均不等本身并非过错：功能区本应有别。"
        "人口取自乡镇表。",
    )
    g = found.set_index("measure")["gini"]
    told = [about]
    if pd.notna(g["built"]) and pd.notna(g["after"]):
        one, two = f"{float(g['built']):.3f}", f"{float(g['after']):.3f}"
        more = float(g["after"]) - float(g["built"])
        en = "as before" if abs(more) < 5e-4 else "less even" if more > 0 else "more even"
        zh = "基本不变" if abs(more) < 5e-4 else "更不均衡" if more > 0 else "更均衡"
        told.append(Text(
            f"Gini of construction land per head goes from {one} to {two} with the new land: {en}.",
            f"人均建设用地基尼系数由 {one} 变为 {two}（计入新增）：{zh}。"))  # fmt: skip
    if known < all_:
        told.append(Text(
            f"{all_ - known} of {all_} townships state no people and are left out.",
            f"{all_} 个乡镇中有 {all_ - known} 个没有人口数据，未计入。"))  # fmt: skip
    return tuple(told)


def _fields_of_measures() -> tuple[Field, ...]:
    head = Text("m² per head", "人均平方米")
    return (
        Field("measure", Text("land", "土地"), Text("what is shared out", "被分配的土地"),
              words=MEASURES),
        Field("per_head_m2", Text("m² per head, all", "全市人均（m²）"), head),
        Field("gini", Text("Gini", "基尼系数"),
              Text("over townships, weighted by people", "按乡镇，以人口加权")),
        Field("theil", Text("Theil's T", "泰尔指数"),
              Text("over townships, weighted by people", "按乡镇，以人口加权")),
        Field("theil_between", Text("between counties", "县间部分"),
              Text("the part of Theil's T between counties", "泰尔指数的县间部分")),
        Field("least_m2", Text("least (m²)", "最少（m²）"),
              Text("of a township, per head", "乡镇人均最小值")),
        Field("most_m2", Text("most (m²)", "最多（m²）"),
              Text("of a township, per head", "乡镇人均最大值")),
    )  # fmt: skip


def _fields(level: str) -> tuple[Field, ...]:
    name = Text(words.label(level, "en"), words.label(level, "zh"))
    people = Text(words.label("population", "en"), words.label("population", "zh"))
    return (
        Field(level, name, name),
        Field("population", people, Text("of the townships table", "取自乡镇表")),
        *(
            Field(f"{m}_per_head_m2",
                  Text(f"{t.en}, m² per head", f"人均{t.zh}（m²）"),
                  Text(f"{t.en} over people", f"{t.zh}除以人口"))
            for m, t in MEASURES.items()
        ),
    )  # fmt: skip
