"""Phases and land that goes, worked out again from the rules and held against the pieces."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing
from zoning.verify.own import begins

if TYPE_CHECKING:
    from zoning.verify.limits import Land

_RULES = Text("[[cap.reduction]]", "[[cap.reduction]]")
NOWHERE = ("none", "overlap")


def share(part: float, area: int, factor: float | None) -> int:
    """Take a share of an area, rounded down."""
    exact = Fraction(str(part)) * area / Fraction(str(factor or 1.0))
    return exact.numerator // exact.denominator


def may_go(plan: Plan, p: Any) -> tuple[list[int], list[str | None], list[Fraction]]:
    """Work out from the rules which existing land may go, and what keeping it is worth."""
    n = len(p)
    most, name, keep = [0] * n, cast("list[str | None]", [None] * n), [Fraction(0)] * n
    rules = plan.config.cap.reduction
    if not rules or "built_m2" not in p or "suitability" not in p:
        return most, name, keep
    areas = {
        r.name: [None if missing(v) else str(v) for v in p[f"area_{r.name}"].astype(object)]
        if f"area_{r.name}" in p else [None] * n
        for r in rules
    }  # fmt: skip
    columns = ["county", "township", "zone", "overlays", "built_m2", "suitability"]
    for i, row in enumerate(p[columns].astype(object).itertuples(index=False)):
        county, town, zone, overlays, built, worth = row
        if missing(worth) or missing(zone) or town in NOWHERE or int(built) <= 0:
            continue
        over = set() if missing(overlays) else set(str(overlays).split("+"))
        for r in rules:
            named = ((r.county, {county}), (r.township, {town}), (r.zone, {zone}),
                     (r.overlay, over), ((r.area and "in",), {areas[r.name][i]}))  # fmt: skip
            starred = begins(r.county, str(county)), begins(r.township, str(town))
            if all(
                not any(codes) or set(codes) & here or (k < len(starred) and starred[k])
                for k, (codes, here) in enumerate(named)
            ):
                exact = Fraction(str(r.share)) * int(built)
                most[i], name[i] = exact.numerator // exact.denominator, r.name
                keep[i] = Fraction(round((float(worth) + r.price) * 10**9), 10**9)
                break
    return most, name, keep


def phases(
    plan: Plan, headroom: int | None
) -> list[tuple[Any, str, int | None, list[tuple[str, int]]]]:
    """Draw the limits of each phase.

    Returns
    -------
    list of (phase, until, cap, quotas)
        ``until``: the name under which its land stands; empty for the last, which holds all.
    """
    given, found = plan.config.cap.phase, []
    for n, phase in enumerate(given):
        caps = [] if phase.upper_m2 is None else [int(phase.upper_m2)]
        if phase.share is not None and headroom is not None:
            caps.append(share(phase.share, headroom, None))
        quotas = [
            (zone, share(part, headroom, None))
            for zone, part in phase.quotas.items()
            if headroom is not None
        ]
        until = phase.name if n < len(given) - 1 else ""
        found.append((phase, until, min(caps) if caps else None, quotas))
    return found


def audit(plan: Plan, land: Land, found: Findings) -> None:
    """Hold phases against one another, and land that goes against what may."""
    names = [p.name for p in plan.config.cap.phase[:-1]]
    ends = [land.by[n] for n in names] + [land.new]
    bad = [
        p for k, p in enumerate(land.piece) if any(not 0 <= a[k] <= b[k] for a, b in pairwise(ends))
    ]
    if names:
        found.add("verify.phases", not bad,
                  Text(f"each phase holds the one before ({len(bad)} pieces differ)",
                       f"后期包含前期（{len(bad)} 个地块不符）"),
                  bad[0] if bad else "city", measured=len(bad), limit=0, unit="pieces")  # fmt: skip
        stored = plan.run.get("construction", {}).get("phases_m2", {})
        want = {n: sum(land.by[n]) for n in names} | {plan.config.cap.phase[-1].name:
                                                      sum(land.new)}  # fmt: skip
        found.column("verify.phases", "run.json, construction.phases_m2", dict(stored), want,
                     source=Text("pieces", "地块"))  # fmt: skip
        _unit_phases(plan, land, names, found)
    if not plan.config.cap.reduction or plan.pieces is None:
        return
    rules: dict[str, list[Any]] = {"reducible_m2": land.may_go, "reduction": land.reduction}
    for column, right in rules.items():
        cells = plan.pieces[column].astype(object) if column in plan.pieces else [None] * len(right)
        had = {p: None if missing(v) else v for p, v in zip(land.piece, cells, strict=True)}
        found.column("verify.reducible", f"plan.gpkg: pieces, {column}", had,
                     dict(zip(land.piece, right, strict=True)),
                     source=_RULES)  # fmt: skip
    if "keep_worth" in plan.pieces:
        worth = plan.pieces["keep_worth"].astype("Float64").fillna(0.0)
        found.column("verify.reducible", "plan.gpkg: pieces, keep_worth",
                     {p: float(v) for p, v in zip(land.piece, worth, strict=True)},
                     {p: float(v) for p, v in zip(land.piece, land.keep, strict=True)},
                     tolerance=1e-9, source=_RULES)  # fmt: skip
    bad = [
        p
        for p, gone, most in zip(land.piece, land.gone, land.may_go, strict=True)
        if not 0 <= gone <= most
    ]
    found.add("verify.reduced", not bad,
              Text(f"no more goes than may ({len(bad)} pieces differ)",
                   f"减量不超过可减面积（{len(bad)} 个地块不符）"),
              bad[0] if bad else "city", measured=len(bad), limit=0, unit="pieces")  # fmt: skip


def _unit_phases(plan: Plan, land: Land, names: list[str], found: Findings) -> None:
    """Say again in which phase most of each unit's new land is built."""
    order = [*names, plan.config.cap.phase[-1].name]
    built: dict[str, list[int]] = {}
    for k, unit in enumerate(land.unit):
        ends = [land.by[n][k] for n in names] + [land.new[k]]
        here = built.setdefault(unit, [0] * len(order))
        for t, end in enumerate(ends):
            here[t] += end - (ends[t - 1] if t else 0)
    want = {u: order[v.index(max(v))] if max(v) > 0 else None for u, v in built.items()}
    cells = plan.units["phase"].astype(object) if "phase" in plan.units else {}
    had = {str(u): None if missing(v) else str(v) for u, v in dict(cells).items()}
    found.column("verify.phases", "units.parquet, phase", {u: had.get(u) for u in want}, want,
                 source=Text("pieces", "地块"))  # fmt: skip
