"""What the columns of an audit's layer and tables are, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from zoning.base.words import values
from zoning.contribution.parts import Field
from zoning.errors import Text
from zoning.inputs.plans import load_roles, role_of
from zoning.review.audit.decisions import STATE_NAMES, STATES
from zoning.review.audit.patches import EDGE, SPECK, THIN
from zoning.review.audit.resolve import NOBODY
from zoning.review.audit.rules import LEVELS, Matrix

if TYPE_CHECKING:
    import pandas as pd

#: Name -> label (English, Chinese), about (English, Chinese), unit.
_FIELDS: dict[str, tuple[str, str, str, str, str]] = {
    "conflict": ("conflict", "冲突编号", "named by a point inside, metres east and north",
                 "以图斑内一点的坐标（米）命名", ""),
    "kind": ("class", "冲突类别", "class of conflict by the matrix of rules", "按规则矩阵归类", ""),
    "level": ("level", "级别", "how grave it is", "严重程度", ""),
    "claims": ("claims", "主张（代码）", "role=class of every plan on this ground",
               "各规划对该地的主张（角色=类别）", ""),
    "claims_en": ("claims in English", "主张（英文）", "the same in words", "英文说明", ""),
    "claims_zh": ("claims in Chinese", "主张", "the same in Chinese", "各规划对该地的主张", ""),
    "area_m2": ("area", "面积", "in the ledger of the audit", "台账面积", "m2"),
    "real_m2": ("wider part", "较宽部分", "what an opening by the tolerance leaves",
                "按容差开运算后余下的面积", "m2"),
    "width_m": ("width", "宽度", "of the largest circle inside", "最大内切圆直径", "m"),
    "parts": ("parts", "部分数", "pieces wider than the tolerance", "宽于容差的部分", "count"),
    "form": ("form of a sliver", "碎片形态", "what kind of sliver it is", "碎片属于哪一种", ""),
    "township": ("township", "乡镇代码", "the one with the largest part", "所占最大的乡镇", ""),
    "township_name": ("township's name", "乡镇", "its name", "乡镇名称", ""),
    "n_townships": ("townships", "涉及乡镇数", "how many", "涉及乡镇数量", "count"),
    "townships": ("all townships", "涉及乡镇", "codes, the largest part first",
                  "代码，按面积由大到小", ""),
    "county": ("county", "县区代码", "the one with the largest part", "所占最大的县区", ""),
    "zone": ("zone", "功能区", "of the unit with the largest part", "所占最大的单元的分区", ""),
    "n_units": ("units", "涉及单元数", "how many", "涉及单元数量", "count"),
    "units": ("all units", "涉及单元", "codes, the largest part first", "编号，按面积由大到小", ""),
    "years": ("years", "规划年份", "of the layers that claim the ground", "所涉图层的年份", ""),
    "rule": ("rule", "规则", "row of the matrix that decides the class", "归类所依规则", ""),
    "remedy_en": ("remedy in English", "处置（英文）", "what to do", "处置建议", ""),
    "remedy_zh": ("remedy in Chinese", "处置建议", "what to do", "处置建议", ""),
    "source": ("source", "来源", "where the rule, plan or layer is from", "规则或图层的来源", ""),
    "evidence": ("evidence", "证据", "how firm that source is", "来源的可靠程度", ""),
    "proposal": ("gives way", "拟退让", "claims that give way by the rules and the chosen order",
                 "按规则与次序拟退让的主张", ""),
    "state": ("state", "状态", "whether a person has decided", "处置进度", ""),
    "gives_way": ("decided to give way", "决定退让", "role that gives way by decision",
                  "决定由其退让的角色", ""),
    "reason": ("reason", "理由", "of the decision", "决定理由", ""),
    "who": ("who", "决定人", "decided", "由谁决定", ""),
    "date": ("date", "日期", "of the decision", "决定日期", ""),
    "patches": ("patches", "图斑数", "how many", "图斑数量", "count"),
    "share": ("share", "占比", "of the city", "占市域", "1"),
    "before_m2": ("before", "处置前", "as the plans stand", "按现有规划", "m2"),
    "after_m2": ("after", "处置后", "as proposed and decided", "按建议与决定", "m2"),
    "given_up_m2": ("given up", "退让", "ground on which the claim gives way", "退让面积", "m2"),
    "gained_m2": ("gained", "转入", "ground that becomes this claim", "转入面积", "m2"),
    "role": ("role", "角色", "what the layer is", "图层的角色", ""),
    "class": ("class of the plan", "规划类别", "as the role knows it", "该角色下的类别", ""),
    "unit": ("unit", "单元", "code of the unit", "单元编号", ""),
    "conflict_m2": ("conflict", "冲突面积", "of level conflict", "级别为冲突的面积", "m2"),
    "unclassified_m2": ("unclassified", "未归类面积", "no rule fits", "没有适用规则的面积", "m2"),
    "warning_m2": ("warning", "警告面积", "of level warning", "级别为警告的面积", "m2"),
    "notice_m2": ("notice", "提示面积", "of level notice, slivers too", "级别为提示的面积，含碎片",
                  "m2"),
    "claim_en": ("claim", "主张（英文）", "role and class in words", "角色与类别", ""),
    "claim_zh": ("claim in Chinese", "主张", "role and class in Chinese", "角色与类别", ""),
    "claim_a": ("one claim", "主张甲", "role=class", "角色=类别", ""),
    "claim_b": ("other claim", "主张乙", "role=class", "角色=类别", ""),
    "claim_set": ("set of claims", "主张组合", "its number", "组合序号", ""),
    "after": ("claims after", "处置后主张", "that stay", "保留的主张", ""),
    "place": ("place", "范围", "the city or a county", "全市或县区", ""),
    "planned_before_m2": ("planned before", "规划建设（前）", "construction by either plan",
                          "两规任一安排建设的面积", "m2"),
    "planned_after_m2": ("planned after", "规划建设（后）", "the same after the proposal",
                         "处置后同口径面积", "m2"),
    "new_before_m2": ("new before", "其中新增（前）", "of it not built yet", "其中尚未建设", "m2"),
    "new_after_m2": ("new after", "其中新增（后）", "the same after the proposal",
                     "处置后同口径面积", "m2"),
    "headroom_m2": ("headroom", "剩余空间", "under the cap of the city", "上限下的剩余空间", "m2"),
    "slack_before_m2": ("slack before", "余缺（前）", "headroom less new land planned",
                        "剩余空间减规划新增", "m2"),
    "slack_after_m2": ("slack after", "余缺（后）", "the same after the proposal",
                       "处置后同口径", "m2"),
    "leaves_m2": ("leaves", "调出", "basic farmland to be replaced", "需补划的永久基本农田", "m2"),
    "candidates_m2": ("candidates", "可补划耕地", "free farmland of the county", "县域内可补划耕地",
                      "m2"),
    "in_county_m2": ("in the county", "县内补划", "replaced in the county", "县域内补划", "m2"),
    "in_city_m2": ("in the city", "市内补划", "replaced elsewhere in the city", "市域内补划", "m2"),
    "missing_m2": ("missing", "缺口", "no land to replace it", "无地可补", "m2"),
    "plan": ("plan", "规划", "what people call it", "规划名称", ""),
    "year": ("year", "年份", "of the plan or survey", "规划或调查年份", "year"),
    "survey": ("survey", "调查", "that it stands on", "所依调查", ""),
    "precedence": ("precedence", "优先序", "1 goes before 2", "1 优先于 2", ""),
    "features": ("features", "要素数", "of the layer", "图层要素数", "count"),
    "input": ("input", "输入", "table of plan.toml", "plan.toml 中的表", ""),
    "claimed_m2": ("claimed", "主张面积", "ground of the role, counted once",
                   "该角色的面积，不重复计", "m2"),
    "built_m2": ("built", "现状建设", "existing construction land", "现状建设用地", "m2"),
    "decided_state": ("decided state", "决定状态", "decided or closed; empty: not decided",
                      "已决定或已销号；空为未决定", ""),
    "standing": ("standing", "效力", "what became of the decision", "该决定是否采用", ""),
}  # fmt: skip

_STANDING = {
    "applied": Text("applied", "已采用"), "idle": Text("not decided", "未作决定"),
    "stale": Text("stale", "已过时"), "no-place": Text("no such conflict", "冲突已不存在"),
    "no-claim": Text("who gives way has no claim there", "让步方在此无主张"),
}  # fmt: skip


def states() -> dict[str, Text]:
    """Give the words for states, in order.

    Examples
    --------
    >>> [t.zh for t in states().values()]
    ['待处置', '已有建议', '已决定', '已销号']
    """
    return {code: STATE_NAMES[code] for code in STATES}


def fields_of(
    frame: pd.DataFrame, rules: Matrix, zones: Mapping[str, Text],
    places: Mapping[str, Text] | None = None,
) -> tuple[Field, ...]:  # fmt: skip
    """Describe the columns of a frame.

    Parameters
    ----------
    frame : DataFrame
    rules : Matrix
        Gives the names of classes.
    zones : mapping of str to Text
        Names of zones.
    places : mapping of str to Text, optional
        Names of counties by code.

    Returns
    -------
    tuple of Field
    """
    words: dict[str, Mapping[str, Text]] = {
        "kind": {code: text for code, (text, _) in rules.classes.items()},
        "level": {code: text for code, (text, _) in LEVELS.items()},
        "state": states(), "zone": zones, "standing": _STANDING,
        "form": {
            "": Text("no sliver", "非碎片"), EDGE: Text("edge shift", "边界错位"),
            THIN: Text("narrow thing of one layer", "单一图层狭长要素"),
            SPECK: Text("too small to be mapped", "不足上图面积"),
        },
        "role": {r.code: r.name for r in load_roles().values()},
        "class": _classes(), "evidence": values("evidence"),
        "place": {"city": Text("city", "全市"), **(places or {})},
    }  # fmt: skip
    found = []
    for name in (str(c) for c in frame.columns if c != "geometry"):
        en, zh, about_en, about_zh, unit = _FIELDS[name]
        found.append(
            Field(name, Text(en, zh), Text(about_en, about_zh), unit, dict(words.get(name, {})))
        )
    return tuple(found)


def _classes() -> dict[str, Text]:
    """Give the names of classes; a code that roles call differently stays a code."""
    found: dict[str, set[Text]] = {}
    for role in load_roles().values():
        for c in role.classes:
            found.setdefault(c.code, set()).add(c.name)
    return {code: next(iter(names)) for code, names in found.items() if len(names) == 1}


def names_of(frame: pd.DataFrame, fields: Iterable[Field]) -> dict[str, Text]:
    """Give what people call the columns of the layer to decide in."""
    known = {f.name: f.label for f in fields}
    en, zh = _FIELDS["decided_state"][:2]
    known["decided_state"] = Text(en, zh)
    return {str(c): known[str(c)] for c in frame.columns if c != "geometry"}


def choices(fields: Iterable[Field], roles: Iterable[str]) -> dict[str, dict[str, Text]]:
    """Give the lists that a person chooses from: states, roles that may give way."""
    found = {f.name: dict(f.words) for f in fields if f.words}
    found["decided_state"] = {code: STATE_NAMES[code] for code in ("decided", "closed")}
    found["gives_way"] = {r: role_of(r).name for r in roles}
    found["gives_way"][NOBODY] = Text("nobody: every plan keeps its claim", "均不退让")
    return found
