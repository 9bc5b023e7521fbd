"""A plan as it may be handed out: nothing from which red lines or farmland could be drawn.

What stays is on lists, so that a column that comes later is withheld until somebody adds it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoning.errors import Check, InputError, Text
from zoning.planfile.models import WITHHELD, Config

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Formats that hold layers and tables and nothing else, and the map project.
FORMATS = ("gpkg", "csv", "geojson", "fgb", "parquet", "kml", "shp", "gdb", "postgis", "qgis")
_UNITS = ("area_m2", "lon", "lat", "county", "township", "township_name", "zone", "built_m2",
          "new_m2", "phase")  # fmt: skip
_PLACES = ("name", "name_en", "county", "county_name", "area_m2", "built_m2", "new_m2",
           "population", "zone")  # fmt: skip
_ZONES = ("name_zh", "name_en", "colour", "units", "area_m2", "built_m2", "new_m2", "cap_m2",
          "quota_m2")  # fmt: skip
_ACCOUNTS = ("account_city", "account_zone", "account_county", "account_township",
             "account_zone_county", "account_zone_township")  # fmt: skip
_ACCOUNT = ("city", "zone", "county", "township", "units", "area_m2", "built_m2", "new_m2",
            "share", "share_with_new")  # fmt: skip
#: Areas that say where a kind lies, by kind; farmland is land use and no protection.
_COLUMNS = {
    "redline": ("redline_m2", "redline_level1_m2", "built_redline_m2", "redline_share"),
    "core": ("core_m2",), "basic_farmland": ("basic_farmland_m2",), "heritage": ("heritage_m2",),
    "water": ("water_source_m2",), "lock": ("lock_m2",),
    "farmland": ("farmland_m2", "eco_agri_m2"),
}  # fmt: skip
_RUN = ("software", "digest", "plan", "area_m2")
_ACCOUNT_OF_RUN = ("existing_m2", "base_m2", "base_year", "cap_m2", "cap_share", "headroom_m2",
                   "new_m2", "share")  # fmt: skip
_CHECKS = ("cap.", "new.", "zones.unzoned")


def handed_out(plan: Plan) -> Plan:
    """Give a plan as its ``[outputs] withhold`` says it may be handed out.

    Maps, reports, tables and exports are made of it; the folder of the plan itself is its record.
    """
    return withheld(plan, plan.config.outputs.withhold)


def withheld(plan: Plan, kinds: Collection[str] = WITHHELD) -> Plan:
    """Give a plan without some kinds of protected land and all that follows from them.

    Parameters
    ----------
    plan : Plan
    kinds : collection of str
        Kinds of protections, or ``farmland``; by default all.

    Notes
    -----
    Zones stay, for they are what a plan publishes: a unit of an overlay zone tells that protected
    land covers much of it, and no more. Free land, suitability, reasons, indicators, findings and
    what wings gave go with any kind.
    """
    if not kinds:
        return plan
    open_ = [c for kind, columns in _COLUMNS.items() if kind not in kinds for c in columns]
    lines = "redline" not in kinds
    tables = {n: _only(plan.tables[n], (*_ACCOUNT, *open_)) for n in _ACCOUNTS if n in plan.tables}
    if lines:
        tables |= {n: t for n, t in plan.tables.items() if n.startswith("redline_")}
    return replace(
        plan,
        config=_rules(plan.config),
        units=_only(plan.units, (*_UNITS, *open_)), zones=_only(plan.zones, (*_ZONES, *open_)),
        townships=_only(plan.townships, (*_PLACES, *open_)),
        counties=_only(plan.counties, (*_PLACES, *open_)),
        city=_only(plan.city, ("name",)), redlines=plan.redlines if lines else None, pieces=None,
        ledger=plan.ledger.iloc[:0], red_sets=plan.red_sets.iloc[:0],
        tables=tables, contributions=(), run=_run(plan, lines=lines),
        checks=_checks(plan),
    )  # fmt: skip


def _checks(plan: Plan) -> tuple[Check, ...]:
    """Keep checks that name nothing withheld; of the others say how many binding ones fail."""
    kept = tuple(c for c in plan.checks if c.check.startswith(_CHECKS))
    failed = sum(not c.ok and c.level == "error" for c in plan.checks if c not in kept)
    if not failed:
        return kept
    told = Text(f"{failed} binding {'check' if failed == 1 else 'checks'} on what is withheld "
                f"{'fails' if failed == 1 else 'fail'}",
                f"另有 {failed} 项涉及不公开内容的强制检查未通过")  # fmt: skip
    return (*kept, Check("withheld.failed", "error", False, failed, 0, "count", "city", told))


def _run(plan: Plan, *, lines: bool) -> dict[str, Any]:
    """Keep what is said of the whole city."""
    found = {key: plan.run[key] for key in _RUN if key in plan.run}
    told = plan.run.get("construction")
    if told:
        found["construction"] = {k: told[k] for k in _ACCOUNT_OF_RUN if k in told}
    if lines and "redlines" in plan.run:
        found["redlines"] = plan.run["redlines"]
    return found


def _rules(config: Config) -> Config:
    """Keep name, lattice, scheme and caps; inputs and limits of the plan's own name what is hid."""
    kept = {"plan", "grid", "zones", "outputs", "report"}
    rules = Config().model_copy(update={name: getattr(config, name) for name in kept})
    cap = config.cap.model_copy(
        update={"limit": (), "phase": (), "reduction": (), "eco_agri_share": None}
    )
    return rules.model_copy(update={"cap": cap})


def names(plan: Plan) -> tuple[str, ...]:
    """Name the layers and tables of such a plan that hold anything."""
    from zoning.outputs.qgis import geopackage

    found = {**geopackage.layers(plan), **geopackage.tables(plan)}
    return tuple(name for name, frame in found.items() if len(frame))


def check_format(to: str, where: str = "--public") -> None:
    """Refuse formats that hold more than layers and tables."""
    if to not in FORMATS:
        raise InputError.one(
            f"'{to}' cannot be made public: it holds more than layers and tables",
            f"“{to}”除图层和表外还含有其他内容，不能用于公开", where=where, code="public",
            remedy=("one of " + ", ".join(FORMATS), "可用格式：" + "、".join(FORMATS)),
        )  # fmt: skip


def _only(frame: Any, columns: tuple[str, ...]) -> Any:
    """Keep the listed columns and the shapes."""
    if frame is None:
        return None
    shape = [frame.geometry.name] if hasattr(frame, "geometry") else []
    return frame[[c for c in columns if c in frame] + shape]
