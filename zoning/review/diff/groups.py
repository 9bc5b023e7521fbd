"""What two plans may differ in, in groups that can be swapped one at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from zoning import zones
from zoning.base.shipped import data_path, load_toml
from zoning.errors import Text
from zoning.inputs.protections import load_kinds, protection_layers
from zoning.plan import Plan
from zoning.planfile.models import Config
from zoning.zones.overlay import lay_over

#: Groups of rules, in the order in which they are told; inputs stand before them.
WEIGHTS, CUTS, RULES, DECISIONS, CAPS, ALLOCATION, SCHEME, SOFTWARE = (
    "weights", "cuts", "rules", "decisions", "caps", "allocation", "scheme", "software",
)  # fmt: skip
INPUTS = "inputs"
#: What is told where it differs, and moves neither zones nor land.
SETTINGS = "settings"
NAMES: dict[str, Text] = {
    WEIGHTS: Text("indicators and weights", "指标与权重"),
    CUTS: Text("cuts between grades", "分级界值"),
    RULES: Text("rules of the zones", "分区规则"),
    DECISIONS: Text("decisions on record", "人工决定"),
    CAPS: Text("caps, quotas and limits", "上限、配额与约束"),
    ALLOCATION: Text("allocation", "用地分配方式"),
    SCHEME: Text("zone scheme and what speaks of its zones", "分区方案及其相关规则"),
    SOFTWARE: Text("version of the software", "软件版本"),
    SETTINGS: Text("what moves neither zones nor land", "不影响分区与用地的设置"),
    "integration": Text("integrated evaluation", "集成评价"),
    INPUTS: Text("inputs, not separable", "输入数据（无法分离）"),
    "boundary": Text("boundary", "边界"),
    "counties": Text("counties", "县（市、区）"),
    "townships": Text("townships and their attributes", "乡镇及其属性"),
    "landuse": Text("land use", "土地利用"),
    "dem": Text("heights", "高程"),
    "roads": Text("roads", "道路"),
    "centres": Text("centres", "中心"),
    "neighbours": Text("places across the line", "界外相邻地区"),
}
_CHECKSUM = re.compile("[0-9a-f]{64}")
#: Keys that are words about a number and rule nothing.
_WORDS = frozenset({
    "source", "evidence", "en", "zh", "short_en", "short_zh", "colour", "notes", "source_zh",
    "title", "title_zh",
})  # fmt: skip
_CUTS = ("cuts", "equal", "grades")
_WEIGHTS = ("dimension", "suitability")
_OF_ZONES = ("scheme", "zone", "overlay", "balance_share", "crosswalk", "contiguity",
             "contiguity_margin")  # fmt: skip
_HELD = ("plans", "parks", "environment_units", "access")
_SINGLE = (
    "boundary", "counties", "townships", "landuse", "dem", "roads", "centres", "neighbours",
    "integration",
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """One thing in which two plans differ.

    Parameters
    ----------
    code : str
    name : Text
    is_input : bool
        Whether it is a file that was read, so that only a whole run can swap it.
    details : tuple of (key, before, after)
        What differs, in words.
    """

    code: str
    name: Text
    is_input: bool
    details: tuple[tuple[str, str, str], ...] = ()


def name_of(code: str) -> Text:
    """Give the name of a group; those of kinds of protection and rasters are made of theirs."""
    if code in NAMES:
        return NAMES[code]
    kind, _, name = code.partition(":")
    if name:
        what = Text("raster", "栅格") if kind == "raster" else Text("evaluation", "评价")
        return Text(f"{what.en} {name}", f"{what.zh} {name}")
    kinds = load_kinds()
    if code in kinds.index:
        row = kinds.loc[code]
        return Text(str(row["many_en"]), str(row["many_zh"]))
    return Text(code, code)


def parts(plan: Plan) -> dict[str, Any]:
    """Take what a plan was made of apart, by group.

    Paths of inputs are replaced by the checksums of their files, so a file under another name is
    the same file.
    """
    config, read = plan.config, _checksums(plan)
    inputs = config.inputs
    found: dict[str, Any] = {}
    for name in _SINGLE:
        part = getattr(inputs, name)
        if part is not None:
            found[name] = _ruling(part.model_dump(mode="json"), read)
    found.setdefault("boundary", {})
    found["boundary"] = {
        **found["boundary"], "min_share": config.grid.min_share, "slivers": config.grid.slivers,
    }  # fmt: skip
    if "landuse" in found:
        found["landuse"]["classes"] = plan.run.get("landuse_classes") or found["landuse"]["classes"]
    for layer in protection_layers(inputs):
        told = _ruling(layer.model_dump(mode="json"), read)
        # A column of the same name is read whether it is named or not.
        told["columns"] = {k: v for k, v in told.get("columns", {}).items() if k != v}
        found.setdefault(layer.kind, []).append(told)
    if config.redlines.none:
        found.setdefault("redline", []).append({"none": True})
    for name, raster in inputs.rasters.items():
        found[f"raster:{name}"] = _ruling(raster.model_dump(mode="json"), read)
    for purpose, part in inputs.evaluations.items():
        found[f"evaluation:{purpose}"] = _ruling(part.model_dump(mode="json"), read)
    method = whole_method(config)
    weights, cuts, rules = _split(method)
    zoned = config.zones.model_dump(mode="json")
    found[WEIGHTS] = {**_ruling(weights, read), **config.indicators.model_dump(mode="json")}
    found[CUTS] = _ruling(cuts, read)
    found[RULES] = {**_ruling(rules, read), **{k: _ruling(zoned.get(k), read) for k in _OF_ZONES}}
    found[DECISIONS] = _decisions(plan)
    found[CAPS] = _ruling(config.cap.model_dump(mode="json"), read)
    found[ALLOCATION] = {
        **config.allocation.model_dump(mode="json"), 
        "locks": {k: v for k, v in (plan.run.get("what_if") or {}).items() if v},
    }  # fmt: skip
    found[SOFTWARE] = str((plan.run.get("software") or {}).get("zoning", ""))
    return found


def differing(before: Plan, after: Plan) -> tuple[Group, ...]:
    """Name the groups in which two plans differ, inputs first.

    Where the plans speak of different schemes, everything that names zones is one group.
    """
    one, two = parts(before), parts(after)
    rules = (WEIGHTS, CUTS, RULES, DECISIONS, CAPS, ALLOCATION, SOFTWARE)
    inputs = [k for k in {**one, **two} if k not in rules]
    other_scheme = before.scheme.name != after.scheme.name
    joint = (RULES, DECISIONS, CAPS) if other_scheme else ()
    found: list[Group] = []
    scheme: list[tuple[str, str, str]] = []
    for code in (*inputs, *rules):
        details = _details(one.get(code), two.get(code), code)
        if not details:
            continue
        if code in joint:
            scheme += details
        else:
            found.append(Group(code, name_of(code), code not in rules, tuple(details)))
    if scheme:
        found.append(Group(SCHEME, name_of(SCHEME), False, tuple(scheme)))
    return tuple(found)


def settings(before: Plan, after: Plan) -> list[tuple[str, str, str]]:
    """Tell where two plans differ in what is held against the plan, not what it is made of."""
    one, two = (_settings(p) for p in (before, after))
    return _details(one, two, SETTINGS)


def _settings(plan: Plan) -> dict[str, Any]:
    config, read = plan.config, _checksums(plan)
    found = {
        k: getattr(config, k).model_dump(mode="json") for k in ("audit", "errors", "published")
    }
    found |= config.inputs.model_dump(mode="json", include=set(_HELD))
    found["policies"] = [p.model_dump(mode="json") for p in config.policies]
    found["base_year"] = config.plan.base_year
    kept: dict[str, Any] = _ruling(found, read)
    return kept


def mixed(before: Plan, after: Plan, swapped: frozenset[str]) -> Config:
    """Give the rules of the first plan with some groups taken from the second.

    Inputs are mixed too, with the paths as they stand in each configuration.
    """
    if SCHEME in swapped:
        swapped = swapped | {RULES, DECISIONS, CAPS}

    def of(code: str) -> Config:
        return (after if code in swapped else before).config

    method = joined(*(whole_method(of(code)) for code in (WEIGHTS, CUTS, RULES)))
    part = of(RULES).zones.model_copy(update={"method": method, "overrides": None, "compare": ()})
    return before.config.model_copy(
        update={
            "inputs": _inputs(before, after, swapped),
            "grid": of("boundary").grid,
            "redlines": of("redline").redlines,
            "indicators": of(WEIGHTS).indicators,
            "zones": part,
            "cap": of(CAPS).cap,
            "allocation": of(ALLOCATION).allocation,
            "policies": (),
        }
    )


def _inputs(before: Plan, after: Plan, swapped: frozenset[str]) -> Any:
    """Mix the inputs of two plans by group."""

    def of(code: str) -> Any:
        return (after if code in swapped else before).config.inputs

    kinds = [str(k) for k in load_kinds().index]
    protections = [p for k in kinds for p in protection_layers(of(k)) if p.kind == k]
    maps: dict[str, dict[str, Any]] = {}
    for table, prefix in (("rasters", "raster"), ("evaluations", "evaluation")):
        names = dict.fromkeys(
            [*getattr(before.config.inputs, table), *getattr(after.config.inputs, table)]
        )
        maps[table] = {
            n: getattr(of(f"{prefix}:{n}"), table)[n]
            for n in names if n in getattr(of(f"{prefix}:{n}"), table)
        }  # fmt: skip
    return before.config.inputs.model_copy(
        update={
            **{name: getattr(of(name), name) for name in _SINGLE}, **maps,
            "protections": tuple(protections), "redlines": None, "cores": None, "locks": (),
            "parks": None,
        }
    )  # fmt: skip


def whole_method(config: Config) -> dict[str, Any]:
    """Give the method of a plan as plain data that names no other."""
    given = config.zones.method
    if isinstance(given, str):
        return dict(zones.inline_files(load_toml("methods", f"{given}.toml"), data_path("methods")))
    base = given.get("base")
    if base is None:
        return dict(given)
    below = zones.inline_files(load_toml("methods", f"{base}.toml"), data_path("methods"))
    return lay_over(below, {k: v for k, v in given.items() if k != "base"}, str(base))


def _split(method: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """Take a method apart: weights, cuts, and the rules that make zones of grades."""
    dimensions = method.get("dimension", {})
    cuts = {d: {k: v for k, v in part.items() if k in _CUTS} for d, part in dimensions.items()}
    weights = {d: {k: v for k, v in part.items() if k not in _CUTS}
               for d, part in dimensions.items()}  # fmt: skip
    rules = {k: v for k, v in method.items() if k not in _WEIGHTS and k != "name"}
    return {"dimension": weights, "suitability": method.get("suitability")}, cuts, rules


def joined(
    weights: Mapping[str, Any], cuts: Mapping[str, Any], rules: Mapping[str, Any]
) -> dict[str, Any]:
    """Put a method together whose weights, cuts and rules come from three."""
    found = {k: v for k, v in rules.items() if k not in _WEIGHTS}
    dimensions = {}
    for name, part in weights.get("dimension", {}).items():
        other = cuts.get("dimension", {}).get(name, part)
        kept = {k: v for k, v in part.items() if k not in _CUTS}
        dimensions[name] = {**kept, **{k: other[k] for k in _CUTS if k in other}}
    if dimensions:
        found["dimension"] = dimensions
    if weights.get("suitability"):
        found["suitability"] = weights["suitability"]
    return found


def _checksums(plan: Plan) -> dict[str, str]:
    return {str(s["path"]): str(s["sha256"]) for s in plan.run.get("inputs", ()) if s.get("path")}


def _ruling(value: Any, read: Mapping[str, str]) -> Any:
    """Keep what rules: no words, no empty keys; files stand as what is in them."""
    if isinstance(value, Mapping):
        return {
            k: _ruling(v, read) for k, v in value.items()
            if k not in _WORDS and v not in (None, "", (), [], {})
        }  # fmt: skip
    if isinstance(value, list | tuple):
        return [_ruling(v, read) for v in value]
    if isinstance(value, str):
        return read.get(value.replace("\\", "/"), value)
    return value


def _decisions(plan: Plan) -> dict[str, str]:
    """Give the zone that was decided for each place."""
    table = decisions_of(plan)
    if table is None:
        return {}
    kept = table[["level", "code", "zone"]].sort_values(["level", "code"]).astype(str)
    return {f"{level} {code}": zone for level, code, zone in kept.itertuples(index=False)}


def decisions_of(plan: Plan) -> pd.DataFrame | None:
    """Give the decisions on record that a plan's folder keeps; None where it has none."""
    table = plan.tables.get("decisions")
    return table if table is not None and len(table) and "level" in table else None


def _details(one: Any, two: Any, path: str) -> list[tuple[str, str, str]]:
    """Find what differs, key by key."""
    if one == two:
        return []
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        keys = [*one, *(k for k in two if k not in one)]
        return [d for k in keys for d in _details(one.get(k), two.get(k), f"{path}.{k}")]
    if isinstance(one, list) and isinstance(two, list) and _tables(one) and _tables(two):
        count = max(len(one), len(two))
        rows = [*one, *[None] * (count - len(one))], [*two, *[None] * (count - len(two))]
        return [d for i, (a, b) in enumerate(zip(*rows, strict=True), start=1)
                for d in _details(a, b, f"{path}[{i}]")]  # fmt: skip
    return [(path, _said(one), _said(two))]


def _tables(value: list[Any]) -> bool:
    return bool(value) and all(isinstance(x, Mapping) for x in value)


def _said(value: Any) -> str:
    """Write a value of a configuration in a line."""
    import json

    if value is None:
        return ""
    if isinstance(value, str) and _CHECKSUM.fullmatch(value):
        return f"SHA-256 {value[:12]}…"
    if isinstance(value, Mapping):  # a whole table that only one side has: its keys
        text = ", ".join(str(k) for k in value)
    elif isinstance(value, list) and _tables(value):
        text = f"{len(value)} × ({', '.join(dict.fromkeys(k for x in value for k in x))})"
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:199]}…"
