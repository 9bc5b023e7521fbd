"""The result in short: the main figures of a plan, as far as it has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zoning.base import words
from zoning.base.areas import percent
from zoning.errors import named
from zoning.outputs.office.document import Block, Signatures, Table, Text
from zoning.outputs.office.figures import DASH, area
from zoning.outputs.office.whole import notice
from zoning.outputs.office.wording import why_unzoned, zone_rows
from zoning.outputs.report.pieces import Writer
from zoning.pipeline.protected import protected_of
from zoning.zones import unzoned_land


def summary(w: Writer) -> Iterator[Block]:
    """Tell the result in short."""
    yield w.chapter("Summary", "概要")
    warning = notice(w.plan, w.lang)
    if warning:
        yield Text(warning, "warning")
    failed = [c for c in w.plan.checks if not c.ok]
    errors = [c for c in failed if c.level == "error"]
    if not w.plan.checks:
        yield w.text("The plan has not been checked.", "本方案未经检查。")
    elif errors:
        many = "s fail" if len(errors) > 1 else " fails"
        names = w.say("; ", "；").join(
            named(c.text.get(w.lang) or c.check, w.place(c.where)).get(w.lang) for c in errors
        )
        yield Text(
            w.say(f"{len(errors)} binding check{many}: {names}.",
                  f"有 {len(errors)} 项强制检查未通过：{names}。"), "warning",
        )  # fmt: skip
    elif not failed:
        yield w.text("All checks hold.", "全部检查通过。")
    else:
        yield w.text(
            f"All binding checks hold; {len(failed)} others do not (see the chapter on checks).",
            f"强制检查全部通过；另有 {len(failed)} 项提示，见“检查”一章。",
        )
    rows = [[name, value, remark] for name, value, remark in main_figures(w)]
    heads = [w.say("item", "项目"), w.say("value", "数值"), w.say("remark", "说明")]
    yield Table(w.say("Main figures", "主要数字"), heads, rows, ["left", "right", "left"],
                [3, 2.6, 4])  # fmt: skip
    roles = ("Prepared", "Checked", "Approved") if w.lang == "en" else ("编制", "审核", "批准")
    yield Signatures(roles, w.say("Date", "日期"))


def main_figures(w: Writer) -> Iterator[tuple[str, str, str]]:
    """Give (name, value, remark) of the main figures, as far as the plan has them."""
    plan = w.plan
    city = int(plan.units["area_m2"].sum())
    yield w.say("planning area", "规划范围面积"), f"{area(city)} km²", ""
    size = f"{plan.grid.cell_m:,} m"
    yield (w.say("planning units", "规划单元"), f"{len(plan.units):,}",
           w.say(f"squares of {size}", f"边长 {size} 的方格"))  # fmt: skip
    if "zone" in plan.units.columns:
        for code, row in zone_rows(plan):
            share = percent(row["area_m2"] / city) if city else DASH
            units = w.say(f"{row['units']:,} units, {share}", f"{row['units']:,} 个单元，{share}")
            yield w.known["zone"][code], f"{area(row['area_m2'])} km²", units
        yield from _unzoned(w, city)
    red = plan.run.get("redlines")
    if red:
        share = percent(red["union_m2"] / city) if city else DASH
        yield (w.say("ecological red lines", "生态红线"), f"{area(red['union_m2'])} km²",
               w.say(f"{red['areas']} areas, overlaps counted once, {share} of the city",
                     f"{red['areas']} 个区域，重叠只计一次，占全市 {share}"))  # fmt: skip
    kept = protected_of(plan)
    if kept is not None and kept != (red or {}).get("union_m2"):
        share = percent(kept / city) if city else DASH
        yield (w.say("protected land of all kinds", "各类保护用地"), f"{area(kept)} km²",
               w.say(f"overlaps counted once, {share} of the city",
                     f"重叠只计一次，占全市 {share}"))  # fmt: skip
    yield from _construction(w, plan.run.get("construction") or {})


def _unzoned(w: Writer, city: int) -> Iterator[tuple[str, str, str]]:
    """Give land without a zone its row, with its share of the city and why it has none."""
    gone = unzoned_land(w.plan.units)
    if gone is None:
        return
    n, share = f"{gone['units']:,}", percent(gone["area_m2"] / city) if city else DASH
    why = why_unzoned(w.plan, w.lang)
    remark = w.say(f"{n} units, {share}", f"{n} 个单元，{share}")
    remark += w.say(f"; {why}", f"；{why}") if why else ""
    yield words.unzoned(w.lang), f"{area(gone['area_m2'])} km²", remark


def _construction(w: Writer, c: Any) -> Iterator[tuple[str, str, str]]:
    if not c:
        return
    base = c["base_m2"]
    year = c.get("base_year")
    en, zh = (f" ({year})", f"（{year} 年）") if year else ("", "")
    yield (w.say(f"existing construction land{en}", f"现状建设用地{zh}"),
           f"{area(c['existing_m2'])} km²", percent(c["existing_m2"] / base))  # fmt: skip
    if c["cap_m2"] is None:
        yield (w.say("cap on construction land", "建设用地总量上限"), DASH,
               w.say("the plan states none; nothing is allocated",
                     "方案未规定，不分配新增建设用地"))  # fmt: skip
    else:
        yield from _under_cap(w, c, base)
    if c.get("eco_agri_share") is not None:
        rule = w.plan.config.cap.eco_agri_share
        wanted = None if rule is None else percent(rule.share, 0)
        yield (w.say("ecological and agricultural space", "生态与农业空间"),
               percent(c["eco_agri_share"]),
               DASH if wanted is None
               else w.say(f"wanted: over {wanted}", f"要求 {wanted} 以上"))  # fmt: skip


def _under_cap(w: Writer, c: Any, base: int) -> Iterator[tuple[str, str, str]]:
    yield (w.say("cap on construction land", "建设用地总量上限"), f"{area(c['cap_m2'])} km²",
           w.say(f"{percent(c['cap_share'])} of {area(base)} km²",
                 f"{area(base)} km² 的 {percent(c['cap_share'])}"))  # fmt: skip
    yield (w.say("new construction land", "新增建设用地"), f"{area(c['new_m2'])} km²",
           w.say(f"headroom {area(c['headroom_m2'])} km²",
                 f"剩余空间 {area(c['headroom_m2'])} km²"))  # fmt: skip
    yield (w.say("construction in all", "合计建设用地"),
           f"{area(c['existing_m2'] + c['new_m2'])} km²", percent(c["share"]))  # fmt: skip
