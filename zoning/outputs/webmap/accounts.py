"""What the panel of the accounts shows: construction under its cap, zones, counties and checks."""

from __future__ import annotations

from typing import Any

from zoning.base import words
from zoning.outputs.office.wording import standing
from zoning.outputs.webmap.layers import plain
from zoning.pipeline.protected import protected_of
from zoning.zones import unzoned_land

_ZONE = (
    "name_zh",
    "name_en",
    "colour",
    "units",
    "area_m2",
    "built_m2",
    "new_m2",
    "cap_m2",
    "quota_m2",
)
_COUNTY = ("area_m2", "built_m2", "new_m2", "redline_m2")


def pack_accounts(plan: Any) -> dict[str, Any]:
    """Gather the accounts of a plan as plain data; what a plan lacks is left out."""
    run = plan.run
    found: dict[str, Any] = {
        "area_m2": plain(plan.units["area_m2"].sum()),
        "units": len(plan.units),
        "zones": zone_rows(plan),
        "unzoned": _unzoned(plan),
        "checks": [c.as_dict() | {"margin": c.margin} for c in plan.checks],
        "ok": plan.ok,
    }
    for key in ("construction", "redlines", "allocation"):
        if run.get(key):
            found[key] = {
                k: plain(v)
                for k, v in run[key].items()
                if k != "seconds" and not isinstance(v, (dict, list))
            }
    kept = protected_of(plan)
    if kept is not None:
        found["kept_m2"] = kept
    if plan.counties is not None:
        found["counties"] = _county_rows(plan)
    names = {lang: standing(plan, lang) for lang in ("zh", "en")}
    for check in found["checks"]:
        check["place"] = {k: v.get(check["where"], check["where"]) for k, v in names.items()}
        for key in ("measured", "limit", "margin"):
            check[key] = plain(check[key])
        if check["unit"] not in ("", "1", "m2"):
            sign = {lang: words.unit_sign(check["unit"], lang) for lang in names}
            # An English number of things stands alone.
            check["sign"] = sign if check["unit"] != "count" else {**sign, "en": ""}
    return found


def _unzoned(plan: Any) -> dict[str, Any] | None:
    """Give the sums of land without a zone, and why it has none; None where all land has one."""
    found = unzoned_land(plan.units)
    if found is None:
        return None
    return {**found, "why": (plan.run.get("unzoned") or {}).get("why")}


def zone_rows(plan: Any) -> list[dict[str, Any]]:
    """Give the zones in their order, with names, colours and sums."""
    columns = [c for c in _ZONE if c in plan.zones]
    rows = plan.zones[columns].itertuples()
    return [
        {"code": str(row[0]), **{c: plain(v) for c, v in zip(columns, row[1:], strict=True)}}
        for row in rows
    ]


def _county_rows(plan: Any) -> list[dict[str, Any]]:
    counties = plan.counties
    sums = (
        plan.units.groupby("county", observed=True)[["new_m2"]].sum()
        if "new_m2" in plan.units
        else None
    )
    if plan.pieces is not None and "new_m2" in plan.pieces:
        sums = plan.pieces.groupby("county", observed=True)[["new_m2"]].sum()
    rows = []
    for code, row in counties.iterrows():
        entry = {"code": str(code), "name": plain(row.get("name"))}
        entry |= {c: plain(row[c]) for c in _COUNTY if c in counties}
        if sums is not None:
            entry["new_m2"] = plain(sums["new_m2"].get(code))
        rows.append(entry)
    return rows
