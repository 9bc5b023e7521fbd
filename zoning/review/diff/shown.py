"""The tables of a comparison as a plan carries them: columns with names, codes with words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from zoning.base import words
from zoning.contribution.parts import Field, Table
from zoning.errors import Text
from zoning.review.diff import places
from zoning.review.diff.causes import word_of
from zoning.review.diff.compare import Diff, cause_table, codes
from zoning.review.diff.sides import NOWHERE, Side
from zoning.review.diff.walk import CHANGED, OPEN, SAME

STATES = {
    SAME: Text("same", "未变"),
    CHANGED: Text("changed", "改变"),
    OPEN: Text("left open by the crosswalk", "对照表未定"),
}
RELATIONS = {
    "same": Text("name and boundary as before", "名称、界线未变"),
    "renamed": Text("renamed", "更名"),
    "redrawn": Text("new boundary", "界线调整"), "recoded": Text("new code", "更换代码"),
    "merged": Text("merged", "合并"), "split": Text("split", "拆分"),
    "gone": Text("gone", "撤销"), "new": Text("new", "新设"),
    "unlisted": Text("not in the list", "名单未列"),
}  # fmt: skip
_MOVES = {
    "added": Text("added", "新增"), "gone": Text("gone", "取消"), "moved": Text("moved", "调整"),
    "level": Text("another level", "级别调整"), "changed": Text("changed", "改变"),
}  # fmt: skip
_LEVELS = {
    "city": Text("city", "全市"), "zone": Text("zone", "功能区"),
    "county": Text("county", "县（市、区）"), "township": Text("township", "乡镇"),
}  # fmt: skip
_CITY = {
    "cap_share": Text("share of the cap", "上限比例"),
    "share": Text("construction, existing and new", "建设用地占比（含新增）"),
    "existing_share": Text("existing construction", "现状建设用地占比"),
    "eco_agri_share": Text("ecological and agricultural land", "生态与农业空间占比"),
    "existing_m2": Text("existing construction", "现状建设用地"),
    "base_m2": Text("base of the cap", "上限基数"), "cap_m2": Text("cap", "上限"),
    "headroom_m2": Text("headroom", "剩余空间"),
}  # fmt: skip
_MEASURES = {
    "overall": Text("same in both", "总体一致率"),
    "kappa": Text("kappa", "Kappa 系数"),
    "quantity": Text("quantity disagreement", "数量差异"),
    "allocation": Text("allocation disagreement", "位置差异"),
    "merit": Text("figure of merit", "优值系数（FoM）"),
}  # fmt: skip
_BASES = {
    "area_m2": Text("zones by area", "分区（按面积）"),
    "units": Text("zones by units", "分区（按单元）"), "new_m2": Text("new land", "新增建设用地"),
}  # fmt: skip
_YES = {"True": Text("yes", "是"), "False": Text("no", "否")}

#: Columns that people read on a page or on the console; files have them all.
BRIEF: dict[str, tuple[str, ...]] = {
    "diff_townships": ("name_before", "name_after", "zone_before", "zone_after", "relation",
                       "cause"),
    "diff_proposed": ("from_code", "to_code", "name_before", "name_after", "relation",
                      "of_before_share", "of_after_share", "confirmed"),
    "diff_limits": ("kind", "code", "cap_before_m2", "cap_after_m2", "used_before_m2",
                    "used_after_m2", "price_before", "price_after"),
    "diff_protections": ("kind", "name", "state", "level_before", "level_after", "in_m2", "out_m2"),
    "diff_wings": ("title_en", "title_zh", "row", "column_en", "column_zh", "before", "after",
                   "difference"),
}  # fmt: skip

#: Columns of these tables: name in English and Chinese, unit.
_COLUMNS: dict[str, tuple[str, str, str]] = {
    "unit": ("unit", "单元", ""), "former_unit": ("unit", "单元", ""),
    "township": ("township", "乡镇", ""),
    "zone_before": ("zone before", "原分区", ""), "zone_after": ("zone after", "现分区", ""),
    "change": ("change", "变化", ""), "state": ("state", "状态", ""),
    "area_before_m2": ("area before", "原面积", "m2"),
    "area_after_m2": ("area after", "现面积", "m2"),
    "common_m2": ("land of both", "共同面积", "m2"),
    "new_before_m2": ("new land before", "原新增建设用地", "m2"),
    "new_after_m2": ("new land after", "现新增建设用地", "m2"),
    "new_difference_m2": ("new land, difference", "新增建设用地差值", "m2"),
    "cause": ("cause", "原因", ""), "involved": ("takes part", "涉及因素", ""),
    "new_cause": ("cause of new land", "新增用地变化原因", ""),
    "new_involved": ("takes part in new land", "新增用地涉及因素", ""),
    "units": ("units", "单元数", "count"), "area_m2": ("area", "面积", "m2"),
    "code_before": ("code before", "原代码", ""), "code_after": ("code after", "现代码", ""),
    "name_before": ("name before", "原名称", ""), "name_after": ("name after", "现名称", ""),
    "relation": ("administrative change", "区划调整", ""),
    "from_code": ("code before", "原代码", ""), "to_code": ("code after", "现代码", ""),
    "of_before_share": ("of the former", "占原乡镇", "1"),
    "of_after_share": ("of the present", "占现乡镇", "1"),
    "confirmed": ("confirmed", "已确认", ""),
    "level": ("level", "层级", ""), "code": ("code", "代码", ""), "name": ("name", "名称", ""),
    "item": ("item", "项目", ""),
    "before_m2": ("before", "原值", "m2"), "after_m2": ("after", "现值", "m2"),
    "difference_m2": ("difference", "差值", "m2"),
    "before_share": ("before", "原值", "1"), "after_share": ("after", "现值", "1"),
    "difference_share": ("difference", "差值", "1"),
    "kind": ("kind", "类别", ""),
    "floor_before_m2": ("floor before", "原下限", "m2"),
    "floor_after_m2": ("floor after", "现下限", "m2"),
    "cap_before_m2": ("limit before", "原上限", "m2"),
    "cap_after_m2": ("limit after", "现上限", "m2"),
    "used_before_m2": ("used before", "原用量", "m2"),
    "used_after_m2": ("used after", "现用量", "m2"),
    "price_before": ("price before", "原影子价格", ""),
    "price_after": ("price after", "现影子价格", ""),
    "level_before": ("level before", "原级别", ""), "level_after": ("level after", "现级别", ""),
    "in_m2": ("came in", "调入", "m2"), "out_m2": ("went out", "调出", "m2"),
    "level_m2": ("changed its level", "级别变化", "m2"),
    "table": ("table", "表", ""), "title_en": ("title", "英文表名", ""),
    "title_zh": ("title, Chinese", "表名", ""), "column_en": ("column", "英文列名", ""),
    "column_zh": ("column, Chinese", "列名", ""), "row": ("row", "行", ""),
    "column": ("code of the column", "列代码", ""),
    "before": ("before", "原值", ""), "after": ("after", "现值", ""),
    "difference": ("difference", "差值", ""), "unit_of": ("unit of measure", "计量单位", ""),
    "basis": ("what", "比较对象", ""), "measure": ("measure", "指标", ""),
    "zone": ("zone", "功能区", ""), "value": ("value", "数值", ""),
    "group": ("group", "类别", ""), "key": ("key", "键", ""),
    "townships": ("townships", "乡镇数", "count"),
    "new_units": ("units with other new land", "新增用地有变化的单元", "count"),
    "new_change_m2": ("new land that came or went", "新增用地变化量", "m2"),
    "total_m2": ("total", "合计", "m2"),
    "built_before_m2": ("built before", "原现状建设用地", "m2"),
    "built_after_m2": ("built after", "现现状建设用地", "m2"),
}  # fmt: skip
_TITLES: dict[str, tuple[str, str]] = {
    "diff_units": ("Before and after, by unit", "分单元前后对照"),
    "diff_former": ("Units that only the first plan has", "仅见于原方案的单元"),
    "diff_changed": ("Units that changed", "发生变化的单元"),
    "diff_transitions": ("What became what", "分区转移清单"),
    "diff_matrix": ("Transition matrix", "分区转移矩阵"),
    "diff_townships": ("Townships that changed", "发生变化的乡镇"),
    "diff_proposed": ("Proposed crosswalk of townships", "乡镇对照建议"),
    "diff_accounts": ("Accounts that differ", "台账差异"),
    "diff_shares": ("Shares that differ", "占比差异"),
    "diff_zone_sums": ("Zones before and after", "各分区前后对照"),
    "diff_limits": ("Limits and prices that differ", "约束与影子价格差异"),
    "diff_protections": ("Protected areas that changed", "保护区变化"),
    "diff_wings": ("Results of policies that differ", "政策结果差异"),
    "diff_agreement": ("Agreement of the two plans", "两方案一致性"),
    "diff_rules": ("Inputs and rules that differ", "输入与规则差异"),
    "diff_causes": ("What each cause changed", "变化原因汇总"),
}


def title(name: str) -> Text:
    """Give the title of a table of this wing."""
    return Text(*_TITLES[name])


def tables(diff: Diff, units: Iterable[str]) -> tuple[Table, ...]:
    """Give every table of a comparison that has rows, and those that maps are drawn from.

    Parameters
    ----------
    diff : Diff
    units : iterable of str
        Units of the plan that will carry them.
    """
    here = set(units)
    frame = unit_frame(diff)
    inside = frame["unit"].isin(here)
    former = frame[~inside].rename(columns={"unit": "former_unit"})
    moved = frame["state"] != SAME
    if "new_difference_m2" in frame:
        moved |= frame["new_difference_m2"] != 0
    found = {
        "diff_units": (frame[inside], ("unit",)),
        "diff_former": (former, ("former_unit",)),
        "diff_changed": (frame[inside & moved], ("unit",)),
        "diff_transitions": (diff.matrix, ("zone_before", "zone_after")),
        "diff_matrix": (_matrix(diff), ("zone",)),
        "diff_townships": (diff.changed_towns, ("code_before", "code_after")),
        "diff_proposed": (
            diff.proposed.rename(columns={"from": "from_code", "to": "to_code"}),
            ("from_code", "to_code"),
        ),
        "diff_accounts": (diff.accounts, ("level", "code", "item")),
        "diff_shares": (diff.shares, ("item",)),
        "diff_zone_sums": (zone_sums(diff), ("zone",)),
        "diff_limits": (diff.limits, ("kind", "code")),
        "diff_protections": (diff.protections.drop(columns="geometry"), ("kind", "code")),
        "diff_wings": (diff.wings.rename(columns={"unit": "unit_of"}), ("table", "row", "column")),
        "diff_agreement": (diff.agreement, ("basis", "measure", "zone")),
        "diff_rules": (diff.differences, ("group", "key")),
        "diff_causes": (cause_table(diff), ("cause",)),
    }  # fmt: skip
    always = ("diff_units", "diff_transitions", "diff_matrix", "diff_agreement")
    return tuple(
        Table(name, title(name), plain(t), fields(diff, name, t), keys)
        for name, (t, keys) in found.items() if len(t) or name in always
    )  # fmt: skip


def zone_sums(diff: Diff) -> pd.DataFrame:
    """Set area, existing and new construction and the cap of every zone side by side.

    Only of two plans of one scheme that differ.
    """
    one, two = diff.before.plan, diff.after.plan
    items = ("area", "built", "new", "cap")
    columns = ["zone", *(f"{i}_{s}_m2" for i in items for s in ("before", "after"))]
    if one is None or two is None or diff.empty or diff.unmoved or diff.walk.zones is not None:
        return pd.DataFrame(columns=columns)
    out = pd.DataFrame({"zone": [str(z) for z in two.zones.index]})
    for item in items:
        for side, plan in (("before", one), ("after", two)):
            if f"{item}_m2" in plan.zones:
                value = plan.zones[f"{item}_m2"].reindex(two.zones.index).astype("Int64")
                out[f"{item}_{side}_m2"] = value.to_numpy()
    return out.convert_dtypes(convert_string=False)


def unit_frame(diff: Diff) -> pd.DataFrame:
    """Give the table of units as it is stored: one row for each, with the code of its change."""
    frame = diff.units.reset_index()
    pairs = zip(frame["zone_before"], frame["zone_after"], frame["state"], strict=True)
    change = [change_code(a, b, s) for a, b, s in pairs]
    frame.insert(4, "change", pd.Series(change, index=frame.index, dtype=object))
    same = frame["state"] == SAME
    frame["cause"] = frame["cause"].mask(same, SAME)
    if "new_difference_m2" in frame:
        frame["new_cause"] = frame["new_cause"].mask(frame["new_difference_m2"] == 0, SAME)
        return frame
    return frame.drop(columns=["new_cause", "new_involved"])


def change_code(before: str, after: str, state: str) -> str:
    """Name a change: `SAME`, or what it was and what it is.

    Examples
    --------
    >>> change_code("a", "b", "changed"), change_code("a", "a", "same")
    ('a>b', 'same')
    """
    return SAME if state == SAME else f"{before}>{after}"


def _matrix(diff: Diff) -> pd.DataFrame:
    """Lay the matrix out with its sums, a column for each zone after."""
    whole = diff.wide()
    whole["total"] = whole.sum(axis=1)
    whole.loc["total"] = whole.sum(axis=0)
    out = whole.add_suffix("_m2").reset_index(names="zone")
    return out.astype({c: "int64" for c in out.columns if c != "zone"})


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Use an index without a name, and nothing in place of an empty word."""
    out = frame.reset_index(drop=True).copy()
    for column in out.columns:
        if out[column].dtype == object:
            known = out[column].notna() & (out[column] != "")
            out[column] = out[column].where(known, None)
        elif out[column].dtype == bool:
            out[column] = out[column].map(str).astype(object)
    return pd.DataFrame(out)


def fields(diff: Diff, name: str, frame: pd.DataFrame) -> tuple[Field, ...]:
    """Describe the columns of a table."""
    return tuple(_field(diff, name, str(c), frame) for c in frame.columns)


def _field(diff: Diff, table: str, column: str, frame: pd.DataFrame) -> Field:
    known = _COLUMNS.get(column)
    if known is None:  # a column of the matrix: a zone of the second plan
        label = diff.after.zone_name(column.removesuffix("_m2"))
        return Field(column, label, Text(f"became {label.en}", f"变为{label.zh}的面积"), "m2")
    en, zh, unit = known
    words_of = _words(diff, table, column, frame)
    name = Text(*_TITLES[table])
    return Field(column, Text(en, zh), Text(f"{name.en}: {en}", f"{name.zh}：{zh}"), unit, words_of)


def _words(diff: Diff, table: str, column: str, frame: pd.DataFrame) -> Mapping[str, Text]:
    """Give the words for the codes of a column."""
    zones = {c: diff.before.zone_name(c) for c in codes(diff.before, diff.after, diff.units)[0]}
    later = {c: diff.after.zone_name(c) for c in codes(diff.before, diff.after, diff.units)[1]}
    zones, later = {**NOWHERE, **zones}, {**NOWHERE, **later}
    if column == "zone_before" or (table == "diff_matrix" and column == "zone"):
        return {**zones, "total": Text("total", "合计")}
    if column in ("zone_after", "zone"):
        return later
    fixed: dict[str, Mapping[str, Text]] = {
        "relation": RELATIONS, "confirmed": _YES, "basis": _BASES, "measure": _MEASURES,
        "level": _LEVELS,
    }  # fmt: skip
    if column in fixed:
        return fixed[column]
    seen = [str(v) for v in frame[column].dropna().unique() if v != ""]
    if column == "state":
        return _MOVES if table in ("diff_protections", "diff_wings") else STATES
    if table == "diff_wings" and column == "row":
        return _of_wings(diff, seen)
    if column == "change":
        return {c: change_word(diff, c) for c in seen}
    if column in ("cause", "involved", "new_cause", "new_involved", "group"):
        return {c: cause_word(c) for c in seen}
    if column == "kind":
        known = words.values("kind")
        known |= {"eco_agri": _CITY["eco_agri_share"]}
        return {k: known[k] for k in seen if k in known}
    if column == "code" and table in ("diff_accounts", "diff_limits"):
        return {**later, "city": _LEVELS["city"]}
    if column == "item":
        return {c: item_word(c) for c in seen}
    if column == "township":
        return _township_names(diff)
    return {}


def _of_wings(diff: Diff, seen: list[str]) -> dict[str, Text]:
    """Name the rows of tables of wings, where all tables mean the same by a code."""
    found: dict[str, set[Text]] = {}
    for side in (diff.before, diff.after):
        for given in () if side.plan is None else side.plan.contributions:
            for table in (t for t in given.tables if len(t.keys) == 1):
                for code, name in _row_names(side, table).items():
                    found.setdefault(code, set()).add(name)
    return {c: next(iter(found[c])) for c in seen if len(found.get(c, ())) == 1}


def _row_names(side: Side, table: Table) -> dict[str, Text]:
    """Give names of the rows of a table: its own column, its words, or those of the places."""
    key = table.keys[0]
    if "name" in table.frame:
        pairs = table.frame[[key, "name"]].dropna().itertuples(index=False, name=None)
        return {str(code): Text(str(name), str(name)) for code, name in pairs}
    words = {str(c): t for f in table.fields if f.name == key for c, t in f.words.items()}
    places = {"county": "counties", "township": "townships"}
    frame = getattr(side.plan, places[key], None) if key in places and side.plan else None
    names = {} if frame is None else frame["name"].dropna().to_dict()
    return {str(c): Text(str(n), str(n)) for c, n in names.items()} | words


def _township_names(diff: Diff) -> dict[str, Text]:
    names = {**diff.before.towns["name"].to_dict(), **diff.after.towns["name"].to_dict()}
    return {str(k): Text(str(v), str(v)) for k, v in names.items()}


def item_word(code: str) -> Text:
    """Give the name of what an account holds."""
    known = _CITY.get(code)
    return known or Text(words.label(code, "en"), words.label(code, "zh"))


def cause_word(code: str) -> Text:
    """Give the name of a cause, or of several that take part."""
    if code == SAME:
        return STATES[SAME]
    names = [word_of(c) for c in code.split("+")]
    return Text(", ".join(n.en for n in names), "、".join(n.zh for n in names))


def change_word(diff: Diff, code: str) -> Text:
    """Give the name of a change: from what to what."""
    if code == SAME:
        return STATES[SAME]
    before, after = code.split(">")
    one, two = diff.before.zone_name(before), diff.after.zone_name(after)
    return Text(f"{one.en} → {two.en}", f"{one.zh} → {two.zh}")


def matrix_codes(diff: Diff) -> tuple[list[str], list[str]]:
    """Give the codes of rows and columns of the matrix."""
    return codes(diff.before, diff.after, diff.units)


def long_matrix(frame: pd.DataFrame, diff: Diff) -> pd.DataFrame:
    """Sum the stored table of units up again, as the matrix."""
    return places.matrix(frame, *matrix_codes(diff))


def said(value: Any) -> str:
    """Write a value of a table for people; missing is empty."""
    return "" if value is None or value != value else str(value)
