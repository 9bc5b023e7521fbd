"""What a QGIS project says beside its layers: variables, metadata, scales, words for legends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoning.base.words import crs_title
from zoning.errors import Text, named
from zoning.outputs.office.whole import notice, stamp
from zoning.outputs.prints import themes
from zoning.outputs.qgis import layout
from zoning.outputs.qgis import xml as qx

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Shown on maps that carry no approval number (审图号).
DATA_NOTE = Text(
    "For internal use; not to be published without review", "内部使用，未经审核不得公开"
)
AREAS = Text(
    "Units are whole squares; their areas inside the city stand in area_m2.",
    "规划单元为整方格，市内面积以字段 area_m2 为准。",
)


def properties(plan: Plan, lang: str) -> qx.Element:
    """Give the variables that all sheets show, and how the project measures."""
    approval = plan.config.plan.map_approval_no
    variables = {
        "map_approval_no": approval,
        "data_note": "" if approval else DATA_NOTE.get(lang),
        "plan_notice": notice(plan, lang),
        "drawn_by": "",
        "map_date": stamp().strftime("%Y-%m-%d"),
        "map_crs": _crs_name(plan.grid.crs, lang),
    }

    def texts(tag: str, values: Sequence[str]) -> qx.Element:
        return qx.element(
            tag, {"type": "QStringList"}, *(qx.element("value", {}, v) for v in values)
        )

    return qx.element(
        "properties", {},
        qx.element("Paths", {}, qx.element("Absolute", {"type": "bool"}, "false")),
        qx.element("SpatialRefSys", {},
                   qx.element("ProjectionsEnabled", {"type": "int"}, "1")),
        qx.element("Measure", {}, qx.element("Ellipsoid", {"type": "QString"}, "NONE")),
        qx.element("Measurement", {},
                   qx.element("DistanceUnits", {"type": "QString"}, "meters"),
                   qx.element("AreaUnits", {"type": "QString"}, "m2")),
        qx.element("Variables", {}, texts("variableNames", list(variables)),
                   texts("variableValues", list(variables.values()))),
    )  # fmt: skip


def _crs_name(text: str, lang: str) -> str:
    """Name the CRS in the language of the project, with its code if it has one."""
    from pyproj import CRS

    authority = CRS.from_user_input(text).to_authority()
    name = crs_title(text, lang)
    return named(name, ":".join(authority)).get(lang) if authority else name


def metadata(plan: Plan, lang: str) -> qx.Element:
    """Describe the project."""
    parts = [notice(plan, lang), AREAS.get(lang)]
    if not plan.config.plan.map_approval_no:
        parts.append(DATA_NOTE.get(lang))
    values = {
        "identifier": "plan.qgz", "language": "ZHO" if lang == "zh" else "ENG", "type": "project",
        "title": plan.name, "abstract": "\n".join(p for p in parts if p), "author": "zoning",
        "creation": stamp().strftime("%Y-%m-%dT%H:%M:%S"),
    }  # fmt: skip
    return qx.element("projectMetadata", {}, *(qx.element(k, {}, v) for k, v in values.items()))


def scales() -> qx.Element:
    """Offer round scales."""
    scales = [qx.element("Scale", {"Value": n}) for n in layout.ROUND_SCALES]
    head = {"UseProjectScales": 1}
    return qx.element("ProjectViewSettings", head, qx.element("Scales", {}, *scales))


_OF_ZONES = Text(
    "A unit has the class of its township; where protected land passes the share of an overlay, "
    "that of the overlay. Areas outside any township stay unzoned.",
    "单元取所在乡镇的类型；受保护土地占比达到叠加区阈值的，取该叠加区；无乡镇依据的不分区。",
)
_OF_SHARES = Text(
    "Share of the part of a unit inside the boundary. A class holds its upper limit.",
    "占单元市内面积的比例；各级含上限，不含下限。",
)
_OF_LEVELS = Text(
    "Hatches: closer where the rules are stricter. The union counts overlaps once.",
    "填充线越密，管控越严；重叠部分在合计中只计一次。",
)


def about(plan: Plan, theme: str, lang: str) -> str:
    """Say in a sentence what the classes of a legend mean."""
    if theme == "zones":
        return _OF_ZONES.get(lang)
    if theme in themes.share_themes():
        share = themes.share_themes()[theme]
        return _OF_SHARES.get(lang) if share.whole is not None else ""
    return _OF_LEVELS.get(lang) if theme == "redline_hatch" else ""
