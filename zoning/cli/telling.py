"""A plan in a few lines: zones, account, what was left out, failed checks, paths."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.words import method_words
from zoning.cli.console import Talk
from zoning.errors import Text, named, once, tally

if TYPE_CHECKING:
    from zoning.api.plan import Plan


def tell_plan(talk: Talk, plan: Plan, files: Sequence[Path]) -> None:
    """Write the short table of the result, the account, failed checks and the paths."""
    notice = plan.run.get("notice_zh") if talk.lang == "zh" else plan.notice
    talk.write(f"{plan.name}" + (f" — {notice}" if notice else ""))
    grid = plan.run["grid"]
    talk.write(
        talk.say(
            f"{grid['units']:,} units of {grid['cell_m']} m, {grid['crs'][:40]}",
            f"{grid['units']:,} 个 {grid['cell_m']} 米单元，{grid['crs'][:40]}",
        )
    )
    _tell_zones(talk, plan)
    _tell_decisions(talk, plan)
    _tell_account(talk, plan.run)
    _tell_protected(talk, plan)
    _tell_wings(talk, plan)
    for part in plan.run.get("left_out", ()):
        talk.write(_LEFT_OUT[part].get(talk.lang))
    failed = [c for c in plan.checks if not c.ok]
    for finding in plan.findings:
        talk.write(finding.line(talk.lang))
    for check in once(failed):
        (talk.wrong if check.level == "error" else talk.write)(check.line(talk.lang))
    talk.wrote(files)
    number = _written(files) or plan.digest
    talk.write(talk.say(f"Digest of the plan: {number}", f"方案摘要：{number}"))
    passed, found = len(plan.checks) - len(failed), tally((*plan.findings, *failed), talk.lang)
    line = talk.say(f"Checks: {passed} of {len(plan.checks)} passed",
                    f"检查：{len(plan.checks)} 项中通过 {passed} 项")  # fmt: skip
    talk.write(line + (talk.say("; ", "；") + found if found else ""))


#: Decisions that the console lists; the report and the workbook have all.
_LISTED = 10
#: What a plan does without, and which input would bring it.
_LEFT_OUT = {
    "zones": Text("Left out: zones (no townships)", "未编制：主体功能分区（缺少乡镇）"),
    "redlines": Text("Left out: red lines (no layer)", "未编制：生态红线（缺少图层）"),
    "construction": Text("Left out: construction account (no land use)",
                         "未编制：建设空间台账（缺少用地现状）"),
    "cap": Text("Left out: cap (no [cap] share): the account tells existing land only",
                "未编制：建设用地上限（未写 [cap] share），台账只列现状"),
    "allocation": Text("Left out: allocation of new land (needs land use, townships and a cap)",
                       "未编制：新增用地分配（需要用地现状、乡镇和上限）"),
}  # fmt: skip


def _written(files: Sequence[Path]) -> str | None:
    """Read the digest that was written with the files."""
    place = next((f for f in files if f.name == "run.json"), None)
    found = None if place is None else json.loads(place.read_text(encoding="utf-8")).get("digest")
    return None if found is None else str(found)


def _tell_zones(talk: Talk, plan: Plan) -> None:
    if not plan.run["zones"]:
        talk.write(talk.say("No townships, so no zones.", "没有乡镇数据，未划分区。"))
        return
    from zoning.base import words
    from zoning.base.areas import M2_PER_KM2
    from zoning.zones import zone_name

    def km(value: int | None) -> str:
        return "–" if value is None else f"{value / M2_PER_KM2:,.2f}"

    rows = []
    for zone, row in plan.run["zones"].items():
        built, new = row.get("built_m2"), row.get("new_m2")
        rows.append([zone_name(zone, talk.lang, plan.scheme), f"{row['units']:,}",
                     km(row["area_m2"]), km(built), km(new), _share(row)])  # fmt: skip
    gone = plan.run.get("unzoned")
    if gone:
        rows.append([words.unzoned(talk.lang), f"{gone['units']:,}", km(gone["area_m2"]),
                     km(gone.get("built_m2")), km(gone.get("new_m2")), _share(gone)])  # fmt: skip
    heads = [("zone", "分区"), ("units", "单元"), ("km²", "面积 km²"),
             ("built km²", "现状建设"), ("new km²", "新增"), ("share", "强度")]  # fmt: skip
    title = talk.say("Zones", "主体功能分区")
    talk.write_table(title, [talk.say(*h) for h in heads], rows)
    if gone and gone.get("why"):
        talk.write(talk.say(f"Unzoned: {gone['why']['en']}", f"未分区：{gone['why']['zh']}"))


def _share(row: Mapping[str, Any]) -> str:
    """Give construction, existing and new, as a share of the land of a row."""
    if row.get("built_m2") is None or not row["area_m2"]:
        return "–"
    return f"{(row['built_m2'] + (row.get('new_m2') or 0)) / row['area_m2']:.1%}"


def _tell_decisions(talk: Talk, plan: Plan) -> None:
    """Tell the decisions on record, with reason, who and date, and what became of each."""
    table = plan.tables.get("decisions")
    if table is None or table.empty:
        return
    from zoning.zones import tell_decision

    names = {} if plan.townships is None else plan.townships["name"].to_dict()
    colon = talk.say(": ", "：")
    for row in table.head(_LISTED).to_dict("records"):
        name = names.get(row["code"])
        place = named(name, row["code"]).get(talk.lang)
        talk.write(f"{place}{colon}{tell_decision(row, plan.scheme, talk.lang)}")
    if len(table) > _LISTED:
        more = len(table) - _LISTED
        talk.write(
            talk.say(f"and {more} more decisions, see the report", f"另有 {more} 项决定，见报告")
        )


def _tell_account(talk: Talk, run: Mapping[str, Any]) -> None:
    from zoning.base.areas import km2, percent

    red = run.get("redlines")
    if red:
        talk.write(
            talk.say(
                f"Red lines: {red['areas']} areas, union {km2(red['union_m2'])}",
                f"生态红线：{red['areas']} 个区域，合并面积 {km2(red['union_m2'])}",
            )
        )
    c = run.get("construction")
    if c:
        cap, cap_zh = _under_cap(c)
        talk.write(
            talk.say(
                f"Construction: existing {km2(c['existing_m2'])} ({percent(c['existing_share'])})"
                f"{cap}; ecological and agricultural {percent(c['eco_agri_share'])}",
                f"建设空间：现状 {km2(c['existing_m2'])}（{percent(c['existing_share'])}）"
                f"{cap_zh}；生态和农业空间 {percent(c['eco_agri_share'])}",
            )
        )
    a = run.get("allocation")
    if a:
        gap = "–" if a["gap"] is None else f"{a['gap']:.2g}"
        grade = a["certificate"]["grade"]
        talk.write(talk.say(f"Allocation: method {a['method']}, gap {gap}, certificate: {grade}",
                            f"分配：{method_words(a['method'], 'zh')}；间隙 {gap}；"
                            f"证明：{words.value('proof', grade, 'zh')}"))  # fmt: skip


def _tell_protected(talk: Talk, plan: Plan) -> None:
    """Tell how much land each other kind of protection holds, and all of them together."""
    from zoning.api.wings import protected_land, protected_m2
    from zoning.base.areas import km2

    given = protected_land(plan)
    if given is None:
        return
    table = given.table("protection_kinds")
    words_of = next(f.words for f in table.fields if f.name == "kind")
    frame = table.frame.set_index("kind")["area_m2"].dropna()
    kinds = [k for k in frame.index if k not in ("redline", "overlap")]
    if not kinds:
        return
    told = [f"{words_of[k].get(talk.lang)} {km2(int(frame[k]))}" for k in kinds]
    total = km2(protected_m2(plan))
    talk.write(talk.say(f"Other protections: {', '.join(told)}; all protected land {total}",
                        f"其他保护：{'、'.join(told)}；保护用地合计 {total}"))  # fmt: skip


def _tell_wings(talk: Talk, plan: Plan) -> None:
    """Name what the other wings gave to the plan: its policies, conflicts, parks."""
    from zoning.api.wings import of_wings

    for given in of_wings(plan):
        titles = [c.title.get(talk.lang) for c in given.chapters if c.pages is None]
        titles = [t for t in titles if t != given.title.get(talk.lang)]
        if titles:
            talk.write(given.title.get(talk.lang) + talk.say(": ", "：")
                       + talk.say("; ", "；").join(titles))  # fmt: skip


def _under_cap(c: Mapping[str, Any]) -> Text:
    from zoning.base.areas import km2, percent

    if c["cap_m2"] is None:
        return Text(", no cap", "，无上限")
    return Text(
        f", cap {km2(c['cap_m2'])} ({percent(c['cap_share'])}), new {km2(c['new_m2'])}, "
        f"then {percent(c['share'])}",
        f"，上限 {km2(c['cap_m2'])}（{percent(c['cap_share'])}），新增 {km2(c['new_m2'])}，"
        f"合计 {percent(c['share'])}",
    )
