"""Whether new land and zones cluster on the map: Moran's I, and local clusters of new land (LISA).

Made where `[outputs] patterns` asks for it and new land was placed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.allocation.space import lattice_edges
from zoning.base import words
from zoning.contribution.parts import Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text
from zoning.measure.patterns import lisa, lisa_p, morans_i

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Name of the contribution.
WING = "patterns"
#: Permutations, their seed, and the level of local clusters (our choice).
PERMUTATIONS, SEED, LEVEL = 199, 20_131, 0.05
_CLASSES = {
    "HH": (Text("much among much", "高值聚集"), "#b2182b"),
    "HL": (Text("much among little", "高值孤立"), "#f4a582"),
    "LH": (Text("little among much", "低值邻高值"), "#92c5de"),
    "LL": (Text("little among little", "低值聚集"), "#2166ac"),
    "none": (Text("no cluster", "不显著"), "#eceae4"),
}  # fmt: skip


def contribution(plan: Plan) -> tuple[Contribution, ...]:
    """Give the tables, the theme and the chapter; none where they were not asked for."""
    units = plan.units
    if not plan.config.outputs.patterns or "new_m2" not in units or len(units) < 3:
        return ()
    edges = lattice_edges(units.index, plan.grid.cell_m)
    pairs = np.stack([units.index.get_indexer(edges[c]) for c in ("a", "b")], axis=1)
    # The area of a unit may round to 0 m2; nothing new lies there.
    area = np.maximum(units["area_m2"].to_numpy(np.float64), 1.0)
    share = units["new_m2"].to_numpy(np.float64) / area
    rows = [_row("new_land", share, pairs)]
    if "zone" in units:
        zone = units["zone"].astype("string").fillna("").to_numpy(object)
        rows += [
            _row(code, (zone == code).astype(np.float64), pairs) for code in plan.scheme.codes
            if 0 < int((zone == code).sum()) < len(zone)
        ]  # fmt: skip
    found = pd.DataFrame(rows).astype({"what": "string"})
    local = clusters(units.index, share, pairs)
    return (_shown(plan, found, local),)


def _row(what: str, x: Any, pairs: Any) -> dict[str, Any]:
    found = morans_i(x, pairs, permutations=PERMUTATIONS, seed=SEED)
    return {
        "what": what, "morans_i": round(found.value, 6), "expected": round(found.expected, 6),
        "p": round(found.p, 6), "units": len(x),
    }  # fmt: skip


def clusters(index: pd.Index, share: Any, pairs: Any) -> pd.DataFrame:
    """Give each unit the kind of cluster of new land that it lies in, where p is below the level.

    Returns
    -------
    DataFrame
        ``unit``, ``local_i``, ``p``, ``cluster`` (HH, HL, LH, LL, none).
    """
    local, quadrant = lisa(share, pairs)
    p = lisa_p(share, pairs, permutations=PERMUTATIONS, seed=SEED)
    # Without neighbours p is NaN: not known, and no cluster.
    out = pd.DataFrame(
        {
            "unit": index.astype(str), "local_i": pd.array(np.round(local, 6), "Float64"),
            "p": pd.array(np.round(p, 6), "Float64"),
            "cluster": np.where(p <= LEVEL, quadrant, "none"),
        }
    )  # fmt: skip
    return out.astype({"unit": "string", "cluster": "string"})


def _shown(plan: Plan, found: pd.DataFrame, local: pd.DataFrame) -> Contribution:
    title = Text("Clusters on the map", "空间聚集")
    names = {"new_land": Text("new land", "新增建设用地")}
    names |= {c: plan.scheme.name_of(c) for c in plan.scheme.codes}
    about = Text(
        "Moran's I is near its expected value (about 0) where new land or a zone lies at random "
        "over neighbouring units, and towards 1 where it clusters; p is the share of "
        f"{PERMUTATIONS} random placements (seed {SEED}) that cluster as much, one-sided. Zones "
        "follow townships, so they cluster by their making. Local clusters of new land: p up to "
        f"{LEVEL:g}, not corrected for the many units looked at.",
        "莫兰指数接近期望值（约 0）表示随机分布，越近 1 越聚集；p 为随机排列"
        f"（{PERMUTATIONS} 次，种子 {SEED}）中聚集程度不低于实际的比例（单侧）。"
        f"分区随乡镇划定，聚集是必然结果。新增用地局部聚集以 p 不大于 {LEVEL:g} 判定，"
        "未作多重检验校正。",
    )
    unit = Text(words.label("unit", "en"), words.label("unit", "zh"))
    local_title = Text("Local clusters of new land", "新增用地局部聚集")
    index, chance = Text("Moran's I", "莫兰指数"), Text("p", "p 值")
    classes = tuple(Class(t, c, code=k) for k, (t, c) in _CLASSES.items())
    return Contribution(
        WING, title,
        tables=(
            Table("patterns", Text("Do they cluster?", "是否聚集"), found, (
                Field("what", Text("what", "对象"), Text("new land, or a zone", "新增或分区"),
                      words=names),
                Field("morans_i", index, Text("of the share of the units", "按单元占比")),
                Field("expected", Text("expected", "期望值"), Text("at random", "随机分布时")),
                Field("p", chance, Text("one-sided", "单侧")),
                Field("units", Text("units", "单元数"), Text("looked at", "参与计算"), "count"),
            ), keys=("what",)),
            Table("new_land_clusters", local_title, local, (
                Field("unit", unit, unit),
                Field("local_i", Text("local Moran's I", "局部莫兰指数"), Text("LISA", "LISA")),
                Field("p", chance, Text("one-sided", "单侧")),
                Field("cluster", Text("cluster", "聚集类型"), Text("of new land", "新增建设用地"),
                      words={k: t for k, (t, _) in _CLASSES.items()}),
            ), keys=("unit",)),
        ),
        themes=(Theme("new_land_pattern", Text("Clusters of new land", "新增用地聚集"),
                      Text("local clusters of the share of new land", "新增占比的局部聚集"),
                      "new_land_clusters", "cluster", classes),),
        chapters=(Chapter(title, (about,), maps=("new_land_pattern",), tables=("patterns",)),),
    )  # fmt: skip
