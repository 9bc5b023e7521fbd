"""Prices of limits of the plan's own beside those of caps and quotas, as a plan shows them.

They are the prices that the allocation left; nothing is solved here.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zoning.base import words
from zoning.capacity.rules import STEP, Limit
from zoning.capacity.titles import title
from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Name of the contribution.
WING = "prices"
_COLOURS = ("#eceae4", "#c9d8ec", "#8fb3dc", "#4f86c6", "#1f4e8c")
_BELOW = "#e6b98a"
_EDGES = (1e-9, 0.1, 0.3, 0.6)
#: No price of a plan reaches this.
_MOST = 1e9


def contribution(
    units: pd.DataFrame,
    pieces: pd.DataFrame | None,
    limits: Sequence[Limit],
    table: pd.DataFrame | None,
) -> tuple[Contribution, ...]:
    """Give prices of all limits, and what they ask of 1 m2 of new land in each unit.

    Parameters
    ----------
    units : DataFrame, index ``unit``
    pieces : DataFrame or None
        With the columns that limits name.
    limits : sequence of Limit
        Of the account.
    table : DataFrame or None
        Of limits, with ``price``, in the same order.

    Returns
    -------
    tuple of Contribution
        One; none without limits of the plan's own, or without prices.
    """
    if pieces is None or table is None or not any(x.kind == "limit" for x in limits):
        return ()
    if table["price"].isna().any():
        return ()
    by_unit = _by_unit(units, pieces, limits, table)
    title = Text("Prices of caps and of the plan's own limits", "总量上限与自定约束的影子价格")
    told = Text(
        "A price is what one more unit of a limit would add to the plan, in suitability (0 to 1 "
        "per m²). Quotas of construction land and of farmland stand side by side; a limit that is "
        "not reached has price 0; below 0 is what a floor costs. Prices hold for small changes and "
        "do not add up over large ones.",
        "影子价格指约束每放宽一个单位，方案适宜性（每平方米 0 至 1）可增加多少。"
        "建设用地与耕地两类指标并列；未用满的约束价格为 0，低于 0 的是下限的代价。"
        "价格只适用于小幅变动，大幅变动时不可相加。",
    )
    return (
        Contribution(
            WING, title,
            tables=(
                Table("limit_prices", Text("Prices of limits", "约束的影子价格"),
                      _by_limit(limits, table), _limit_fields()),
                Table("unit_prices", Text("Prices by unit", "分单元影子价格"), by_unit,
                      _unit_fields()),
            ),
            themes=(
                _theme(by_unit["cap_price"], Text("Price of caps and quotas", "总量与指标的价格")),
                _theme(by_unit["own_price"],
                       Text("Price of the plan's own limits", "自定约束的价格")),
            ),
            cards=(Card(Text("prices", "影子价格"), "unit_prices", ("cap_price", "own_price")),),
            chapters=(Chapter(title, (told,), ("cap_price_map", "own_price_map"),
                              ("limit_prices",)),),
        ),
    )  # fmt: skip


def _by_limit(limits: Sequence[Limit], table: pd.DataFrame) -> pd.DataFrame:
    names = [
        title(x.kind, Text(x.name.en or x.code, x.name.zh or x.code),
              x.phase_name if x.phase and x.kind != "phase" else None)
        for x in limits
    ]  # fmt: skip
    return pd.DataFrame(
        {
            "limit_en": [x.en for x in names],
            "limit_zh": [x.zh for x in names],
            "counted": [x.unit for x in limits],
            "used": table["used_m2"].astype("Int64").to_numpy(object),
            "most": table["cap_m2"].astype("Int64").to_numpy(object),
            "price": table["price"].astype("float64").to_numpy(),
        }
    ).astype({"used": "Int64", "most": "Int64"})


def _by_unit(
    units: pd.DataFrame, pieces: pd.DataFrame, limits: Sequence[Limit], table: pd.DataFrame
) -> pd.DataFrame:
    """Add up what limits ask of 1 m2 in each piece; a unit has the mean of its free land."""
    caps, own = np.zeros(len(pieces)), np.zeros(len(pieces))
    for limit, price in zip(limits, table["price"].astype("float64"), strict=True):
        if not price or limit.kind == "reduction" or limit.phase:
            continue
        counts = limit.weights(pieces)
        share = limit.inside(pieces) if counts is None else counts / STEP
        (own if limit.kind == "limit" else caps)[:] += price * share.to_numpy(float)
    free = pieces["free_m2"].astype("float64").to_numpy()
    found = pd.DataFrame({"unit": units.index.astype(str)})
    weight = pd.Series(free).groupby(pieces["unit"].to_numpy()).sum().reindex(units.index)
    for name, values in (("cap_price", caps), ("own_price", own)):
        total = pd.Series(values * free).groupby(pieces["unit"].to_numpy()).sum()
        mean = (total.reindex(units.index) / weight.where(weight > 0)).to_numpy(float)
        # Sums and means lose digits; a price is told to nine.
        found[name] = np.round(mean, 9) + 0.0
    return found


def _theme(prices: pd.Series, title: Text) -> Theme:
    """Give the theme of a column of prices; below 0 lies land that a floor asks for."""
    about = Text(
        "suitability asked of 1 m² of new land in the unit", "单元内每平方米新增所承担的适宜性价格"
    )
    edges = (0.0, *_EDGES, _MOST)
    labels = [Text("none", "无"), *(Text(f"to {e}", f"至 {e}") for e in _EDGES[1:])]
    labels.append(Text(f"above {_EDGES[-1]}", f"高于 {_EDGES[-1]}"))
    classes = [
        Class(label, colour, lower=low, upper=high)
        for label, colour, (low, high) in zip(labels, _COLOURS, pairwise(edges), strict=True)
    ]
    if prices.min() < 0:
        below = Text("below 0: a floor asks for it", "低于 0：由下限所致")
        classes.insert(0, Class(below, _BELOW, lower=-_MOST, upper=0.0))
    return Theme(
        f"{prices.name}_map", title, about, "unit_prices", str(prices.name), tuple(classes)
    )


def _limit_fields() -> tuple[Field, ...]:
    return (
        Field("limit_en", Text("limit", "约束（英文）"),
              Text("name of the limit", "约束名称（英文）")),
        Field("limit_zh", Text("limit (Chinese)", "约束"), Text("its Chinese name", "约束名称")),
        Field("counted", Text("counted in", "计量单位"), Text("what is counted", "约束的计量单位"),
              words={"m2": Text("m²", "m²")}),
        Field("used", Text("used", "已用"), Text("what new land takes", "新增所占用的数量")),
        Field("most", Text("at most", "上限"), Text("the cap of the limit", "约束的上限")),
        Field("price", Text("price", "影子价格"),
              Text("suitability per unit of the limit", "每单位约束的适宜性价格")),
    )  # fmt: skip


def _unit_fields() -> tuple[Field, ...]:
    unit = Text(words.label("unit", "en"), words.label("unit", "zh"))
    return (
        Field("unit", unit, unit),
        Field("cap_price", Text("price of caps and quotas", "总量与指标的价格"),
              Text("what caps and quotas ask of 1 m² here", "总量与指标对每平方米新增的价格")),
        Field("own_price", Text("price of own limits", "自定约束的价格"),
              Text("what the plan's own limits ask of 1 m² here", "自定约束对每平方米新增的价格")),
    )  # fmt: skip
