"""Figures of run.json that stand in no table: shares, sums and the proof, from what they repeat."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing
from zoning.verify.limits import land_of, offered

_TABLES = Text("tables and layers", "各表与图层")


def audit(plan: Plan, found: Findings) -> None:
    """Hold figures against the areas that they divide or add up, and against one another."""
    for part, derive in (("construction", _construction), ("redlines", _redlines),
                         ("allocation", _allocation)):  # fmt: skip
        stored = plan.run.get(part)
        if not stored:
            continue
        want = {k: v for k, v in derive(plan, stored).items() if _has(stored, k)}
        had = {k: _number(_get(stored, k)) for k in want}
        found.column("verify.figures", f"run.json, {part}", had, want, source=_TABLES)
    proof = plan.run.get("allocation") or {}
    if proof.get("bound") and not missing(proof.get("gap")):
        right = (proof["bound"] - proof["objective"]) / abs(proof["bound"])
        found.column("verify.figures", "run.json, allocation", {"gap": float(proof["gap"])},
                     {"gap": max(0.0, right)}, tolerance=1e-9,
                     source=Text("worth and bound", "总值与上界"))  # fmt: skip
    bend = plan.run.get("grid", {}).get("distortion")
    if bend and bend.get("ellipsoid_m2"):
        right = float(Fraction(bend["planar_m2"]) / Fraction(bend["ellipsoid_m2"]) - 1)
        found.column("verify.figures", "run.json, grid.distortion",
                     {"total": float(bend["total"])}, {"total": right}, tolerance=1e-12,
                     source=Text("its two areas", "两种面积"))  # fmt: skip
        _bend(plan, bend, found)


def _bend(plan: Plan, stored: dict[str, Any], found: Findings) -> None:
    """Measure on the ellipsoid again, at the vertices of the boundary that the folder keeps."""
    import numpy as np
    import shapely
    from pyproj import Geod, Proj

    degrees = plan.city.geometry.to_crs("EPSG:4490")
    lon, lat = shapely.get_coordinates(degrees.to_numpy()).T
    scale = np.asarray(Proj(plan.city.crs).get_factors(lon, lat).areal_scale)
    earth, whole = Geod(ellps="GRS80"), 0.0
    for polygon in shapely.get_parts(degrees.to_numpy()):
        rings = [polygon.exterior, *polygon.interiors]
        sizes = [abs(earth.polygon_area_perimeter(*r.coords.xy)[0]) for r in rings]
        whole += sizes[0] - sum(sizes[1:])
    found.column(
        "verify.figures", "run.json, grid.distortion",
        {"worst_local": float(stored["worst_local"]), "ellipsoid_share": 1.0},
        {"worst_local": float(np.abs(scale - 1).max()),
         "ellipsoid_share": whole / float(stored["ellipsoid_m2"])},
        tolerance=1e-6, source=Text("the boundary", "边界"),
    )  # fmt: skip


def _construction(plan: Plan, stored: dict[str, Any]) -> dict[str, Any]:
    pieces, cap = plan.pieces, plan.config.cap
    if pieces is None:
        return {}
    factor = 1.0 if cap.survey_factor is None else float(cap.survey_factor)
    out: dict[str, Any] = {"survey_factor": factor}
    if cap.share is not None:
        out["cap_share"] = float(cap.share) / factor
    if stored.get("base_m2"):
        out["existing_share"] = stored["existing_m2"] / stored["base_m2"]
    red = [None if missing(v) else int(v) for v in pieces["built_redline_m2"]]
    out["existing_redline_m2"] = None if None in red else sum(v for v in red if v is not None)
    green = sum(int(v) for v in pieces["eco_agri_m2"])
    for column, sign in (("new_m2", -1), ("reduced_m2", 1)):
        if column in pieces:
            green += sign * sum(int(v) for v in pieces[column])
    out["eco_agri_share"] = green / sum(int(v) for v in pieces["area_m2"])
    return out


def _redlines(plan: Plan, stored: dict[str, Any]) -> dict[str, Any]:
    if plan.redlines is None:
        return {}
    touched = sum(not missing(v) and int(v) > 0 for v in plan.units["redline_m2"])
    whole = sum(int(v) for v in plan.redlines["area_m2"])
    return {"sum_m2": whole, "units_touched": touched}


def _allocation(plan: Plan, stored: dict[str, Any]) -> dict[str, Any]:
    """Read the proof twice: it says the same, and what is complete leaves no gap."""
    proof = stored.get("certificate") or {}
    out = {f"certificate.{k}": _number(stored.get(k)) for k in ("objective", "bound", "gap")}
    bound = _number(stored.get("bound"))
    if proof.get("grade") == "complete":
        out["objective"] = bound
    if plan.pieces is not None and "unknown" in stored:
        out["unknown"] = _unknown(plan)
    return out


def _unknown(plan: Plan) -> int:
    """Count pieces with land to offer of which suitability, or the class of a limit, is missing."""
    pieces, cap = plan.pieces, plan.config.cap
    if pieces is None or "suitability" not in pieces:
        return 0
    land = land_of(plan)
    by_town = cap.zone_basis == "township" and any(
        a for a, z in zip(land.area, land.township_zone, strict=True)
        if z in {*cap.zone_caps, *cap.quotas}
    )  # fmt: skip
    return sum(
        m2 > 0 and (missing(worth) or (by_town and zone is None))
        for m2, worth, zone in zip(
            offered(land), pieces["suitability"], land.township_zone, strict=True
        )
    )


def _get(stored: dict[str, Any], path: str) -> Any:
    at: Any = stored
    for key in path.split("."):
        at = at.get(key) if isinstance(at, dict) else None
    return at


def _has(stored: dict[str, Any], path: str) -> bool:
    *to, last = path.split(".")
    at = _get(stored, ".".join(to)) if to else stored
    return isinstance(at, dict) and last in at


def _number(value: Any) -> float | None:
    return None if missing(value) else float(value)
