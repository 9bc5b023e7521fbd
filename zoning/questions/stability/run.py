"""The stability of a plan: how often each township and unit keeps its zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.base.areas import percent
from zoning.errors import InputError
from zoning.pipeline.method import load_method
from zoning.questions.stability.draws import Draws, leave_one_out, perturbed_zones
from zoning.questions.stability.settled import Settled
from zoning.questions.stability.tally import Tally, Units, share_of_area
from zoning.zones import Method
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.scoring import fit
from zoning.zones.table import Objects

if TYPE_CHECKING:
    from zoning.plan import Plan

#: A place is firm when it keeps its zone in at least this share of the draws (own choice).
FIRM = 0.90


@dataclass(frozen=True)
class StabilityResult:
    """What the draws say.

    Attributes
    ----------
    townships : DataFrame, index township
        ``zone``, ``stability`` (share of draws that keep the zone, weights and thresholds drawn
        together), ``stability_weights``, ``stability_cuts`` (one of the two drawn),
        ``stability_left_out`` (share of runs with one indicator left out), ``second`` (the other
        zone that is seen most often), ``sensitive_to`` (indicators that change the zone when left
        out), ``area_m2``.
    units : DataFrame, index unit
        ``zone``, ``stability``, ``area_m2``. Decisions on record are firm; unknown stays ``<NA>``.
    left_out : DataFrame, index township
        One column of zones per left-out indicator.
    draws : Draws
    overlay_shares : mapping of code to float
        Thresholds of the overlays that replace zones.
    firm : float
        The limit of "firm".
    """

    townships: pd.DataFrame
    units: pd.DataFrame
    left_out: pd.DataFrame
    draws: Draws
    overlay_shares: Mapping[str, float]
    firm: float = FIRM

    @property
    def firm_share(self) -> float:
        """Share of the area of all units that is firm (unknown is not firm)."""
        return self._firm(self.units)

    @property
    def firm_outside(self) -> float:
        """Share of the area that is firm, without the units that an overlay rules."""
        return self._firm(self.units[~self.units["overlaid"]])

    def _firm(self, units: pd.DataFrame) -> float:
        area = units["area_m2"].to_numpy(np.float64)
        kept = (units["stability"] >= self.firm).fillna(False).to_numpy(bool)
        return share_of_area(area[kept], area)

    def tell(self, lang: str = "en") -> str:
        """Write the result in one sentence.

        Returns
        -------
        str
        """
        d = self.draws
        share = percent(self.firm_share, 0)
        rule = percent(self.firm, 0)
        outside, points = percent(self.firm_outside, 0), f"±{d.overlays * 100:g}"
        laid = bool(self.overlay_shares)
        if lang == "zh":
            shares = f"、叠加区阈值 {points} 个百分点" if laid else ""
            rest = f"；不计叠加区（几乎总是稳定）为 {outside}" if laid else ""
            return (
                f"{share}的面积是稳定的：在 {d.count:,} 次抽样（权重 ±{d.weights:.0%}、"
                f"分界移动不超过量程的 {d.cuts:.0%}{shares}，种子 {d.seed}）中，"
                f"至少 {rule} 保持原分区{rest}。"
            )
        shares = f", thresholds of overlays {points} points" if laid else ""
        rest = " Without what overlays rule, which is nearly always firm, it is " if laid else ""
        return (
            f"{share} of the area is firm: it keeps its zone in at least {rule} of "
            f"{d.count:,} draws (weights ±{d.weights:.0%}, cuts by up to {d.cuts:.0%} of their "
            f"span{shares}, seed {d.seed})." + (f"{rest}{outside}." if laid else "")
        )

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data for ``--json``."""
        return {
            "draws": self.draws.count,
            "seed": self.draws.seed,
            "weights": self.draws.weights,
            "cuts": self.draws.cuts,
            "overlays": self.draws.overlays,
            "overlay_shares": dict(self.overlay_shares),
            "firm_limit": self.firm,
            "firm_share": round(self.firm_share, 6),
            "firm_share_outside_overlays": round(self.firm_outside, 6),
            "en": self.tell("en"),
            "zh": self.tell("zh"),
            "townships": _records(self.townships),
            "units": _records(self.units[["zone", "stability"]]),
        }


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.reset_index().astype(object)
    return [
        {str(k): v for k, v in row.items()}
        for row in plain.where(plain.notna(), None).to_dict("records")
    ]


def run(
    plan: Plan,
    *,
    draws: int = Draws.count,
    weights: float = Draws.weights,
    cuts: float = Draws.cuts,
    overlays: float = Draws.overlays,
    seed: int = Draws.seed,
    method: Method | None = None,
) -> StabilityResult:
    """Draw weights and thresholds and see which zones stay.

    Parameters
    ----------
    plan : Plan
        With townships and zones.
    draws : int
        Number of draws.
    weights, cuts, overlays : float
        Half-widths, in [0, 1): of the uniform factors on weights, of the move of cuts in shares of
        their span, and of the thresholds of overlays. Contiguity and decisions on record are
        applied to every draw as to the plan.
    seed : int
        Written into the result.
    method : Method, optional
        By default the one of the plan.

    Returns
    -------
    StabilityResult

    Raises
    ------
    InputError
        If the plan has no townships, or a number is out of range.
    """
    what = Draws(draws, weights, cuts, overlays, seed)
    townships = check(plan, what)
    given, method = method, method or load_method(plan.config)
    values = method_values(townships, method)
    fitted = fit(method, values)
    alone_base = decide(fitted, values).zone
    decided = townships["zone_reason"].isin(["override"]).to_numpy()
    settle, base = None, alone_base
    if given is None:
        settle = Settled(plan, fitted, decided)
        # What the plan says: after contiguity and decisions, not what the method says alone.
        base = said_zones(townships, alone_base)
    units = Units(plan, base, townships.index, what, method.scheme)
    together = Tally(base, units, method.scheme)
    for start, _, codes in perturbed_zones(fitted, values, what, settle):
        together.add(codes, start)
    alone = {}
    for name, one in (("weights", replace(what, cuts=0.0)), ("cuts", replace(what, weights=0.0))):
        tally = Tally(base, None, method.scheme)
        for start, _, codes in perturbed_zones(fitted, values, one, settle):
            tally.add(codes, start)
        alone[name] = tally.kept(decided)
    left = pd.DataFrame(leave_one_out(fitted, values), index=townships.index)
    out = pd.DataFrame(
        {
            "name": townships.get("name", pd.NA),
            "zone": townships["zone"].astype("string"),
            "stability": together.kept(decided),
            "stability_weights": alone["weights"],
            "stability_cuts": alone["cuts"],
            "second": together.second(),
            "area_m2": townships["area_m2"],
        }
    )
    same = left.eq(pd.Series(alone_base, index=townships.index), axis=0)
    kept = same.mean(axis=1) if len(same.columns) else pd.Series(1.0, index=townships.index)
    out["stability_left_out"] = kept.astype("Float64").where(alone_base != "", pd.NA)
    changed = [", ".join(same.columns[~row]) for row in same.to_numpy(bool)]
    out["sensitive_to"] = pd.Series(changed, index=townships.index, dtype="string")
    return StabilityResult(
        out,
        units.table(together),
        left.replace("", pd.NA),
        what,
        {o.code: o.share for o in method.scheme.replacing},
    )


def said_zones(townships: pd.DataFrame, alone: Objects) -> Objects:
    """Give what the plan says of townships, ``""`` unknown; ``alone`` is what the method says."""
    zones = townships["zone"].astype(object)
    said: Objects = zones.where(zones.notna(), "").to_numpy(object)
    return np.where(alone == "review", np.where(said == "", "review", said), said)


def check(plan: Plan, what: Draws) -> pd.DataFrame:
    """Refuse a plan without zones, and numbers out of range; give the bare townships."""
    if plan.townships is None or "zone" not in plan.units:
        raise InputError.one(
            "the plan has no townships, so there are no zones to test",
            "方案没有乡镇数据，没有可检验的分区",
            where=plan.name,
            code="no-zones",
        )
    if what.count < 1:
        raise InputError.one(
            "at least one draw is needed", "至少需要一次抽样", where="draws", code="range"
        )
    for name in ("weights", "cuts", "overlays"):
        x = getattr(what, name)
        if not 0 <= x < 1:
            raise InputError.one(
                f"{name} is {x}, outside [0, 1)", f"{name} 为 {x}，不在 [0, 1) 内",
                where=name, measured=x, limit=1.0, code="range",
            )  # fmt: skip
    return pd.DataFrame(plan.townships.drop(columns="geometry", errors="ignore"))
