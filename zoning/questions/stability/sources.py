"""What is drawn: every source of error of a plan's zones, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from zoning.base.coded import spelled
from zoning.errors import InputError, Text
from zoning.indicators import AT_HAND
from zoning.planfile.doubt import ColumnError
from zoning.questions.released import classes_of
from zoning.questions.stability import perturb
from zoning.schemes import scheme_of
from zoning.zones import Method, method_names, method_of
from zoning.zones.classify import method_values
from zoning.zones.decide import compile_rules
from zoning.zones.scoring import Floats, fit
from zoning.zones.tell import indicator_name

if TYPE_CHECKING:
    from zoning.plan import Plan

Rng = np.random.Generator

#: Source of the half-widths that nobody states.
OWN = "choice of this software"

#: Half-widths (our choice): ends of scales in shares of their length, chance of a cell.
ENDS, CELLS = 0.05, 0.1


class Rig(Protocol):
    """What is drawn from: a plan, its method, its townships and their values."""

    plan: Plan
    method: Method
    townships: pd.DataFrame
    values: dict[str, Floats]


@dataclass(frozen=True)
class Draw:
    """One draw on its way: the method before it is fitted, and the values."""

    method: Method
    values: dict[str, Floats]
    cuts: bool = False


@dataclass(frozen=True)
class Source:
    """A doubt: what it does to a draw, and what is said of it."""

    kind: str
    move: Callable[[Draw, Rng], Draw]
    about: Text
    source: str = OWN
    evidence: str = "own"


def sources(rig: Rig, weights: float, cuts: float) -> tuple[list[Source], list[Text]]:
    """Give the doubts that this plan has, in their order, and what it lacks."""
    method = rig.method
    found = []
    if any(len(d.terms) > 1 for d in method.dimensions):
        found.append(Source(
            "weights", lambda d, r: replace(d, method=perturb.weights(d.method, r, weights)),
            Text(f"times 1 ± {weights:g}", f"乘以 1±{weights:g}")))  # fmt: skip
    in_rules = any(rule.cuts for rule in compile_rules(method, tuple(rig.values)))
    if in_rules or any(d.cuts or d.breaks for d in method.dimensions):
        en, zh = (", numbers in rules among them", "，含规则中的数值") if in_rules else ("", "")
        found.append(Source(
            "cuts", lambda d, _: replace(d, cuts=True),
            Text(f"by up to {cuts:.0%} of their span{en}",
                 f"移动不超过量程的 {cuts:.0%}{zh}")))  # fmt: skip
    kinds = {t.scale.kind for d in method.dimensions for t in d.terms}
    if kinds & {"linear", "log", "table", "points"}:
        found.append(Source(
            "scale_ends", lambda d, r: replace(d, method=perturb.scale_ends(d.method, r, ENDS)),
            Text(f"by up to {ENDS:.0%} of the length of the scale",
                 f"移动不超过区间长度的 {ENDS:.0%}")))  # fmt: skip
    if method.matrices or method.cube is not None:
        found.append(Source(
            "cells", lambda d, r: replace(d, method=perturb.cells(d.method, r, CELLS)),
            Text(f"each cell beside another zone takes that zone with a chance of {CELLS:.0%}",
                 f"与其他分区相邻的单元以 {CELLS:.0%} 的概率取邻格分区")))  # fmt: skip
    found.append(_inputs(rig))
    land, told = _landuse(rig)
    return [*found, *land], told


def _inputs(rig: Rig) -> Source:
    """Values of the indicators: stated errors where there are any, an assumed one elsewhere."""
    part = rig.plan.config.errors
    stated: list[str] = []
    assumed: list[str] = []
    errors: dict[str, ColumnError] = {}
    for name, values in rig.values.items():
        if values.dtype.kind != "f":
            continue
        known = AT_HAND.get(name)
        given = part.columns.get(name) or part.columns.get(known.part if known else "")
        if given is None and _from_landuse(rig, name) and part.landuse is not None:
            continue  # drawn with the land-use map
        (assumed if given is None else stated).append(name)
        errors[name] = given or ColumnError(share=part.assumed)

    def move(draw: Draw, rng: Rng) -> Draw:
        moved = dict(draw.values)
        for name, error in errors.items():
            x = perturb.column(
                moved[name], rng, share=error.share, amount=error.amount, years=error.years,
                growth=error.growth, common=error.common,
            )  # fmt: skip
            moved[name] = np.clip(x, 0.0, 1.0) if name.endswith("_share") else x
        return replace(draw, values=moved)

    en, zh = [], []
    if stated:
        en.append(f"{_named(stated, 'en', rig)}: as stated")
        zh.append(f"{_named(stated, 'zh', rig)}：按声明误差")
    if assumed:
        en.append(
            f"{_named(assumed, 'en', rig)}: standard error {part.assumed:.0%} assumed, not stated"
        )
        zh.append(f"{_named(assumed, 'zh', rig)}：未声明，假定标准误差 {part.assumed:.0%}")
    sources = list(dict.fromkeys(errors[n].source for n in stated))
    tags = list(dict.fromkeys(errors[n].evidence for n in stated))
    if assumed:
        sources, tags = list(dict.fromkeys([*sources, OWN])), [*tags, "own"]
    return Source("inputs", move, Text("; ".join(en), "；".join(zh)), "; ".join(sources),
                   ", ".join(dict.fromkeys(tags)))  # fmt: skip


def _named(names: list[str], lang: str, rig: Rig) -> str:
    said = [indicator_name(n, lang, rig.method.called) for n in names]
    return ("、" if lang == "zh" else ", ").join(said)


#: Which classes of the land-use table make a sum of a township.
_PARTS = {"built_m2": "built", "farmland_m2": "farmland", "water_m2": "water"}


def _from_landuse(rig: Rig, name: str) -> bool:
    """Whether an indicator is made from the land-use raster here, and not given by the planner."""
    known = AT_HAND.get(name)
    part = known.part if known is not None and known.kind == "share" else ""
    given = {f"given_{part}", f"given_{name}", "given_area_m2"} & set(rig.townships.columns)
    return part in _PARTS and not given and "landuse" in rig.plan.ledger


def _landuse(rig: Rig) -> tuple[list[Source], list[Text]]:
    """Draw the land-use map from its accuracy assessment, where there is one."""
    part = rig.plan.config.errors.landuse
    names = [n for n in rig.values if _from_landuse(rig, n)]
    if not names:
        return [], []
    classes = classes_of(rig.plan)
    if part is None or classes is None or isinstance(part.confusion, str):
        return [], [Text(
            "the land-use map: [errors.landuse] states no confusion matrix",
            "土地利用分类：未提供精度评价（混淆矩阵）")]  # fmt: skip
    confusion = part.confusion
    ledger = spelled(rig.plan.ledger[["landuse", "township", "area_m2"]])
    area = ledger.groupby(["landuse", "township"])["area_m2"].sum().unstack(fill_value=0)
    area = area.reindex(columns=rig.townships.index, fill_value=0)
    mapped = tuple(str(int(v)) for v in area.index)
    amounts = area.to_numpy(np.float64)
    total = rig.townships["area_m2"].to_numpy(np.float64)
    flags = {p: classes[flag].eq(True) for p, flag in _PARTS.items()}

    def move(draw: Draw, rng: Rng) -> Draw:
        found = perturb.ground(amounts, mapped, confusion, rng)
        moved = dict(draw.values)
        for name in names:
            flag = flags[AT_HAND[name].part]
            held = [a for c, a in found.items() if int(c) in flag.index and flag[int(c)]]
            share = np.sum(held, axis=0) / total if held else np.zeros(total.size)
            # What the run does not know stays unknown.
            moved[name] = np.where(np.isnan(draw.values[name]), np.nan, np.minimum(share, 1.0))
        return replace(draw, values=moved)

    samples = sum(sum(row.values()) for row in confusion.values())
    untold = sorted(set(mapped) - set(confusion) - {"-1"}, key=int)
    about = Text(
        f"{len(confusion)} classes by {samples:,.0f} samples, alike in all townships"
        + (f"; taken as mapped: {', '.join(untold)}" if untold else ""),
        f"{len(confusion)} 类、{samples:,.0f} 个样本，各乡镇相同"
        + (f"；按图取值：{'、'.join(untold)}" if untold else ""),
    )
    return [Source("landuse", move, about, part.source, part.evidence)], []


def other_methods(
    plan: Plan, rig: Rig
) -> tuple[list[tuple[Method, dict[str, Floats]]], list[Text]]:
    """Give the methods to choose from beside the plan's own: those it compares, or all shipped."""
    part, found, told = plan.config.zones, [], []
    for name in part.compare or method_names():
        if name == rig.method.name:
            continue
        called = Text(f"method {name}", f"方法 {name}")
        try:
            method = method_of(name, scheme_of(part), part.crosswalk)
            called = Text(method.en, method.zh)
            values = method_values(rig.townships, method)
            fit(method, values)
        except InputError as error:
            why = error.problems[0].what
            told.append(Text(f"{called.en}: {why.en}", f"{called.zh}：{why.zh}"))
            continue
        found.append((method, values))
    return found, told
