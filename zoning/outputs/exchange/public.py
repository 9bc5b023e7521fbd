"""A plan as it may be handed out: nothing from which red lines or farmland could be drawn.

What stays is on a list, so that a column that comes later is withheld until somebody adds it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Formats that hold layers and tables and nothing else.
FORMATS = ("gpkg", "csv", "geojson", "fgb", "parquet", "kml", "shp", "gdb")
_UNITS = ("area_m2", "lon", "lat", "county", "township", "township_name", "zone", "built_m2",
          "new_m2")  # fmt: skip
_PLACES = ("name", "county", "county_name", "area_m2", "built_m2", "new_m2", "population",
           "zone")  # fmt: skip
_ZONES = ("name_zh", "name_en", "colour", "units", "area_m2", "built_m2", "new_m2", "cap_m2",
          "quota_m2")  # fmt: skip
_ACCOUNTS = ("account_city", "account_zone", "account_county", "account_township")
_ACCOUNT = ("zone", "county", "township", "units", "area_m2", "built_m2", "new_m2")


def public(plan: Plan) -> Plan:
    """Give a plan without red lines, other protections, farmland and all that follows from them.

    Notes
    -----
    Zones stay, for they are what a plan publishes: a unit of an overlay zone tells that protected
    land covers much of it, and no more.
    """
    tables = {n: _only(plan.tables[n], _ACCOUNT) for n in _ACCOUNTS if n in plan.tables}
    return replace(
        plan,
        units=_only(plan.units, _UNITS), zones=_only(plan.zones, _ZONES),
        townships=_only(plan.townships, _PLACES), counties=_only(plan.counties, _PLACES),
        city=_only(plan.city, ("name",)), redlines=None, pieces=None,
        ledger=plan.ledger.iloc[:0], red_sets=plan.red_sets.iloc[:0],
        tables=tables, checks=(), contributions=(), run={},
    )  # fmt: skip


def names(plan: Plan) -> tuple[str, ...]:
    """Name the layers and tables of a public plan that hold anything."""
    from zoning.outputs.qgis import geopackage

    found = {**geopackage.layers(plan), **geopackage.tables(plan)}
    return tuple(name for name, frame in found.items() if len(frame))


def check_format(to: str) -> None:
    """Refuse formats that hold more than layers and tables."""
    if to not in FORMATS:
        raise InputError.one(
            f"'{to}' cannot be made public: it holds more than layers and tables",
            f"“{to}”除图层和表外还含有其他内容，不能用于公开", where="--public", code="public",
            remedy=("one of " + ", ".join(FORMATS), "可用格式：" + "、".join(FORMATS)),
        )  # fmt: skip


def _only(frame: Any, columns: tuple[str, ...]) -> Any:
    """Keep the listed columns and the shapes."""
    if frame is None:
        return None
    shape = [frame.geometry.name] if hasattr(frame, "geometry") else []
    return frame[[c for c in columns if c in frame] + shape]
