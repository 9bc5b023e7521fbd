"""The paper of a map sheet: page, map window at a round scale, coordinate frame, bar and arrow.

All places are millimetres on an A3 page; a smaller page is the same drawing, reduced.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A3 = (420.0, 297.0)
#: Width of a landscape page in mm. ISO 216 pages have one shape, so the height follows.
PAPERS = {"A2": 594.0, "A3": 420.0, "A4": 297.0}
#: The map window: left, bottom, width, height.
WINDOW = (22.0, 32.0, 290.0, 236.0)
PANEL_LEFT, PANEL_RIGHT = 322.0, 410.0

_INK, _FAINT = "#222222", "#8a8a8a"
_ROUND = (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7.5, 10)


#: Smaller letters cannot be read on paper, in points (our choice).
SMALLEST = 6.0


def legible(size: float) -> float:
    """Give a size of letters that can be read.

    Examples
    --------
    >>> legible(4.2), legible(8.0)
    (6.0, 8.0)
    """
    return max(size, SMALLEST)


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of paper that is being drawn.

    Parameters
    ----------
    figure : Figure
    desk : Axes
        Covers the page; its coordinates are millimetres of an A3 page.
    ratio : float
        Width of the page over that of A3; font sizes (as far as they can be read) and line widths
        take it.
    """

    figure: Figure
    desk: Axes
    ratio: float

    def text(self, x: float, y: float, text: str, size: float, **how: Any) -> Any:
        """Write at a place in mm; ``size`` is in points on A3."""
        how.setdefault("va", "top")
        how.setdefault("color", _INK)
        return self.desk.text(x, y, text, fontsize=self.letters(size), **how)

    def letters(self, size: float) -> float:
        """Give a size of A3 on this page: reduced like the page, but never too small to read."""
        return legible(size * self.ratio)


def new_page(paper: str = "A3") -> Page:
    """Make an empty landscape page.

    Raises
    ------
    InputError
        If the paper is not one of ``PAPERS``.
    """
    from matplotlib.figure import Figure

    if paper not in PAPERS:
        sizes = ", ".join(PAPERS)
        raise InputError.one(
            f"unknown paper '{paper}' (known: {sizes})", f"未知纸张“{paper}”（可选：{sizes}）",
            code="unknown-paper",
        )  # fmt: skip
    ratio = PAPERS[paper] / A3[0]
    figure = Figure(figsize=(A3[0] * ratio / 25.4, A3[1] * ratio / 25.4))
    desk = figure.add_axes((0, 0, 1, 1))
    desk.set(xlim=(0, A3[0]), ylim=(0, A3[1]))
    desk.axis("off")
    return Page(figure, desk, ratio)


def round_scale(width_m: float, height_m: float, width_mm: float, height_mm: float) -> int:
    """Give the largest round scale 1:n at which a region fits a window.

    Examples
    --------
    >>> round_scale(95_000, 80_000, 290, 236)
    350000
    """
    need = max(width_m / width_mm, height_m / height_mm) * 1000
    power = float(10.0 ** np.floor(np.log10(need)))
    return round(next(step * power for step in _ROUND if step * power >= need * (1 - 1e-9)))


def map_window(page: Page, bounds: tuple[float, float, float, float]) -> tuple[Axes, int]:
    """Add the map's axes, centred on a region, at a round scale.

    Parameters
    ----------
    page : Page
    bounds : tuple of float
        Left, bottom, right, top of the region in metres.

    Returns
    -------
    Axes, int
        Axes in metres, and n of the scale 1:n on this paper.
    """
    left, bottom, width, height = WINDOW
    x0, y0, x1, y1 = bounds
    # 3 % of air on each side, so that the boundary does not touch the frame.
    paper_w, paper_h = width * page.ratio, height * page.ratio
    scale = round_scale((x1 - x0) * 1.06, (y1 - y0) * 1.06, paper_w, paper_h)
    half_w, half_h = paper_w * scale / 2000, paper_h * scale / 2000
    axes = page.figure.add_axes((left / A3[0], bottom / A3[1], width / A3[0], height / A3[1]))
    middle_x, middle_y = (x0 + x1) / 2, (y0 + y1) / 2
    axes.set(
        xlim=(middle_x - half_w, middle_x + half_w), ylim=(middle_y - half_h, middle_y + half_h)
    )
    return axes, scale


def coordinate_frame(axes: Axes, crs: str, ratio: float) -> None:
    """Write kilometres of the projection below and left, degrees above and right."""
    step = round_length((axes.get_xlim()[1] - axes.get_xlim()[0]) / 6)
    size = legible(7 * ratio)
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        places = np.arange(np.ceil(limits[0] / step), np.floor(limits[1] / step) + 1) * step
        axis.set_ticks(places, [f"{p / 1000:.0f}" for p in places])
    axes.tick_params(labelsize=size, direction="in", length=3 * ratio, color=_INK, pad=2 * ratio)
    axes.tick_params(axis="y", labelrotation=90)
    for label in axes.get_yticklabels():
        label.set_verticalalignment("center")
    axes.grid(color=_FAINT, linewidth=0.25 * ratio, alpha=0.5, zorder=0.5)
    for spine in axes.spines.values():
        spine.set(linewidth=1.2 * ratio, color=_INK)
    _degrees(axes, crs, size, ratio)


def _degrees(axes: Axes, crs: str, size: float, ratio: float) -> None:
    """Mark meridians on the upper edge and parallels on the right one."""
    from pyproj import Transformer

    to_degrees = Transformer.from_crs(crs, "EPSG:4490", always_xy=True)
    (x0, x1), (y0, y1) = axes.get_xlim(), axes.get_ylim()
    along_x, along_y = np.linspace(x0, x1, 101), np.linspace(y0, y1, 101)
    lon = to_degrees.transform(along_x, np.full(101, y1))[0]
    lat = to_degrees.transform(np.full(101, x1), along_y)[1]
    for values, places, mark in ((lon, along_x, "x"), (lat, along_y, "y")):
        if not np.isfinite(values).all():
            continue
        step = _round_angle((values.max() - values.min()) / 5)
        angles = np.arange(np.ceil(values.min() / step), np.floor(values.max() / step) + 1) * step
        for angle, at in zip(angles, np.interp(angles, values, places), strict=True):
            how: dict[str, Any] = {"fontsize": size, "color": _INK, "annotation_clip": False}
            text, shift = degrees(angle), 3 * ratio
            if mark == "x":
                axes.annotate(text, (at, y1), (0, shift), textcoords="offset points",
                              ha="center", va="bottom", **how)  # fmt: skip
            else:
                axes.annotate(text, (x1, at), (shift, 0), textcoords="offset points",
                              ha="left", va="center", rotation=90, **how)  # fmt: skip


def degrees(angle: float) -> str:
    """Write an angle in degrees and whole minutes.

    Examples
    --------
    >>> degrees(119.5), degrees(31.9999999)
    ('119°30′', '32°00′')
    """
    minutes = round(angle * 60)
    return f"{minutes // 60}°{minutes % 60:02d}′"


def _round_angle(wanted: float) -> float:
    steps = (1 / 60, 2 / 60, 5 / 60, 10 / 60, 15 / 60, 20 / 60, 0.5, 1, 2, 5, 10)
    return next((s for s in steps if s >= wanted), 10)


def round_length(wanted: float) -> float:
    """Give a round length near a wanted one: 1, 2 or 5 times a power of ten, not longer.

    Examples
    --------
    >>> round_length(26_000), round_length(999)
    (20000.0, 500.0)
    """
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(max(step * power for step in (1, 2, 5) if step * power <= wanted))


def scale_bar(page: Page, x: float, y: float, scale: int) -> None:
    """Draw a bar of four fields with its lower left corner at a place in mm."""
    from matplotlib.patches import Rectangle

    metres_per_mm = scale / 1000 * page.ratio  # of the A3 drawing
    length = round_length(72 * metres_per_mm)
    field = length / 4 / metres_per_mm
    for i in range(4):
        fill = _INK if i % 2 == 0 else "white"
        page.desk.add_patch(
            Rectangle((x + i * field, y), field, 1.8, fc=fill, ec=_INK, lw=0.6 * page.ratio)
        )
    for i in (0, 2, 4):
        km = length * i / 4 / 1000
        text = f"{km:g}" + (" km" if i == 4 else "")
        page.text(x + i * field, y + 2.6, text, 8, ha="center", va="bottom")


def north_arrow(page: Page, x: float, y: float) -> None:
    """Draw an arrow to grid north with its foot at a place in mm."""
    from matplotlib.patches import Polygon

    line: dict[str, Any] = {"ec": _INK, "lw": 0.6 * page.ratio}
    page.desk.add_patch(Polygon([(x, y + 14), (x - 4, y), (x, y + 3.5)], fc=_INK, **line))
    page.desk.add_patch(Polygon([(x, y + 14), (x + 4, y), (x, y + 3.5)], fc="white", **line))
    page.text(x, y + 15, "N", 12, ha="center", va="bottom", weight="bold")


def wrap(text: str, width: int) -> str:
    """Break text into lines; a Chinese character counts as two columns.

    Examples
    --------
    >>> wrap("仅供示意,不是正式成果", 12).split(chr(10))
    ['仅供示意,不', '是正式成果']
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0
        for piece in _pieces(paragraph):
            size = columns(piece)
            if line and used + size > width and not _closes(piece):
                kept = line.rstrip("（《“(") or line  # no line ends with an opening sign
                piece = line[len(kept) :] + piece.lstrip()
                lines.append(kept.rstrip())
                line, used = "", 0
                size = columns(piece)
            line, used = line + piece, used + size
        lines.append(line)
    return "\n".join(lines)


def _pieces(text: str) -> list[str]:
    """Split where a line may break: at spaces, and on both sides of a wide character."""
    pieces: list[str] = []
    for char in text:
        joins = pieces and not _wide(char) and not _wide(pieces[-1][-1]) and char != " "
        if joins:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _closes(piece: str) -> bool:
    """Whether a piece must not begin a line."""
    return piece in "，。；：、！？）》”’,;:!?)"


def columns(text: str) -> int:
    """Give the width of a text in columns, where a Chinese character takes two.

    Examples
    --------
    >>> columns("镇江 A3")
    7
    """
    return sum(2 if _wide(char) else 1 for char in text)
