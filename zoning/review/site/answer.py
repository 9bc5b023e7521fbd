"""The answer about sites: every question with what was asked, and what was not asked.

A question is asked where its layer is there. One whose layer the plan lacks, or about something
that nobody declared, stands in the list of what was not asked, with the reason.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.base.names import by_code
from zoning.errors import Text
from zoning.inputs.access import industry_code, industry_name
from zoning.inputs.protections import load_kinds
from zoning.review.site import access as lists
from zoning.review.site.found import NotAsked, Row, Site, whole
from zoning.review.site.ground import Asked, Ground
from zoning.review.site.headroom import Accounts, accounts_of, take
from zoning.review.site.measure import measure
from zoning.review.site.measured import rule_columns
from zoning.review.site.rules import LEVELS, Question, Rules, between, judge
from zoning.review.site.told import outside, told, told_number

if TYPE_CHECKING:
    import geopandas as gpd

#: Level of each status of access lists (our choice; worst first).
ACCESS_LEVELS = {
    "forbidden": "red", "restricted": "yellow", "condition": "yellow", "allowed": "green",
    "encouraged": "green", lists.UNLISTED: "unknown", lists.UNKNOWN: "unknown",
}  # fmt: skip
STATUS_NAMES = {
    "forbidden": Text("forbidden", "禁止"), "restricted": Text("restricted", "限制"),
    "condition": Text("on conditions", "有条件准入"), "allowed": Text("allowed", "允许"),
    "encouraged": Text("encouraged", "鼓励"), lists.UNLISTED: Text("not listed", "清单未列"),
    lists.UNKNOWN: Text("depends on what is not declared", "取决于未申报的事项"),
}  # fmt: skip
#: Roles of other plans with a question of their own.
_OWN_QUESTION = frozenset({"growth_boundary", "existing_use"})
#: Layers whose features an answer names, beside the kinds of protection.
_NAMED = ("zones", "parks", "environment_units")
_NO_LAYER = Text("the plan has no such layer", "方案没有该图层")
_NOT_FOUND = Text("its file is not found as the run read it", "未找到运行时的文件")
_NEEDED = Text("nobody gave this layer, so the site is unknown at best",
               "未提供该图层，结论至多为“无法判定”")  # fmt: skip


def ask(
    ground: Ground, rules: Rules, frame: gpd.GeoDataFrame, today: datetime.date
) -> tuple[Site, ...]:
    """Ask every question of every site.

    Parameters
    ----------
    ground : Ground
        Of :func:`zoning.review.site.ground.gather`.
    rules : Rules
    frame : GeoDataFrame
        Of :func:`zoning.inputs.sites.read_sites`.
    today : date
        Access lists are read as of this day.
    """
    shapes = frame.geometry.to_numpy()
    found = measure(ground, shapes)
    accounts = accounts_of(ground.plan)
    levels = take(accounts, found, _limit_names(ground, accounts))
    for name in ("energy_tce", "emission_t"):
        values = frame[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        found.put(name, values)
    entries = None
    if ground.access is not None:
        entries = lists.entries(ground.access.fillna(""), rule_columns())
    lon, lat = ground.degrees(shapes)
    parts, uses = _records(found.parts), _uses(found.use, ground.classes)
    names, kinds = _names(ground), frozenset(map(str, load_kinds().index))
    asked_lists = _lists(ground)
    plain = frame.drop(columns="geometry").to_dict("records")
    out = []
    for i in range(len(frame)):
        low = {c: float(v[i]) for c, v in found.low.items()}
        high = {c: float(v[i]) for c, v in found.high.items()}
        declared = _declared(plain[i])
        here = _Here(
            ground, accounts, low, high, parts.get(i, {}), uses.get(i, ()), declared, entries,
            asked_lists, today, names, kinds,
        )  # fmt: skip
        rows, missing = _questions(rules, here)
        verdict = min((r.level for r in rows), key=LEVELS.index)
        if any(m.why is _NEEDED for m in missing):  # it may hide a red
            verdict = min(verdict, "unknown", key=LEVELS.index)
        out.append(Site(
            str(frame["site"].iloc[i]), declared.get("name", ""), declared, low["area_m2"],
            low["inside_m2"], lon[i], lat[i], verdict, rows, missing, here.lies_in(),
            tuple(levels[i]),
        ))  # fmt: skip
    return tuple(out)


def _limit_names(ground: Ground, accounts: Accounts) -> dict[str, Text]:
    """Give limits of zones names that say which limit of the zone is meant."""
    members = {m.code: m.name for m in ground.plan.scheme.members}
    words = {"zone": Text("cap of the zone", "分区上限"), "quota": Text("quota", "新增指标")}
    return {
        f"{x.kind}|{x.code}": Text(
            f"{members[x.code].en}, {words[x.kind].en}",
            f"{members[x.code].zh}（{words[x.kind].zh}）",
        )
        for x in accounts.limits if x.kind in words and x.code in members
    }  # fmt: skip


def _records(parts: pd.DataFrame) -> dict[int, dict[str, list[dict[str, Any]]]]:
    """Give the parts of each site by layer as plain records, the largest first."""
    out: dict[int, dict[str, list[dict[str, Any]]]] = {}
    ordered = parts.sort_values(["site", "layer", "high", "code"],
                                ascending=[True, True, False, True])  # fmt: skip
    for row in ordered.to_dict("records"):
        out.setdefault(int(row["site"]), {}).setdefault(str(row["layer"]), []).append(row)
    return out


def _uses(use: pd.DataFrame, classes: pd.DataFrame | None) -> dict[int, tuple[dict[str, Any], ...]]:
    """Give the classes of land use of each site, the largest first."""
    if not len(use) or classes is None:
        return {}
    code, name = classes["code"].to_dict(), classes["zh"].to_dict()
    out: dict[int, tuple[dict[str, Any], ...]] = {}
    for row in use.sort_values(["site", "area"], ascending=[True, False]).to_dict("records"):
        value = row["value"]
        one = {"code": str(code.get(value, "")), "name": str(name.get(value, "未知")),
               "m2": whole(float(row["area"]))}  # fmt: skip
        out[int(row["site"])] = (*out.get(int(row["site"]), ()), one)
    return out


def _lists(ground: Ground) -> tuple[Asked, ...]:
    """Give the access lists as layers that are asked."""
    if ground.access is None:
        return ()
    return tuple(
        Asked(Text(str(name), str(name)), "; ".join(sorted(set(rows["source"])))[:200])
        for name, rows in ground.access.groupby("list", sort=True)
    )


def _declared(row: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was declared, as it was written."""
    return {
        name: (float(row[name]) if name.endswith(("_tce", "_t", "_m")) else str(row[name]))
        for name in ("name", "industry", "catalogue_item", "energy_tce", "emission_t", "width_m")
        if not pd.isna(row[name])
    }


def _names(ground: Ground) -> dict[str, dict[str, Text]]:
    """Give names of townships, zones and overlays by code."""
    plan = ground.plan
    members = {m.code: m.name for m in plan.scheme.members}
    towns = {c: Text(n, n) for c, n in by_code(plan.townships).items()}
    return {"zone": members, "overlay": members, "township": towns}


@dataclass(frozen=True)
class _Here:
    """One site while it is asked."""

    ground: Ground
    accounts: Accounts
    low: dict[str, float]
    high: dict[str, float]
    parts: dict[str, list[dict[str, Any]]]
    uses: tuple[dict[str, Any], ...]
    declared: dict[str, Any]
    entries: Sequence[lists.Entry] | None
    lists: tuple[Asked, ...]
    today: datetime.date
    names: dict[str, dict[str, Text]]
    kinds: frozenset[str]

    def lies_in(self) -> pd.DataFrame:
        """Give units, townships, zones and overlays with area and share."""
        rows = [
            (layer, r["code"] or None,
             self.names.get(layer, {}).get(str(r["code"]), Text("", "")).zh, whole(r["low"]),
             round(r["low"] / self.low["area_m2"], 6))
            for layer in ("unit", "township", "zone", "overlay")
            for r in sorted(self.parts.get(layer, ()), key=lambda r: str(r["code"]))
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=["layer", "code", "name", "area_m2", "share"])

    def codes(self, layer: str) -> list[str]:
        """Give the features of a layer that the site has half a square metre of, or half of it."""
        enough = min(0.5, self.low["area_m2"] / 2)
        return [
            str(r["code"]) for r in self.parts.get(layer, ()) if r["code"] and r["high"] >= enough
        ]

    def listed(self, layer: str) -> tuple[dict[str, Any], ...]:
        """Give the features of a layer as plain data, the largest first."""
        return tuple(
            {k: str(r[k]) for k in ("code", "name", "type", "level", "source") if r[k]}
            | {"m2": whole(r["low"])}
            | ({} if r["low"] == r["high"] else {"m2_at_most": whole(r["high"])})
            for r in self.parts.get(layer, ())
        )


def _questions(rules: Rules, here: _Here) -> tuple[tuple[Row, ...], tuple[NotAsked, ...]]:
    rows: list[Row] = []
    missing: list[NotAsked] = []
    for question in rules.questions:
        given = _layers(question, here)
        if isinstance(given, Text):
            missing.append(NotAsked(question.code, question.text, given))
        elif question.layer == "access":
            rows.append(_access(question, here, given))
        else:
            rows.append(_row(question, here, given))
    missing += [NotAsked(code, text, Text("not in any plan of this kind", "本类方案不含此项"))
                for code, text in rules.never]  # fmt: skip
    return tuple(rows), tuple(missing)


def _layers(question: Question, here: _Here) -> tuple[Asked, ...] | Text:
    """Give the layers of a question, or the reason why it is not asked."""
    special = _SPECIAL.get(question.layer)
    if special is not None:
        return special(here)
    ground, layer = here.ground, question.layer
    if layer == "declared":
        known = question.show in here.low and not np.isnan(here.low[question.show])
        return () if known else Text("nothing declared", "未申报")
    if layer in ground.covers:
        return (ground.covers[layer].asked,)
    if layer in ground.bounded:
        return (ground.bounded[layer],)
    if layer in _roles(ground):
        return _NOT_FOUND
    said = layer == "redline" and ground.plan.config.redlines.none
    return _NEEDED if question.needed and not said else _NO_LAYER


def _limits(here: _Here) -> tuple[Asked, ...] | Text:
    if here.accounts.why is not None:
        return here.accounts.why
    use = here.ground.landuse_asked
    if "over_headroom_m2" not in here.low or use is None:
        return Text("land use is not known", "用地现状未知")
    return (use, here.ground.own(Text("caps and quotas", "上限与指标")))


def _zone_layer(here: _Here) -> tuple[Asked, ...] | Text:
    if "zone" not in here.ground.plan.units:
        return Text("the plan has no zones", "方案没有功能区")
    return (here.ground.own(Text("main functional zones", "主体功能区")),)


def _use_layer(here: _Here) -> tuple[Asked, ...] | Text:
    if here.ground.landuse_asked is None or "built_m2" not in here.low:
        return _NO_LAYER
    return (here.ground.landuse_asked,)


def _plan_layers(here: _Here) -> tuple[Asked, ...] | Text:
    found = [here.ground.covers[r].asked for r in _other_plans(here)]
    return tuple(found) or (_NOT_FOUND if _roles(here.ground) - _OWN_QUESTION else _NO_LAYER)


def _roles(ground: Ground) -> set[str]:
    """Give the roles of the other plans that the run read."""
    return {part.role for part in ground.plan.config.inputs.plans}


def _other_plans(here: _Here) -> list[str]:
    """Give the roles of other plans, but those that have a question of their own."""
    return [r for r, c in here.ground.covers.items()
            if "open" in c.table and r not in _OWN_QUESTION]  # fmt: skip


def _access_layers(here: _Here) -> tuple[Asked, ...] | Text:
    if "industry" not in here.declared:
        return Text("no industry declared (--industry)", "未申报行业（--industry）")
    if here.ground.access is None:
        return Text("no access list", "没有准入清单")
    return here.lists


#: Questions about something else than one layer of polygons.
_SPECIAL: dict[str, Callable[[_Here], tuple[Asked, ...] | Text]] = {
    "city": lambda here: (here.ground.city.asked,), "access": _access_layers, "limits": _limits,
    "zones": _zone_layer, "landuse": _use_layer, "plans": _plan_layers,
}  # fmt: skip


def _row(question: Question, here: _Here, asked: tuple[Asked, ...]) -> Row:
    level, text = judge(question, here.low, here.high)
    layers: tuple[str, ...] = (question.layer,)
    if question.layer == "plans":
        layers = tuple(_other_plans(here))
    elif question.layer == "zones":
        layers = ("zone",)
    parts = here.uses if question.layer == "landuse" else tuple(
        p for x in layers for p in here.listed(x)
    )  # fmt: skip
    words = Text(*(_fill(text.get(lang), here, lang) for lang in ("en", "zh")))
    if (question.layer in _NAMED or question.layer in here.kinds) and parts:
        words = _with_parts(words, here, question.layer, parts)
    if question.layer not in ("city", "declared"):
        level, words = outside(level, words, here.low, here.high)
    show = question.show
    low, high = (here.low.get(show), here.high.get(show)) if show else (None, None)
    return Row(question.code, question.group, question.text, asked, level, words, low, high,
               parts, question.source, question.evidence)  # fmt: skip


def _with_parts(text: Text, here: _Here, layer: str, parts: Sequence[Mapping[str, Any]]) -> Text:
    """Name the zones or areas that the site lies in."""
    found = []
    for lang in ("en", "zh"):
        names = []
        for p in parts[:4]:
            code = str(p.get("code", ""))
            known = here.names["zone"].get(code)
            name = known.get(lang) if layer == "zones" and known else str(p.get("name") or code)
            if layer == "zones" and not code:
                name = "no zone" if lang == "en" else "未定"
            low = float(p["m2"])
            names.append(f"{name} {told(low, float(p.get('m2_at_most', low)), lang)}")
        more = len(parts) - 4
        tail = "" if more <= 0 else (f" and {more} more" if lang == "en" else f"等 {len(parts)} 处")
        joined = (", " if lang == "en" else "、").join(names) + tail
        joined = f" ({joined})" if lang == "en" else f"（{joined}）"
        found.append(text.get(lang) + joined)
    return Text(*found)


def _fill(template: str, here: _Here, lang: str) -> str:
    """Put areas and declared numbers into a text."""
    import string

    words = {}
    for _, name, _, _ in string.Formatter().parse(template):
        if name is None:
            continue
        low, high = here.low.get(name), here.high.get(name)
        if low is None or high is None or np.isnan(low):
            words[name] = "?" if lang == "en" else "未知"
        elif name.endswith("_m2"):
            words[name] = told(low, high, lang)
        else:
            words[name] = told_number(low)
    filled = template.format(**words)
    # An area in hectares ends in a Chinese word, which takes no space beside another.
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", filled)


def _access(question: Question, here: _Here, asked: tuple[Asked, ...]) -> Row:
    """Say what the access lists say of the declared industry at this place."""
    code = industry_code(str(here.declared["industry"]))
    classes = []
    units = here.ground.covers.get("environment_units")
    mine = here.codes("environment_units")
    if units is not None and "category" in units.table:
        known = dict(zip(units.table["code"], units.table["category"].astype(str), strict=True))
        classes = sorted({known[c] for c in mine if c in known})
    places = {"zone": here.codes("zone"), "overlay": here.codes("overlay"), "env_unit": mine,
              "env_class": classes, "park": here.codes("parks")}  # fmt: skip
    said = lists.resolve(
        here.entries or (), places, code, str(here.declared.get("catalogue_item", "")),
        lambda rule: between(rule, here.low, here.high), here.today,
    )  # fmt: skip
    parts = tuple(
        {"list": s.entry.list, "scope": s.entry.scope, "scope_id": s.entry.scope_id,
         "code_prefix": s.entry.prefix, "status": s.status, "says": s.entry.status,
         "dimension": s.entry.dimension, "text_zh": s.entry.zh, "text_en": s.entry.en,
         "source": s.entry.source, "evidence": s.entry.evidence}
        for s in said.said
    )  # fmt: skip
    words = []
    for lang in ("en", "zh"):
        zh = lang == "zh"
        head = f"{code} {industry_name(code, lang)}"
        text = f"{head}{'：' if zh else ': '}{STATUS_NAMES[said.status].get(lang)}"
        if said.said:
            first = said.said[0].entry
            why = first.zh if zh else first.en
            text += f"（{first.list} {first.prefix}：{why}）" if zh else (
                f" ({first.list}, {first.prefix}: {why})")  # fmt: skip
        if said.contradicts:
            text += "；清单之间不一致" if zh else "; lists contradict each other"
        words.append(text)
    return Row("access", question.group, question.text, asked, ACCESS_LEVELS[said.status],
               Text(*words), None, None, parts, question.source, question.evidence)  # fmt: skip
