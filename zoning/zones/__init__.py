"""Zones: methods as data, township classes, balance overlay, decisions on record, reasons.

Start with `load_method`, `classify_townships` and `assign_units`.
"""

from zoning.zones.classify import classify_townships, load_method, method_names
from zoning.zones.method import Method
from zoning.zones.tell import tell_township, tell_unit, zone_name
from zoning.zones.units import assign_units, unit_suitability

__all__ = [
    "Method",
    "assign_units",
    "classify_townships",
    "load_method",
    "method_names",
    "tell_township",
    "tell_unit",
    "unit_suitability",
    "zone_name",
]
