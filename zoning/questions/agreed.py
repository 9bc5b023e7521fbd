"""What several plans have in common, as a contribution: table, theme, card line, chapter."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text
from zoning.plan import Plan

_COLOURS = ("#f0f0f0", "#c6dbef", "#9ecae1", "#6baed6", "#4292c6", "#2171b5", "#08519c", "#08306b")
_UNIT = Field("unit", Text("unit", "单元"), Text("code of the unit", "单元编号"))


def agreed(units: pd.Index, plans: Sequence[pd.Series]) -> pd.DataFrame:
    """Count in how many plans each unit takes new land.

    Parameters
    ----------
    units : Index
    plans : sequence of Series, index ``unit``
        New land, m2.

    Returns
    -------
    DataFrame
        ``unit, chosen`` (in so many plans), ``least_m2`` (new land in every plan).

    Examples
    --------
    >>> a, b = pd.Series([5, 0], ["u", "v"]), pd.Series([3, 2], ["u", "v"])
    >>> agreed(a.index, [a, b]).values.tolist()
    [['u', 2, 3], ['v', 1, 0]]
    """
    table = pd.concat([p.reindex(units, fill_value=0) for p in plans], axis=1).astype("int64")
    return pd.DataFrame(
        {
            "unit": units.astype(str),
            "chosen": (table > 0).sum(axis=1).to_numpy("int64"),
            "least_m2": table.min(axis=1).to_numpy("int64"),
        }
    )


def contribution(plan: Plan, rows: pd.DataFrame, plans: Sequence[pd.Series]) -> Contribution:
    """Draw up what several plans agree on.

    Parameters
    ----------
    plan : Plan
    rows : DataFrame
        ``plan, objective_share, elsewhere_m2, gap``: the plans side by side.
    plans : sequence of Series, index ``unit``
    """
    n = len(plans)
    units = agreed(plan.units.index, plans)
    classes = tuple(
        Class(Text(f"in {k} of {n}", f"{n} 个方案中的 {k} 个"), _colour(k, n), code=str(k))
        for k in range(n + 1)
    )
    words = {c.code: c.label for c in classes if c.code is not None}
    units = units.assign(chosen=units["chosen"].astype(str))
    firm, some = int((units["chosen"] == str(n)).sum()), int((units["chosen"] != "0").sum())
    fields = (
        _UNIT,
        Field("chosen", Text("chosen", "入选次数"),
              Text("in how many plans the unit takes new land", "单元在几个方案中新增建设用地"),
              words=words),
        Field("least_m2", Text("new land in every plan", "各方案共有的新增"),
              Text("new land that every plan places here", "每个方案都在此新增的面积"), "m2"),
    )  # fmt: skip
    about = Text(
        f"{n} plans, each nearly as good as the best: {firm} units take new land in all of them,"
        f" {some} in some",
        f"{n} 个与最优方案相近的方案：{firm} 个单元在全部方案中新增，"
        f"{some} 个单元至少在一个方案中新增",
    )
    return Contribution(
        "alternatives",
        Text("Several good plans", "多个可选方案"),
        tables=(
            Table("alternatives", Text("Plans side by side", "方案对比"), rows, _side_by_side()),
            Table("alternative_units", Text("What the plans agree on", "方案共识"), units, fields),
        ),
        themes=(
            Theme("alternatives_map", Text("Chosen in how many plans", "入选方案数"), about,
                  "alternative_units", "chosen", classes),
        ),
        cards=(
            Card(Text("several plans", "多方案"), "alternative_units", ("chosen", "least_m2")),
        ),
        chapters=(
            Chapter(Text("Several good plans", "多个可选方案"), (about,), ("alternatives_map",),
                    ("alternatives",)),
        ),
    )  # fmt: skip


def _side_by_side() -> tuple[Field, ...]:
    return (
        Field("plan", Text("plan", "方案"), Text("its number, 1 is the best", "方案序号，1 为最优"),
              "count"),
        Field("objective_share", Text("worth", "价值"),
              Text("worth as a share of the best plan's", "相对最优方案的价值"), "1"),
        Field("new_m2", Text("new land", "新增"), Text("new land in all", "新增合计"), "m2"),
        Field("elsewhere_m2", Text("elsewhere", "异地新增"),
              Text("smallest area of new land elsewhere than in each earlier plan",
                   "与此前每个方案相比位置不同的新增面积的最小值"), "m2"),
        Field("most_m2", Text("at most elsewhere", "异地上限"),
              Text("no plan of this worth lies farther apart", "同等价值下不可能更大"), "m2"),
    )  # fmt: skip


def _colour(k: int, n: int) -> str:
    return _COLOURS[0 if k == 0 else max(1, round(k / n * (len(_COLOURS) - 1)))]
