"""The chapter on where new construction land goes, and how good the choice is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.outputs.office.document import Block, Table
from zoning.outputs.office.figures import DASH, area
from zoning.outputs.office.wording import is_missing
from zoning.outputs.report.pieces import Writer
from zoning.questions.titles import limit_title

if TYPE_CHECKING:
    import pandas as pd


def allocation(w: Writer) -> Iterator[Block]:
    """Tell where new land goes and how good the choice is."""
    plan = w.plan
    done = plan.run.get("allocation")
    if not done or "new_m2" not in plan.units.columns:
        return
    yield w.chapter("New construction land", "新增建设用地")
    new = int(plan.units["new_m2"].sum())
    units = int((plan.units["new_m2"] > 0).sum())
    yield w.text(
        f"{area(new)} km² of new land are placed in {units:,} units, on land that is not built, "
        f"not water, not red line and not locked. Method: {_method(w, done)}.",
        f"新增建设用地 {area(new)} km²，落在 {units:,} 个单元内，"
        f"均为非建设、非水域、非红线、未锁定的土地。方法：{_method(w, done)}。",
    )
    yield _certificate(w, done)
    limits = plan.tables.get("limits")
    if limits is not None and len(limits):
        yield _limits(w, limits)
    yield from w.picture("new_land")
    frame = plan.zones.reset_index() if w.known["zone"] else plan.units
    if "quota_m2" in frame and "new_m2" in frame:
        frame["unspent_m2"] = frame["quota_m2"] - frame["new_m2"]
        yield w.frame(w.say("Quotas of new land", "新增指标使用"), frame,
                      ["zone", "quota_m2", "new_m2", "unspent_m2"],
                      note=w.say("Quotas are upper limits.", "指标为上限。"))  # fmt: skip


def _certificate(w: Writer, done: Any) -> Table:
    """Write objective, bound and gap; a dash where there is none."""

    def told(key: str) -> str:
        value = done.get(key)
        return DASH if value is None else f"{value:,.0f}"

    gap = done.get("gap")
    rows = [
        [w.say("objective", "目标值"), told("objective")],
        [w.say("upper bound", "上界"), told("bound")],
        [w.say("gap to the bound", "与上界的差距"), DASH if gap is None else f"{gap * 100:.4f}%"],
    ]
    proof = done.get("certificate") or {}
    if proof.get(w.lang):
        rows.append([w.say("certificate", "证明"), str(proof[w.lang])])
    heads = [w.say("item", "项目"), w.say("value", "数值")]
    return Table(w.say("Quality of the allocation", "分配结果的质量"), heads, rows,
                 ["left", "right"], [1, 1.4])  # fmt: skip


def _method(w: Writer, done: Any) -> str:
    return words.method_words(str(done.get("method", DASH)), w.lang)


def _key(row: dict[Any, Any]) -> str:
    """Give the code of a limit, and the phase by whose end it holds."""
    phase = row.get("phase")
    return str(row["code"]) + ("" if is_missing(phase) else f"@{phase}")


def _limits(w: Writer, table: pd.DataFrame) -> Table:
    """Write how far each limit is used, and what one more square metre of it would bring."""
    frame = table.copy()
    frame["limit"] = [
        limit_title(w.plan, str(r["kind"]), _key(r)).get(w.lang) for r in frame.to_dict("records")
    ]
    frame["price"] = [
        DASH if p != p else f"{p:.3f}"
        for p in frame["price"].astype("Float64").to_numpy(float, na_value=float("nan"))
    ]
    heads = {
        "limit": w.say("limit", "限制"), "floor_m2": w.say("at least (km²)", "下限（km²）"),
        "cap_m2": w.say("at most (km²)", "上限（km²）"),
        "used_m2": w.say("used (km²)", "已用（km²）"),
        "left_m2": w.say("left (km²)", "余量（km²）"), "price": w.say("price", "影子价格"),
    }  # fmt: skip
    columns = ["limit", "floor_m2", "cap_m2", "used_m2", "left_m2", "price"]
    if not frame["floor_m2"].any():
        columns.remove("floor_m2")
    note = w.say(
        "Price: suitability gained by one more square metre; 0 where the limit does not bind.",
        "影子价格：该限制每放宽 1 平方米可增加的适宜性得分；不起约束作用时为 0。",
    )
    return w.frame(w.say("Limits of new land", "新增用地的各项限制"), frame, columns, heads=heads,
                   widths={"limit": 2.6}, note=note)  # fmt: skip
