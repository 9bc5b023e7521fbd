"""The first chapters of a report: the area, the method and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.areas import percent
from zoning.base.words import crs_title
from zoning.errors import Text as Words
from zoning.errors import ZoningError, named
from zoning.outputs.office.document import Align, Block, Table
from zoning.outputs.office.figures import DASH
from zoning.outputs.report.pieces import Writer
from zoning.planfile.models import OWN_EVIDENCE, OWN_SOURCE

if TYPE_CHECKING:
    from zoning.plan import Plan
    from zoning.schemes import Overlay, Scheme
    from zoning.zones.method import Dimension, Matrix, Method, Term

EVIDENCE = {
    "S": ("read in a public source", "见于公开来源"),
    "C": ("from third-party code", "取自第三方代码"),
    "T": ("table of a standard", "标准表格"),
    "M-high": ("from memory of the published text, likely right", "据公开文本记忆，可靠性高"),
    "M-med": ("from memory, to be checked before use", "据记忆，使用前应核对"),
    "M-low": ("from memory, a placeholder", "据记忆，仅为占位"),
    "I": ("inference or proposal", "推断或建议"),
    "own": ("own choice", "自定"),
}


_PARTS = {"names": "名称", "codes": "代码", "colours": "颜色", "name": "名称"}


def evidence(w: Writer, tag: str) -> str:
    """Write an evidence tag; in Chinese by its meaning.

    A tag may stand for parts of a source: ``"S (names), own (codes, colours)"``.
    """
    if w.lang != "zh" or tag in ("", DASH):
        return tag
    found = []
    for name, parts in re.findall(r"([\w-]+)(?: \(([^)]*)\))?", tag):
        told = "、".join(_PARTS.get(p.strip(), p.strip()) for p in parts.split(",") if p.strip())
        said = words.value("evidence", name)
        found.append(f"{said}（{told}）" if told else said)
    return "，".join(found)


def study_area(w: Writer) -> Iterator[Block]:
    """Describe the area, the lattice and how areas are counted."""
    grid, plan = w.plan.grid, w.plan
    # What stands before is the page for the leader, with the block to sign.
    head = w.chapter("Area and planning units", "规划范围与规划单元")
    yield replace(head, new_page=head.level == 1)
    yield w.text(
        f"The city is covered by {len(plan.units):,} whole squares of {grid.cell_m:,} m. A square "
        "belongs to the city when any part of it lies inside; its area is the part inside. "
        "Squares are never cut by county or township: those take shares of it.",
        f"规划范围由 {len(plan.units):,} 个边长 {grid.cell_m:,} 米的整方格覆盖。方格与规划范围"
        "有重叠即计入，其面积只计范围内部分。方格不按县或乡镇切割，县、乡镇各占其份额。",
    )
    yield w.text(
        "Every area in this report is a sum of one ledger of atoms (unit, township, set of red "
        "lines, land use), rounded once to whole square metres, so that all tables add up.",
        "本报告的全部面积均由同一本面积台账（单元、乡镇、红线组合、地类）加总得到，"
        "一次取整到平方米，因此各表之间相互闭合。",
    )
    yield _grid_table(w)
    if plan.counties is not None and len(plan.counties):
        columns = ["name", "area_m2", "built_m2", "built_share", "redline_m2", "redline_share"]
        frame = plan.counties.reset_index()
        yield w.frame(w.say("Counties", "县（市、区）"), frame, columns, table="counties")


def _grid_table(w: Writer) -> Table:
    grid = w.plan.grid
    rows = [
        [w.say("coordinate system", "坐标系"), crs_title(grid.crs, w.lang)],
        [w.say("code", "代号"), grid.crs if len(grid.crs) < 20 else DASH],
        [w.say("side of a unit", "单元边长"), f"{grid.cell_m:,} m"],
        [w.say("a corner of the lattice", "网格角点"), f"{grid.origin_m[0]}, {grid.origin_m[1]} m"],
        [w.say("units", "单元数"), f"{len(w.plan.units):,}"],
    ]
    distortion = w.plan.run.get("grid", {}).get("distortion")
    if distortion:
        rows.append([w.say("areas in the plane against the ellipsoid", "平面与椭球面积之差"),
                     f"{distortion['total'] * 100:+.4f}%"])  # fmt: skip
    heads = [w.say("item", "项目"), w.say("value", "数值")]
    return Table(w.say("The lattice", "网格"), heads, rows, ["left", "left"], [2, 4])


def method(w: Writer) -> Iterator[Block]:
    """Tell the method, with every threshold, its source and its evidence."""
    yield w.chapter("Method and sources", "方法与依据")
    yield w.text(
        "Each number that rules the plan is listed with its source and a tag that says how firm "
        "that source is.",
        "决定方案结果的每个数值均列出来源，并以证据标记说明来源的可靠程度。",
    )
    rows = [[evidence(w, tag), w.say(*text)] for tag, text in EVIDENCE.items()]
    heads = [w.say("tag", "标记"), w.say("meaning", "含义")]
    yield Table(w.say("Evidence tags", "证据标记"), heads, rows, ["left", "left"], [1, 5])
    yield w.section("Caps and quotas", "总量与指标规则")
    yield _rules(w)
    found = read_method(w.plan)
    if "zone" not in w.plan.units.columns:
        yield w.text(
            "The plan has no townships, so it has no zones.", "本方案无乡镇数据，未作分区。"
        )
    elif found is None:
        name = str(w.plan.config.zones.method)
        yield w.text(f"Townships were classed by the method of {name}.", f"乡镇分区方法见 {name}。")
    else:
        yield from _zoning(w, found)


def read_method(plan: Plan) -> Method | None:
    """Give the zoning method of a plan; None where it is a file that is no longer there."""
    from zoning.pipeline.method import load_method

    try:
        return load_method(plan.config)
    except ZoningError:
        return None


def _rules(w: Writer) -> Table:
    """List caps, quotas and the thresholds of overlays."""
    cap = w.plan.config.cap
    city = w.say("construction land of the city", "全市建设用地占比")
    none = w.say("none stated", "未规定")
    rows = [
        [city, none, DASH, DASH] if cap.share is None
        else [city, f"≤ {percent(cap.share)}", _source(w, cap.source), evidence(w, cap.evidence)]
    ]  # fmt: skip
    if cap.survey_factor is not None:
        rows.append([w.say("existing land in the survey of the cap, per land in that of the land "
                           "use; all caps are divided by it",
                           "上限口径与现状口径的换算系数（各项上限均除以此数）"),
                     f"{cap.survey_factor:g}", cap.survey or DASH, DASH])  # fmt: skip
    eco = cap.eco_agri_share
    if eco is not None:
        rows.append([w.say("ecological and agricultural space", "生态与农业空间占比"),
                     f"≥ {percent(eco.share)}", _source(w, eco.source),
                     evidence(w, eco.evidence)])  # fmt: skip
    caps = [
        (f"{w.short.get(z, z)} " + (w.say("existing only", "只保留现状")
         if rule.share is None else f"≤ {percent(rule.share, 0)}"), rule.source, rule.evidence)
        for z, rule in cap.zone_caps.items() if rule is not None
    ]  # fmt: skip
    quotas = [
        (f"{w.short.get(z, z)} ≤ {percent(rule.share, 0)}", rule.source, rule.evidence)
        for z, rule in cap.quotas.items() if rule is not None
    ]  # fmt: skip
    caps += [(f"{w.short.get(z, z)} {w.say('none', '无')}", OWN_SOURCE, OWN_EVIDENCE)
             for z, rule in cap.zone_caps.items() if rule is None]  # fmt: skip
    rows += _grouped(w, w.say("construction land of zones", "各区建设用地占比"), caps)
    rows += _grouped(w, w.say("part of new land", "新增指标份额"), quotas)
    rows += [_overlay(w, overlay) for overlay in w.plan.scheme.overlays]
    return _sources(w, w.say("Caps, quotas and thresholds", "总量、指标与阈值"), rows)


def _source(w: Writer, source: str) -> str:
    """Give the source of a rule in the language of the report, where it is one of ours."""
    return words.source(source, w.lang)


def _overlay(w: Writer, overlay: Overlay) -> list[str]:
    """Tell from which share on an overlay rules, and whether it replaces the zone."""
    name, counted = overlay.name.get(w.lang), overlay.counted.get(w.lang)
    if overlay.replaces:
        rule = w.say(f"{counted} that make a unit {name}", f"单元划为{name}的{counted}占比")
    else:
        rule = w.say(f"{counted} that list a unit as {name}", f"单元叠加{name}的{counted}占比")
    return [
        rule,
        f"≥ {percent(overlay.share)}",
        _source(w, overlay.source),
        evidence(w, overlay.evidence),
    ]


def _grouped(w: Writer, name: str, told: list[tuple[str, str, str]]) -> list[list[str]]:
    """Put values that share a source into one row."""
    groups: dict[tuple[str, str], list[str]] = {}
    for value, source, tag in told:
        groups.setdefault((_source(w, source), evidence(w, tag)), []).append(value)
    return [[name, w.say("; ", "；").join(values), *why] for why, values in groups.items()]


def _sources(w: Writer, caption: str, rows: list[list[str]]) -> Table:
    heads = [w.say("rule", "规则"), w.say("value", "数值"), w.say("source", "来源"),
             w.say("evidence", "证据")]  # fmt: skip
    return Table(caption, heads, rows, ["left", "left", "left", "left"], [2.3, 2.2, 4.1, 1.4])


def _zoning(w: Writer, found: Method) -> Iterator[Block]:
    name, over = w.say(found.en, found.zh), _overlay_words(w.plan.scheme)
    yield w.section("Zones of townships", "乡镇分区")
    yield w.text(
        f"Townships are classed by: {name}. Source: {found.why.source} ({found.why.evidence}). A "
        "unit takes the class of the township that holds the largest share of it." + over.en,
        f"乡镇按“{name}”分区，来源：{_source(w, found.why.source)}"
        f"（{evidence(w, found.why.evidence)}）。"
        "单元取占其份额最大的乡镇的分区。" + over.zh,
    )
    scheme = w.plan.scheme
    yield w.text(
        f"The zones are those of: {scheme.en}. Source: {scheme.source} ({scheme.evidence}).",
        f"分区方案：{scheme.zh}。来源：{_source(w, scheme.source)}"
        f"（{evidence(w, scheme.evidence)}）。",
    )
    rows = [row for d in found.dimensions for row in _dimension(w, d)]
    yield _sources(w, w.say("Indicators, scales and cuts", "指标、标度与分级"), rows)
    for matrix in found.matrices:
        yield _matrix(w, found, matrix)
    for rule in found.rules:
        source = _source(w, rule.why.source)
        yield w.text(f"{rule.en} ({source}; {rule.why.evidence})",
                     f"{rule.zh}（{source}；{evidence(w, rule.why.evidence)}）")  # fmt: skip


def _overlay_words(scheme: Scheme) -> Words:
    """Say in a sentence what lies over the classes of townships."""
    replacing = [f"{o.en} where {o.counted.en} cover enough of it" for o in scheme.replacing]
    replacing_zh = [f"{o.counted.zh}占比达到阈值的单元划为{o.zh}" for o in scheme.replacing]
    beside = [f"{o.en} where {o.counted.en} cover enough of it" for o in scheme.listed]
    beside_zh = [f"{o.counted.zh}占比达到阈值的单元另列为{o.zh}" for o in scheme.listed]
    en = f" It becomes {'; else '.join(replacing)}." if replacing else ""
    en += f" Beside its zone it is listed as {'; '.join(beside)}." if beside else ""
    zh = ";".join([*replacing_zh, *beside_zh])
    return Words(en, f"{zh}。" if zh else "")


def _dimension(w: Writer, d: Dimension) -> Iterator[list[str]]:
    name = w.say(d.en, d.zh)
    cuts = ", ".join(f"{c:g}" for c in d.cuts) or w.say("natural breaks", "自然断点")
    yield [
        name,
        w.say(f"cuts {cuts}", f"分级点 {cuts}"),
        _source(w, d.why.source),
        evidence(w, d.why.evidence),
    ]
    for term in d.terms:
        yield _term(w, term)


def _term(w: Writer, term: Term) -> list[str]:
    from zoning.pipeline.method import called_of
    from zoning.zones.tell import indicator_name

    scale = term.scale
    shape = {
        "none": w.say("as it is", "原值"),
        "linear": f"{scale.low:g} → {scale.high:g}",
        "log": w.say(f"log {scale.low:g} → {scale.high:g}", f"对数 {scale.low:g} → {scale.high:g}"),
        "table": ", ".join(f"{x:g}" for x in scale.at),
        "points": ", ".join(f"{x:g}" for x in scale.at),
        "minmax": w.say("least to greatest value", "极差标准化"),
        "zscore": w.say("standard score", "标准分数"),
        "breaks": w.say("natural classes", "自然分级"),
    }.get(scale.kind, scale.kind)
    if scale.reverse:
        shape = w.say(f"{shape}, reversed", f"{shape}（反向）")
    name = indicator_name(term.indicator, w.lang, called_of(w.plan.config))
    value = w.say(f"weight {term.weight:g}; {shape}", f"权重 {term.weight:g}；{shape}")
    return [f"  · {name}", value, _source(w, term.why.source), evidence(w, term.why.evidence)]


def _matrix(w: Writer, found: Method, matrix: Matrix) -> Table:
    """Write a decision matrix with its exceptions below."""
    called = {d.name: w.say(d.en, d.zh) for d in found.dimensions}
    called["suitability"] = w.say("suitability", "适宜性")
    width = len(next(iter(matrix.cells.values())))
    grades = next((d.grades for d in found.dimensions if d.name == matrix.columns), ())
    heads = list(grades) if len(grades) == width else ["low", "mid", "high"][:width]
    across, down = called.get(matrix.columns, matrix.columns), called.get(matrix.rows, matrix.rows)
    rows = [
        [_grade(w, row), *(_grade(w, cell) for cell in cells)]
        for row, cells in matrix.cells.items()
    ]
    notes = [
        w.say(
            f"{_grade(w, x.row)}/{_grade(w, x.column)} with {called.get(x.dimension, x.dimension)} "
            f"{_grade(w, x.grade)}: {_grade(w, x.value)}",
            f"{_grade(w, x.row)}/{_grade(w, x.column)}且{called.get(x.dimension, x.dimension)}为"
            f"{_grade(w, x.grade)}时取{_grade(w, x.value)}",
        )
        for x in matrix.exceptions
    ]
    notes.append(named(_source(w, matrix.why.source), evidence(w, matrix.why.evidence)).get(w.lang))
    aligns: list[Align] = ["center"] * (width + 1)
    aligns[0] = "left"
    title = called.get(matrix.name) or w.say("zone", "分区")
    return Table(
        w.say(f"Matrix: {title}", f"判别矩阵：{title}"),
        [f"{down} \\ {across}", *(_grade(w, g) for g in heads)],
        rows, aligns, [1.6, *[1.0] * width], w.say("; ", "；").join(notes),
    )  # fmt: skip


def _grade(w: Writer, code: Any) -> str:
    """Say a grade or a zone."""
    zone = w.known["zone"].get(str(code))
    return zone or words.value("constraint_grade", code, w.lang)
