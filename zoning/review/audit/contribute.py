"""What an audit hands to its plan: a layer, tables, map themes, cards, a chapter, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base.names import by_code
from zoning.contribution.parts import (
    Card,
    Chapter,
    Chart,
    Class,
    Contribution,
    Layer,
    Table,
    Theme,
)
from zoning.errors import Check, Text
from zoning.review.audit import decisions
from zoning.review.audit.fields import fields_of
from zoning.review.audit.offset import shift_checks
from zoning.review.audit.rules import LEVELS, SLIVER
from zoning.review.audit.run import Result
from zoning.review.audit.tables import conflict_layer, tables

if TYPE_CHECKING:
    import pandas as pd

    from zoning.plan import Plan

#: The word of this wing, and of its layer.
WING, LAYER = "audit", "conflicts"
_TITLES = {
    "conflict_list": Text("Conflicts", "冲突图斑一览"),
    "audit_classes": Text("Conflicts by class", "分类别冲突"),
    "audit_kinds": Text("Contradictions by class", "各类矛盾面积"),
    "audit_levels": Text("Ground before and after", "处置前后分级面积"),
    "audit_places": Text("Conflicts by township", "分乡镇冲突"),
    "audit_units": Text("Conflicts by unit", "分单元冲突"),
    "audit_pairs": Text("Pairs of claims", "两两主张"),
    "audit_sets": Text("Sets of claims", "主张组合"),
    "audit_claims": Text("Claims before and after", "处置前后各规划主张"),
    "audit_balance": Text("Plans before and after", "处置前后各规划"),
    "audit_cap": Text("Planned construction and the cap", "规划建设与上限"),
    "audit_layers": Text("Plans that take part", "参与比对的规划"),
    "audit_sources": Text("Where the plans are from", "规划来源"),
    "audit_atoms": Text("Ledger of the audit", "比对台账"),
    "audit_farmland": Text("Basic farmland to be replaced", "永久基本农田补划"),
    "audit_decisions": Text("Decisions on conflicts", "冲突处置决定"),
}
#: What names a row, so that two plans' tables can be compared.
_KEYS = {
    "conflict_list": ("conflict",), "audit_classes": ("kind", "level"), "audit_kinds": ("kind",),
    "audit_levels": ("level",), "audit_places": ("county", "township", "kind", "level"),
    "audit_units": ("unit",), "audit_claims": ("role", "class"), "audit_cap": ("place",),
    "audit_farmland": ("county",), "audit_decisions": ("conflict",),
    "audit_pairs": ("rule", "claim_a", "claim_b"),
}  # fmt: skip
#: Tables of the chapter; the others stand in the workbook.
_SHOWN = ("audit_layers", "audit_classes", "audit_levels", "audit_balance", "audit_cap",
          "audit_farmland")  # fmt: skip
_HOW = Text("zoning export DIR --to decisions writes the layer to decide in",
            "zoning export 目录 --to decisions 可生成填写决定的图层")  # fmt: skip


def contribute(result: Result, plan: Plan) -> Contribution:
    """Give everything of an audit to the writers.

    Returns
    -------
    Contribution
    """
    rules = result.settings.rules
    zones = {z.code: Text(z.en, z.zh) for z in plan.scheme.members}
    frames = tables(result, plan)
    layer = conflict_layer(frames["conflict_list"], result, plan.units.crs)
    frames["conflict_list"] = frames["conflict_list"].drop(columns="patch")
    places = {c: Text(n, n) for c, n in by_code(plan.counties).items()}
    kept = {
        name: Table(name, _TITLES[name], frame, fields_of(frame, rules, zones, places),
                    _KEYS.get(name, ()))
        for name, frame in frames.items()
    }  # fmt: skip
    used = set(layer["kind"])
    kinds = tuple(
        Class(text, colour, code=code)
        for code, (text, colour) in rules.classes.items() if code in used
    )  # fmt: skip
    drawn = Layer(
        LAYER, Text("Conflicts of plans", "规划冲突图斑"), layer,
        fields_of(layer, rules, zones), colour="#7f0000", by="kind" if kinds else None,
        classes=kinds,
    )  # fmt: skip
    themes = _themes(kept["audit_units"], result)
    card = Card(
        Text("Conflicts of plans", "规划冲突"), "audit_units",
        ("level", "kind", "conflict_m2", "unclassified_m2", "warning_m2", "notice_m2", "patches"),
    )  # fmt: skip
    return Contribution(
        WING, Text("Conflicts of plans", "规划冲突"), layers=(drawn,), tables=tuple(kept.values()),
        themes=themes, cards=(card,),
        chapters=(_chapter(result, frames, tuple(t.name for t in themes)),),
    )  # fmt: skip


def _themes(units: Table, result: Result) -> tuple[Theme, ...]:
    used = set(units.frame["level"])
    levels = tuple(
        Class(text, colour, code=code) for code, (text, colour) in LEVELS.items() if code in used
    )
    title = Text("Conflicts of plans by unit", "分单元规划冲突")
    about = Text("worst level of conflict in each unit", "单元内最严重的冲突级别")
    theme = Theme("audit_level", title, about, "audit_units", "level", levels)
    named = set(units.frame["kind"])
    kinds = tuple(
        Class(text, colour, code=code)
        for code, (text, colour) in result.settings.rules.classes.items() if code in named
    )  # fmt: skip
    return theme, Theme(
        "audit_kind", Text("Main class of conflict", "主要冲突类别"),
        Text("class with the largest area at the worst level", "最严重级别中面积最大的类别"),
        "audit_units", "kind", kinds,
    )  # fmt: skip


def ha(m2: float) -> str:
    """Write an area in hectares.

    Examples
    --------
    >>> ha(12_345_678), ha(420)
    ('1,234.6', '0.042')
    """
    value = m2 / 1e4
    return f"{value:,.1f}" if value >= 10 else f"{value:,.3g}"


def _chapter(result: Result, frames: dict[str, pd.DataFrame], maps: tuple[str, ...]) -> Chapter:
    paragraphs = [_summary(result), _how(result)]
    paragraphs += [_told(c) for c in shift_checks(result.shifts, result.claims)]
    paragraphs += [_resolved(result, frames), _honest()]
    title = Text("Area by class of conflict", "各类冲突面积")
    chart = Chart(title, "audit_kinds", "area_m2", "kind")
    charts = (chart,) if len(frames["audit_kinds"]) else ()
    shown = tuple(name for name in _SHOWN if name in frames)
    return Chapter(Text("Conflicts of plans", "规划冲突"), tuple(paragraphs), maps, shown,
                   charts)  # fmt: skip


def _told(c: Check) -> Text:
    return Text(f"{c.text.en}.", f"{c.text.zh}。")


def _summary(result: Result) -> Text:
    p = result.patches
    real = p[p["level"].isin(("conflict", "unclassified", "warning"))]
    n, undecided = len(real), result.undecided
    slivers = p[p["kind"] == SLIVER]
    return Text(
        f"{len(result.claims.layers)} layers were held against each other. {n:,} patches with "
        f"{ha(real['area_m2'].sum())} ha contradict each other at level warning or worse; "
        f"{len(undecided):,} of them with {ha(undecided['area_m2'].sum())} ha wait for a decision. "
        f"{len(slivers):,} more ({ha(slivers['area_m2'].sum())} ha) are slivers: lines that do "
        "not meet, no contradiction of plans.",
        f"共比对 {len(result.claims.layers)} 个图层。级别在警告及以上的矛盾图斑 {n:,} 个、"
        f"{ha(real['area_m2'].sum())} 公顷，其中 {len(undecided):,} 个、"
        f"{ha(undecided['area_m2'].sum())} 公顷尚待决定。另有碎片 {len(slivers):,} 个、"
        f"{ha(slivers['area_m2'].sum())} 公顷，属边线未重合，并非规划矛盾。",
    )


def _how(result: Result) -> Text:
    t, rules, order = result.settings.tolerance, result.settings.rules, result.settings.order
    return Text(
        "The whole city is cut along every line of every layer; each piece has a set of claims, so "
        "that ground of three plans counts once. Classes follow a matrix of "
        f"{len(rules.rules)} rules; a pair that no rule fits is unclassified and never passed. A "
        f"patch of which less than {t.area_m2:g} m² is wider than {t.width_m:g} m counts as a "
        f"sliver. Order of the lines: {order.name.en} ({order.source}).",
        "全市按所有图层边线切分，每一块记录其全部主张，三规重叠之地只计一次。类别依 "
        f"{len(rules.rules)} 条规则的矩阵判定；没有适用规则的记为“未归类”，不予通过。"
        f"宽于 {t.width_m:g} 米的部分不足 {t.area_m2:g} 平方米的图斑视为碎片。"
        f"控制线次序：{order.name.zh}（{order.source}）。",
    )


def _resolved(result: Result, frames: dict[str, pd.DataFrame]) -> Text:
    levels = frames["audit_levels"].set_index("level")
    had = int(levels.loc[["conflict", "unclassified", "warning"], "before_m2"].sum())
    has = int(levels.loc[["conflict", "unclassified", "warning"], "after_m2"].sum())
    cap = frames["audit_cap"].iloc[0]
    built, left = ha(cap["planned_before_m2"]), ha(cap["planned_after_m2"])
    en = (f"With the proposal, contradictions at level warning or worse go from {ha(had)} ha to "
          f"{ha(has)} ha; planned construction goes from {built} ha to {left} ha.")  # fmt: skip
    zh = (f"按建议处置后，警告及以上的矛盾由 {ha(had)} 公顷减为 {ha(has)} 公顷；"
          f"规划建设由 {built} 公顷变为 {left} 公顷。")  # fmt: skip
    if "audit_farmland" in frames:
        debt = int(frames["audit_farmland"]["leaves_m2"].sum())
        en += f" {ha(debt)} ha of basic farmland leave and must be replaced."
        zh += f"需补划永久基本农田 {ha(debt)} 公顷。"
    return Text(en, zh)


def _honest() -> Text:
    return Text(
        "What this cannot know: which boundary is right in law, and whether a building is legal. "
        "Levels and remedies are those of the matrix; whoever answers for them may change it.",
        "本比对无法判断：何者边界具有法定效力、建筑是否合法。级别与处置以规则矩阵为准，"
        "可由负责单位调整。",
    )


def checks_of(result: Result, plan: Plan) -> list[Check]:
    """Measure what an audit must keep, and whether anything waits for a decision.

    Returns
    -------
    list of Check
        ``audit.partition``, ``audit.shapes``, ``audit.ledger``, ``audit.undecided``, and one for
        each shifted layer and each decision that does not stand.
    """
    import shapely

    total, city = int(result.atoms["area_m2"].sum()), round(plan.city.area.sum())
    found = [
        Check("audit.partition", "error", total == city, total, city, "m2", "city",
              Text("the classes of conflict add up to the city", "各冲突类别之和等于市域面积")),
    ]  # fmt: skip
    off = abs(shapely.area(result.audited.shapes) - result.patches["exact_m2"])
    worst = float(off.max()) if len(off) else 0.0
    found.append(Check(
        "audit.shapes", "error", worst <= 1.0, round(worst, 3), 1.0, "m2", "city",
        Text("every patch has the area of its shape", "各图斑台账面积与图形一致")))  # fmt: skip
    waiting = result.undecided
    for level in ("conflict", "unclassified"):
        some = waiting[waiting["level"] == level]
        if level == "unclassified" and not (result.patches["level"] == level).any():
            continue
        en, zh = LEVELS[level][0]
        found.append(Check(
            f"audit.{level}", "error", not len(some), len(some), 0, "count", "city",
            Text(f"{len(some):,} patches of level {en} with {ha(some['area_m2'].sum())} ha are "
                 "undecided" if len(some) else f"no patch of level {en} is undecided",
                 f"{len(some):,} 个级别为{zh}的图斑（{ha(some['area_m2'].sum())} 公顷）尚未决定"
                 if len(some) else f"没有尚未决定的{zh}图斑"),
            _HOW if len(some) else None))  # fmt: skip
    found += shift_checks(result.shifts, result.claims)
    return found + decisions.checks(result.decisions)


def record(result: Result) -> dict[str, Any]:
    """Give what ``run.json`` keeps of an audit: all it went by, and the sums."""
    levels = result.patches.groupby("level")
    undecided = result.undecided
    return {
        "settings": result.settings.as_data(),
        "patches": {k: int(v) for k, v in levels.size().items()},
        "area_m2": {
            k: int(v) for k, v in result.atoms.groupby("level")["area_m2"].sum().items()
        },
        "undecided": len(undecided), "undecided_m2": int(undecided["area_m2"].sum()),
        "outside": {r: result.claims.claims[c][1] for r, c in result.claims.outside.items()},
        "shifts": [
            {"layer": s.layer, "against": s.against, "east_m": round(s.east_m, 2),
             "north_m": round(s.north_m, 2)}
            for s in result.shifts
        ],
    }  # fmt: skip
