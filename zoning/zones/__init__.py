"""Zones: methods as data, township classes, overlays, decisions on record, reasons.

Start with `load_method`, `classify_townships` and `assign_units`.
"""

from zoning.zones.classify import classify_townships, load_method, method_names
from zoning.zones.compare import Comparison, cohen_kappa, compare_methods
from zoning.zones.contiguity import adjacency, join_enclaves
from zoning.zones.crosswalk import method_of, under
from zoning.zones.decide import settled
from zoning.zones.decided import decision_on, tell_decision, tell_state
from zoning.zones.lacking import lacking
from zoning.zones.method import Method
from zoning.zones.overrides import (
    apply_to_townships,
    decision_layer,
    of_units,
    read_overrides,
    review,
)
from zoning.zones.parse import parse_method
from zoning.zones.remarks import remarks
from zoning.zones.tell import tell_township, tell_unit, zone_name
from zoning.zones.units import assign_units, unit_margins, unit_suitability
from zoning.zones.unzoned import unzoned_land, why_unzoned
from zoning.zones.weighing import inline_files

__all__ = [
    "Comparison",
    "Method",
    "adjacency",
    "apply_to_townships",
    "assign_units",
    "classify_townships",
    "cohen_kappa",
    "compare_methods",
    "decision_layer",
    "decision_on",
    "inline_files",
    "join_enclaves",
    "lacking",
    "load_method",
    "method_names",
    "method_of",
    "of_units",
    "parse_method",
    "read_overrides",
    "remarks",
    "review",
    "settled",
    "tell_decision",
    "tell_state",
    "tell_township",
    "tell_unit",
    "under",
    "unit_margins",
    "unit_suitability",
    "unzoned_land",
    "why_unzoned",
    "zone_name",
]
