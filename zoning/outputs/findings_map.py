"""A page with the places of findings: one file, no network, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import LEVELS, Finding, Spot

if TYPE_CHECKING:
    import geopandas as gpd

_WIDTH, _ROOM = 900.0, 30.0
#: Places of one finding that are drawn and listed on the page; a layer or CSV has all.
_LISTED = 200
#: Lines of the files, one after the other.
_PENS = ("#37618e", "#a35b00", "#2e6b4f", "#7d4f7d", "#79747e")
_COLOURS = {"error": "#b3261e", "warning": "#a35b00", "note": "#37618e"}
_STYLE = """body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;
margin:24px;max-width:960px;color:#1c1b1f}
svg{width:100%;height:auto;max-height:560px;border:1px solid #c9c5d0;background:#fff}
li{margin:6px 0}.error{color:#b3261e}.warning{color:#a35b00}.note{color:#37618e}
small{color:#49454f}"""


def write(
    path: Path, findings: Sequence[Finding], shapes: Mapping[str, gpd.GeoSeries], lang: str = "zh"
) -> Path:
    """Write the page.

    Parameters
    ----------
    path : Path
    findings : sequence of Finding
        Those with a place are numbered on the map; all are listed.
    shapes : mapping
        Outlines by file, in any CRS.
    lang : {"zh", "en"}

    Returns
    -------
    Path

    Examples
    --------
    >>> import tempfile
    >>> from zoning.errors import Text
    >>> gap = Finding(Text("a <gap>", "空隙"), "a.gpkg", place=(119.5, 32.2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = write(Path(folder, "map.html"), [gap], {}, "en").read_text(encoding="utf-8")
    >>> "a &lt;gap&gt;" in page, page.count("<circle")
    (True, 1)
    """
    placed = [f for f in findings if f.place is not None]
    numbers = {id(f): i for i, f in enumerate(placed, 1)}
    items = "".join(_item(f, numbers.get(id(f)), lang) for f in findings)
    title = "数据检查" if lang == "zh" else "Findings of the data"
    none = "未发现问题。" if lang == "zh" else "Nothing was found."
    body = f"<ul>{items}</ul>" if findings else f"<p>{none}</p>"
    page = (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{_drawing(placed, numbers, shapes)}{body}</html>\n"
    )
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _item(finding: Finding, number: int | None, lang: str) -> str:
    mark = f"<b>{number}</b> · " if number else ""
    level = escape(LEVELS[finding.level].get(lang))
    at = ""
    if finding.place is not None:
        at = f" <small>({finding.place[0]:.5f}, {finding.place[1]:.5f})</small>"
    told = escape(finding.tell(lang))
    head = f'{mark}<span class="{finding.level}">{level}</span> {told}{at}'
    return f"<li>{head}{_rows(finding.spots, lang)}</li>"


def _rows(spots: Sequence[Spot], lang: str) -> str:
    """List the places of a finding, where there are several."""
    if len(spots) < 2:
        return ""
    said = [
        " · ".join(
            w
            for w in (
                escape(s.row), escape(s.value),
                "" if s.lon is None or s.lat is None else f"{s.lon:.5f}, {s.lat:.5f}",
            )
            if w
        )
        for s in spots[:_LISTED]
    ]  # fmt: skip
    left = len(spots) - _LISTED
    if left > 0:
        said.append(f"另有 {left:,} 处" if lang == "zh" else f"and {left:,} more")
    title = f"{len(spots):,} 处" if lang == "zh" else f"{len(spots):,} places"
    return f"<details><summary>{title}</summary>{'<br>'.join(said)}</details>"


def _drawing(
    placed: Sequence[Finding], numbers: Mapping[int, int], shapes: Mapping[str, gpd.GeoSeries]
) -> str:
    """Draw the outlines, and a numbered mark for each place."""
    import numpy as np

    degrees = {name: s.to_crs("EPSG:4326") for name, s in shapes.items()}
    corners = [s.total_bounds for s in degrees.values()]
    seen = {id(f): _points(f) for f in placed}
    corners += [np.array([*p, *p]) for points in seen.values() for p in points]
    if not corners:
        return ""
    west, south = np.min(corners, axis=0)[:2]
    east, north = np.max(corners, axis=0)[2:]
    turn = float(np.cos(np.radians((south + north) / 2)))
    scale = (_WIDTH - 2 * _ROOM) / max((east - west) * turn, (north - south), 1e-6)
    height = (north - south) * scale + 2 * _ROOM

    def at(points: Any) -> Any:
        return (points - [west, north]) * [turn * scale, -scale] + _ROOM

    pens = [_PENS[i % len(_PENS)] for i in range(len(degrees))]
    lines = "".join(
        _outline(s, at, 1 / scale, pen) for s, pen in zip(degrees.values(), pens, strict=True)
    )
    key = " ".join(
        f'<span style="color:{pen}">▬</span> {escape(name)}'
        for name, pen in zip(degrees, pens, strict=True)
    )
    marks = ""
    for f in placed:
        for x, y in at(np.array(seen[id(f)][1:]).reshape(-1, 2)):
            marks += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_COLOURS[f.level]}"/>'
    for f in placed:
        x, y = at(np.array(seen[id(f)][:1]))[0]
        marks += (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="{_COLOURS[f.level]}"/>'
            f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="#fff" font-size="11" '
            f'text-anchor="middle">{numbers[id(f)]}</text>'
        )
    return (
        f'<svg viewBox="0 0 {_WIDTH:.0f} {height:.0f}" role="img">{lines}{marks}</svg><p>{key}</p>'
    )


def _points(finding: Finding) -> list[tuple[float, float]]:
    """Give the places of a finding: its own first."""
    spots = [(s.lon, s.lat) for s in finding.spots[:_LISTED]
             if s.lon is not None and s.lat is not None]  # fmt: skip
    return spots or ([finding.place] if finding.place is not None else [])


def _outline(shapes: gpd.GeoSeries, at: Any, pixel: float, pen: str) -> str:
    import shapely

    paths = []
    for shape in shapely.simplify(shapes.to_numpy(), pixel):
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            points = at(shapely.get_coordinates(ring))
            paths.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return f'<path d="{"".join(paths)}" fill="none" stroke="{pen}" stroke-width="1.3"/>'
