"""The chapter on how firm the zones are, for plans whose stability was computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zoning.base.areas import percent
from zoning.outputs.office.document import Block, Table, Text
from zoning.outputs.report.pieces import DASH, Writer

_METHODS = {"ward": ("Ward's clusters", "Ward 聚类"), "kmeans": ("k-means", "K 均值聚类"),
            "topsis": ("TOPSIS", "TOPSIS")}  # fmt: skip


def stability(w: Writer) -> Iterator[Block]:
    """Tell what share of perturbed runs keeps the zones, and where they move."""
    found = w.plan.run.get("stability")
    if not found or "stability" not in w.plan.units.columns:
        return
    yield w.chapter("How firm the zones are", "分区稳定性")
    if found.get(w.lang):
        yield Text(str(found[w.lang]))
    yield from w.picture("stability")
    limit = float(found.get("firm_limit", 0.9))
    yield from _least_firm(w, limit)
    hangs = found.get("sensitivity")
    if hangs:
        yield Text(str(hangs[w.lang]))
        yield _sensitivity(w, hangs["factors"])
    if found.get("cross_check"):
        yield w.text(
            "As checks that share little with the method, townships were put into as many groups "
            "by clustering alone, and classed by TOPSIS (nearness to the best that occurs) in "
            "place of weighted means. Kappa is 1 where both agree; beside it stands what groups "
            "of that size reach by chance, since clusters are named by best agreement. What "
            "differs is a question, not an error.",
            "作为与本方法关系较少的核对，仅用聚类把乡镇分成同样数目的组，"
            "并以 TOPSIS（与最优值的接近度）代替加权平均判定。Kappa 为 1 表示完全一致；"
            "因聚类按最佳一致命名，另列同样大小的随机分组所能达到的值。"
            "不一致之处供研判，并非错误。",
        )
        yield _cross_check(w, found["cross_check"])
    if found.get("smaa"):
        yield Text(str(found["smaa"][w.lang]))


def _least_firm(w: Writer, limit: float) -> Iterator[Block]:
    """List the townships that keep their zone in fewer runs than the limit."""
    townships = w.plan.townships
    if townships is None or "stability" not in townships or "zone" not in townships:
        return
    weak = townships[townships["stability"].lt(limit).fillna(False)].reset_index()
    if weak.empty:
        return
    weak = weak.sort_values(["stability", "township"], kind="stable")
    columns = ["name", "county_name", "zone", "stability", "runner_up"]
    caption = w.say(f"Townships that keep their zone in under {percent(limit, 0)} of the runs",
                    f"保持原分区的比例低于 {percent(limit, 0)} 的乡镇、街道")  # fmt: skip
    yield w.frame(caption, weak, columns, table="townships")


def _sensitivity(w: Writer, factors: list[Mapping[str, Any]]) -> Table:
    """List the factors that the zones hang on most."""
    rows = [[str(f[w.lang]), percent(float(f["effect"])), percent(float(f["spread"]))]
            for f in factors[:10] if float(f["effect"]) > 0]  # fmt: skip
    heads = [w.say("factor", "因素"), w.say("area that changes", "改变分区的面积"),
             w.say("spread", "离散")]  # fmt: skip
    caption = w.say("What the zones hang on: mean effect of a factor over its whole range (Morris)",
                    "分区取决于哪些因素：因素在其全部范围内的平均效应（Morris 筛选）")  # fmt: skip
    return Table(caption, heads, rows, ["left", "right", "right"], [5, 1.6, 1.2])


def _cross_check(w: Writer, told: list[Mapping[str, Any]]) -> Table:
    rows = [
        [
            w.say(*_METHODS.get(str(t["method"]), (str(t["method"]),) * 2)),
            f"{t['kappa']:.2f}",
            f"{t['chance']:.2f}" if t.get("chance") else DASH,
            str(len(t["moved"])),
            w.say(", ", "、").join(w.place(code) for code in t["moved"]) or DASH,
        ]
        for t in told
    ]
    heads = [w.say("method", "方法"), "Kappa", w.say("by chance", "随机值"),
             w.say("differing", "不一致"),
             w.say("townships that differ", "不一致的乡镇、街道")]  # fmt: skip
    return Table(w.say("Agreement with second opinions", "与其他方法的一致性"), heads, rows,
                 ["left", "right", "right", "right", "left"], [1.3, 0.8, 0.9, 0.9, 5])  # fmt: skip
