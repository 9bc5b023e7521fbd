"""Print layouts of the QGIS project: one sheet per theme and paper, and atlases.

Titles and notes are project variables (``map_approval_no``, ``data_note``, ...), so that a planner
changes them once, in Project > Properties > Variables, and every sheet follows. No text of a plan
stands in a label itself, where QGIS would read ``[% %]`` as an expression.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from zoning.errors import Text
from zoning.outputs.qgis import styles
from zoning.outputs.qgis import xml as qx

Extent = tuple[float, float, float, float]
_INK = "#1a1a1a"
#: Width and height in millimetres, and the factor for type and margins.
PAPERS = {"A4": (297.0, 210.0, 1.0), "A3": (420.0, 297.0, 1.35)}
_MARGIN, _SIDE, _HEAD, _FOOT = 10.0, 64.0, 26.0, 18.0
_NICE = (1, 1.25, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7.5, 8, 10)
#: Scales of atlas pages, 1:n.
ROUND_SCALES = tuple(
    sorted(
        {round(n * 10**p) for p in range(3, 7) for n in _NICE if 1_000 <= n * 10**p <= 5_000_000}
    )
)
#: Numbers by which QGIS knows its layout items.
_LABEL, _MAP, _PAGE, _PICTURE, _LEGEND, _SCALE = 65641, 65639, 65638, 65640, 65642, 65646
#: The scale that the map item really has; atlases change it from page to page.
_SCALE_TEXT = "1:[% format_number(round(map_get(item_variables('map'), 'map_scale')), 0) %]"
#: File name of an atlas page: number and name, without the characters that Windows refuses.
_PAGE_FILE = (
    """lpad(@atlas_featurenumber, 3, '0') || '_' || regexp_replace("name", '[^\\\\w]', '_')"""
)
_NORTH = ":/images/north_arrows/layout_default_north_arrow.svg"
_NAMESPACE = uuid.UUID("6f1b0d0e-6c1e-5a1c-9c52-0a8c3f3d8f10")

_LEGEND_TITLE = Text("Legend", "图例")
_APPROVAL = Text("Map approval number: ", "审图号：")
_NOT_APPROVED = Text("(none)", "（无）")
_DRAWN_BY = Text("Drawn by: ", "编制单位：")
_DATE = Text("Date: ", "制图日期：")


class Box(NamedTuple):
    """A place on the page in millimetres."""

    x: float
    y: float
    width: float
    height: float


class LegendEntry(NamedTuple):
    """A layer in a legend."""

    layer_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one layout shows.

    Parameters
    ----------
    name : str
        Name of the layout.
    heading : str
        Second line of the title.
    theme : str
        Map theme of the project that the map follows.
    paper : {"A4", "A3"}
    legend : sequence of LegendEntry
        Layers of the legend, from the top.
    atlas : LegendEntry or None
        Layer whose features are the pages; its column ``name`` is their title.
    about : str
        What the classes of the legend mean.
    """

    name: str
    heading: str
    theme: str
    paper: str
    legend: Sequence[LegendEntry]
    atlas: LegendEntry | None = None
    about: str = ""


def fit(extent: Extent, width_mm: float, height_mm: float) -> tuple[Extent, int]:
    """Give the extent around the same centre that fills a map item at a round scale.

    Parameters
    ----------
    extent : tuple of float
        xmin, ymin, xmax, ymax in metres.
    width_mm, height_mm : float
        Size of the map on paper. QGIS resizes the item when the extent has another shape.

    Returns
    -------
    tuple, int
        The extent, and the scale 1:n.

    Examples
    --------
    >>> fit((0, 0, 9_000, 4_000), 100, 50)
    ((-500.0, -500.0, 9500.0, 4500.0), 100000)
    """
    x0, y0, x1, y1 = extent
    least = max((x1 - x0) / width_mm, (y1 - y0) / height_mm, 1e-3) * 1000
    power = 10 ** (len(str(int(least))) - 1)
    scale = next(round(n * power) for n in _NICE if n * power >= least)
    dx, dy = scale * width_mm / 2000, scale * height_mm / 2000
    cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return (cx - dx, cy - dy, cx + dx, cy + dy), scale


def segment_km(scale: int, longest_mm: float) -> float:
    """Give the longest of 1, 2, 5, 10, ... km that fits into ``longest_mm`` on paper.

    Examples
    --------
    >>> segment_km(500_000, 20), segment_km(20_000, 20)
    (10.0, 0.2)
    """
    room = scale * longest_mm / 1e6
    steps = [float(f"{n}e{power}") for power in range(-3, 5) for n in (1, 2, 5)]
    return max((s for s in steps if s <= room), default=steps[0])


def layout(sheet: Sheet, extent: Extent, lang: str) -> qx.Element:
    """Make a layout: title, map, legend, scale, north arrow, notes, approval number and date.

    Parameters
    ----------
    sheet : Sheet
    extent : tuple of float
        What the map shows, in metres of the project's CRS.
    lang : {"zh", "en"}
    """
    width, height, factor = PAPERS[sheet.paper]
    draw = _Draw(sheet, factor, lang)
    margin, side = _MARGIN * factor, _SIDE * factor
    frame = Box(margin, _HEAD * factor, width - 2 * margin - side,
                height - (_HEAD + _FOOT) * factor)  # fmt: skip
    column = Box(frame.x + frame.width + 3 * factor, frame.y, side - 3 * factor, frame.height)
    base = frame.y + frame.height
    # Beside the map, not on it: it hides nothing.
    arrow = Box(column.x + column.width - 14 * factor, base - 39 * factor, 12 * factor, 14 * factor)
    about = Box(column.x + 2 * factor, base - 40 * factor, column.width - 18 * factor, 17 * factor)
    shown, scale = fit(extent, frame.width, frame.height)
    items = [
        draw.map(frame, shown),
        draw.title(Box(margin, 6 * factor, width - 2 * margin, 10 * factor)),
        draw.heading(Box(margin, 16 * factor, width - 2 * margin, 7 * factor)),
        draw.legend(column),
        draw.about(about),
        draw.arrow(arrow),
        draw.scale_bar(Box(column.x, base - 22 * factor, column.width, 12 * factor), scale),
        draw.scale(Box(column.x + 2 * factor, base - 9 * factor, column.width, 7 * factor)),
        *draw.notes(Box(margin, base + 2 * factor, width - 2 * margin, 5 * factor)),
    ]
    page = qx.element("PageCollection", {}, draw.page(width, height))
    head = {"name": sheet.name, "units": "mm", "printResolution": 300, "worldFileMap": ""}
    grid = {"offsetX": 0, "offsetY": 0, "resolution": 10, "offsetUnits": "mm", "resUnits": "mm"}
    return qx.element(
        "Layout", head, qx.element("Snapper", {"tolerance": 5}), qx.element("Grid", grid), page,
        *items, _atlas(sheet.atlas),
    )  # fmt: skip


def _page_scale(box: Box) -> str:
    """Give the expression for the largest round scale at which a page shows all of its feature."""
    wide = f"bounds_width(@atlas_geometry) / {box.width:g}"
    high = f"bounds_height(@atlas_geometry) / {box.height:g}"
    scales = ", ".join(map(str, ROUND_SCALES))
    # 1.1: some land around it.
    return f"array_first(array_filter(array({scales}), @element >= 1100 * max({wide}, {high})))"


def _atlas(coverage: LegendEntry | None) -> qx.Element:
    if coverage is None:
        return qx.element("Atlas", {"enabled": 0})
    return qx.element("Atlas", {
        "enabled": 1, "coverageLayer": coverage.layer_id, "coverageLayerName": coverage.name,
        "pageNameExpression": '"name"', "filenamePattern": _PAGE_FILE,
        "hideCoverage": 0, "sortFeatures": 1, "sortKey": "$id", "sortAscending": 1,
        "filterFeatures": 0,
    })  # fmt: skip


class _Draw:
    """Makes the items of one sheet; their identifiers depend on nothing but the sheet."""

    def __init__(self, sheet: Sheet, factor: float, lang: str):
        self.sheet, self.factor, self.lang = sheet, factor, lang
        self.map_id = self._identifier("map")

    def _identifier(self, item: str) -> str:
        return "{" + str(uuid.uuid5(_NAMESPACE, f"{self.sheet.name}/{item}")) + "}"

    def _item(
        self, kind: int, item: str, box: Box, z: int, more: dict[str, object],
        *children: qx.Element,
    ) -> qx.Element:  # fmt: skip
        place = f"{box.x:g},{box.y:g},mm"
        head = {
            "type": kind, "uuid": self._identifier(item), "id": item, "position": place,
            "positionOnPage": place, "size": f"{box.width:g},{box.height:g},mm",
            "referencePoint": 0, "itemRotation": 0, "visibility": 1, "zValue": z, "opacity": 1,
            "frame": "false", "background": "false", **more,
        }  # fmt: skip
        return qx.element("LayoutItem", head, *children)

    def _text(self, size_pt: float, bold: bool = False) -> list[qx.Element]:
        size = round(size_pt * self.factor, 1)
        weight, style = (75, "Bold") if bold else (50, "Regular")
        old = {"description": f"{styles.fonts()[0]},{size},-1,5,{weight},0,0,0,0,0", "style": style}
        return [
            qx.element("LabelFont", old),
            qx.text_format(styles.fonts(), size, _INK, bold),
        ]

    def _label(
        self, item: str, box: Box, expression: str, size_pt: float, align: int, bold: bool = False
    ) -> qx.Element:
        more = {"labelText": expression, "htmlState": 0, "halign": align, "valign": 128,
                "marginX": 0, "marginY": 0}  # fmt: skip
        return self._item(_LABEL, item, box, 5, more, *self._text(size_pt, bold))

    def page(self, width: float, height: float) -> qx.Element:
        more: dict[str, object] = {"background": "true"}
        return self._item(_PAGE, "page", Box(0, 0, width, height), 0, more)

    def map(self, box: Box, extent: Extent) -> qx.Element:
        x0, y0, x1, y1 = extent
        more = {
            "uuid": self.map_id, "frame": "true", "background": "true", "followPreset": "true",
            "followPresetName": self.sheet.theme, "keepLayerSet": "false",
            "drawCanvasItems": "true", "mapRotation": 0,
        }  # fmt: skip
        children = [
            qx.element("FrameColor", {"red": 26, "green": 26, "blue": 26, "alpha": 255}),
            qx.element("Extent", {"xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1}),
        ]
        if self.sheet.atlas is not None:
            # 0: the page keeps its scale, and the scale follows the feature by an expression, so
            # that it is round whoever prints: the designer, qgis_process, a script.
            children.append(qx.element("AtlasMap", {"atlasDriven": 1, "scalingMode": 0}))
            children.append(qx.layout_property("dataDefinedMapScale", _page_scale(box)))
        return self._item(_MAP, "map", box, 1, more, *children)

    def title(self, box: Box) -> qx.Element:
        return self._label("title", box, "[% @project_title %]", 19, 4, bold=True)

    def heading(self, box: Box) -> qx.Element:
        text = qx.plain(self.sheet.heading)
        if self.sheet.atlas is not None:
            text += " · [% @atlas_pagename %]"
        return self._label("heading", box, text, 12, 4)

    def legend(self, box: Box) -> qx.Element:
        sizes = {"title": 11, "group": 9.5, "subgroup": 9.5, "symbolLabel": 8.5}
        looks = []
        for name, size in sizes.items():
            bold = name == "title"
            old, text = self._text(size, bold)
            font = qx.element("styleFont", old.attrib)
            space = {"marginTop": 2.5, "marginLeft": 2 if name == "symbolLabel" else 0}
            head = {"name": name, **space, "marginBottom": 0, "marginRight": 0, "alignment": 1}
            looks.append(qx.element("style", head, font, text))
        tree = qx.element("layer-tree-group", {}, *(
            qx.element("layer-tree-layer", {"id": e.layer_id, "name": e.name, "expanded": 1,
                                            "checked": "Qt::Checked", "providerKey": "ogr"})
            for e in self.sheet.legend
        ))  # fmt: skip
        more = {
            "map_uuid": self.map_id, "title": _LEGEND_TITLE.get(self.lang), "resizeToContents": 1,
            "symbolWidth": 7 * self.factor, "symbolHeight": 4 * self.factor, "columnCount": 1,
            "boxSpace": 1, "columnSpace": 2, "wrapChar": "", "legendFilterByAtlas": 0,
            "lineSpacing": 1, "fontColor": _INK,
        }  # fmt: skip
        return self._item(_LEGEND, "legend", box, 3, more, qx.element("styles", {}, *looks), tree)

    def about(self, box: Box) -> qx.Element:
        """Say below the legend what its classes mean."""
        return self._label("about", box, qx.plain(self.sheet.about), 6.5, 1)

    def arrow(self, box: Box) -> qx.Element:
        more = {
            "file": _NORTH, "mode": 0, "resizeMode": 0, "anchorPoint": 4, "northMode": 0,
            "northOffset": 0, "pictureRotation": 0, "mapUuid": self.map_id,
            "svgFillColor": qx.rgba(_INK), "svgBorderColor": qx.rgba(_INK), "svgBorderWidth": 0.2,
        }  # fmt: skip
        return self._item(_PICTURE, "north", box, 4, more)

    def scale(self, box: Box) -> qx.Element:
        return self._label("scale", box, _SCALE_TEXT, 8.5, 1)

    def scale_bar(self, box: Box, scale: int) -> qx.Element:
        """Draw two segments of a round length; on an atlas QGIS fits them to each page."""
        fitted = self.sheet.atlas is not None
        more = {
            "mapUuid": self.map_id, "style": "Single Box", "unitType": "km", "unitLabel": "km",
            "numMapUnitsPerScaleBarUnit": 1, "numSegments": 2, "numSegmentsLeft": 0,
            "numUnitsPerSegment": f"{segment_km(scale, 20 * self.factor):g}",
            "segmentSizeMode": int(fitted), "minBarWidth": 24 * self.factor,  # below a round length
            "maxBarWidth": 45 * self.factor, "height": 2.5 * self.factor, "boxContentSpace": 1,
            "labelBarSpace": 1.5, "alignment": 0, "lineWidth": 0.3, "outlineWidth": 0.3,
        }  # fmt: skip
        return self._item(_SCALE, "scale bar", box, 4, more, self._text(8.5)[1])

    def notes(self, box: Box) -> list[qx.Element]:
        """Put the approval number lower left, as the rules for public maps want it."""
        none = _NOT_APPROVED.get(self.lang)
        approval = (
            f"{_APPROVAL.get(self.lang)}[% coalesce(nullif(@map_approval_no, ''), '{none}') %]"
        )
        third = box.width / 3
        second = box.y + box.height + 1
        right = f"{_DATE.get(self.lang)}[% @map_date %]"
        return [
            self._label("approval", Box(box.x, box.y, third, box.height), approval, 8.5, 1),
            self._label("data note", Box(box.x + third, box.y, third, box.height),
                        "[% @data_note %]", 8.5, 4, bold=True),
            self._label("date", Box(box.x + 2 * third, box.y, third, box.height), right, 8.5, 2),
            self._label("notice", Box(box.x, second, 2 * third, box.height),
                        "[% @plan_notice %]", 7.5, 1),
            self._label("drawn by", Box(box.x + 2 * third, second, third, box.height),
                        f"{_DRAWN_BY.get(self.lang)}[% @drawn_by %]   [% @map_crs %]", 7.5, 2),
        ]  # fmt: skip
