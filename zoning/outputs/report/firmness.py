"""The chapter on how firm the zones are, for plans whose stability was computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from zoning.base import words
from zoning.base.areas import percent
from zoning.outputs.office.document import Block, Figure, Table, Text
from zoning.outputs.office.figures import DASH
from zoning.outputs.prints.chart import draw_column
from zoning.outputs.report.front import evidence
from zoning.outputs.report.pieces import DPI, Writer

_METHODS = {"ward": ("Ward's clusters", "Ward 聚类"), "kmeans": ("k-means", "K 均值聚类"),
            "topsis": ("TOPSIS", "TOPSIS"),
            "evaluation": ("Ward's clusters of the double evaluation",
                           "双评价指标的 Ward 聚类")}  # fmt: skip

#: Groups of fewer townships say nothing (our choice).
_FEWEST = 6


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
        yield from _effects(w, hangs["factors"])
        yield _sensitivity(w, hangs["factors"])
    if found.get("doubts"):
        yield from _doubts(w, found["doubts"])
    if found.get("cross_check"):
        yield from _opinions(w, found["cross_check"])
    if found.get("smaa"):
        yield Text(str(found["smaa"][w.lang]))


def second_opinions(w: Writer) -> Iterator[Block]:
    """Hold the zones against independent ways, in every plan whose stability was not computed."""
    townships = w.plan.townships
    asked = townships is not None and {"zone", "zone_reason"} <= set(townships.columns)
    if w.plan.run.get("stability") or not asked:  # a plan to hand out holds no reasons
        return
    told = _asked(w)
    if told:
        yield w.chapter("Second opinions", "其他方法的判断")
        yield from _opinions(w, told)


def _asked(w: Writer) -> list[Mapping[str, Any]]:
    """Cluster and rank the townships again; nothing where too few of them are known."""
    from zoning.errors import ZoningError
    from zoning.pipeline.method import load_method
    from zoning.questions.stability import opinions

    townships = w.plan.townships
    if townships is None:
        return []
    free = pd.DataFrame(townships)
    if "zone_reason" in free:
        free = free[(free["zone_reason"] != "override").fillna(value=True)]
    if free["zone"].nunique() < 2 or len(free) < _FEWEST:
        return []
    try:
        found = opinions(free, load_method(w.plan.config))
    except ZoningError:  # a method of ordered rules in a file outside the folder, or words alone
        return []
    return [{"method": c.method, "kappa": c.kappa, "chance": c.chance,
             "moved": [str(t) for t in c.moved.index]} for c in found]  # fmt: skip


def _effects(w: Writer, factors: list[Mapping[str, Any]]) -> Iterator[Figure]:
    """Draw the effects of the factors that the zones hang on most."""
    most = [f for f in factors[:12] if float(f["effect"]) > 0]
    if not most:
        return
    title = w.say("What the zones hang on", "分区取决于哪些因素")
    drawn = draw_column(
        title, [str(f[w.lang]) for f in most], [float(f["effect"]) * 100 for f in most],
        w.say("area that changes its zone (%)", "改变分区的面积（%）"), w.lang,
    )  # fmt: skip
    yield Figure(title, drawn.to_bytes("png", DPI), title)


def _doubts(w: Writer, told: Mapping[str, Any]) -> Iterator[Block]:
    """Tell what each source of error alone does, and all of them together."""
    yield Text(str(told[w.lang]))
    rows = told["doubts"]
    title = w.say("Area that is firm under each source of error alone, and under all together",
                  "各误差来源单独作用与共同作用下的稳定面积")  # fmt: skip
    drawn = draw_column(
        title, [str(r[w.lang]) for r in rows], [float(r["firm_share"]) * 100 for r in rows],
        w.say("firm area (%)", "稳定面积（%）"), w.lang,
    )  # fmt: skip
    yield Figure(title, drawn.to_bytes("png", DPI), title)
    heads = [w.say("source of error", "误差来源"), w.say("what is drawn", "抽样内容"),
             w.say("firm", "稳定"), w.say("without overlays", "不计叠加区"),
             w.say("kept on average", "平均保持"),
             w.say("source of the range", "范围来源")]  # fmt: skip
    lines = [
        [
            str(r[w.lang]), str(r[f"about_{w.lang}"]), percent(float(r["firm_share"]), 0),
            percent(float(r["firm_outside"]), 0), percent(float(r["kept_share"]), 0),
            _whence(w, str(r["source"]), str(r["evidence"])),
        ]
        for r in rows
    ]  # fmt: skip
    caption = w.say("Sources of error", "误差来源")
    yield Table(caption, heads, lines, ["left", "left", "right", "right", "right", "left"],
                [1.6, 4.2, 0.8, 1.1, 1.1, 1.6])  # fmt: skip
    for left in told["left_out"]:
        yield Text(w.say("Not drawn: ", "未抽样：") + str(left[w.lang]), "note")


def _whence(w: Writer, source: str, tags: str) -> str:
    """Name the sources of a range and how firm they are."""
    named = w.say("; ", "；").join(words.source(s, w.lang) for s in source.split("; "))
    told = w.say(", ", "、").join(evidence(w, tag) for tag in tags.split(", "))
    return f"{named} ({told})" if w.lang == "en" else f"{named}（{told}）"


def _opinions(w: Writer, told: list[Mapping[str, Any]]) -> Iterator[Block]:
    """Say what second opinions are, and where they differ."""
    if told:
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
        yield _cross_check(w, told)


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
