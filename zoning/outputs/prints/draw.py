"""Map sheets for print: PDF or PNG on A3 or A4, with Chinese text, drawn by matplotlib.

A sheet has a title, the map in a frame with coordinates, legend, scale bar, north arrow, a note
on the data, and a field for the map approval number at the lower left. No boundary is drawn that
is not in the plan.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.words import crs_title
from zoning.errors import named
from zoning.outputs.office.whole import notice, stamp, write_whole
from zoning.outputs.prints import themes as catalogue
from zoning.outputs.prints.fonts import chinese_text
from zoning.outputs.prints.frame import (
    PANEL_LEFT,
    PANEL_RIGHT,
    WINDOW,
    Page,
    columns,
    coordinate_frame,
    legible,
    map_window,
    new_page,
    north_arrow,
    round_length,
    scale_bar,
    wrap,
)
from zoning.outputs.prints.labels import draw_names, draw_numbers, red_areas
from zoning.outputs.prints.layers import draw_layers
from zoning.outputs.prints.themes import themes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoning.plan import Plan

__all__ = ["Picture", "draw_map", "draw_sheet", "themes", "write", "write_all"]

#: Upper and lower end of the list of red-line areas in mm.
_INDEX_TOP, _INDEX_BOTTOM = 204, 96
_NOTE = (
    "For internal use; not to be published before map review.",
    "内部使用，未经审核不得公开。",
)


@dataclass(frozen=True)
class Picture:
    """A drawn figure that shows itself in a notebook and saves itself whole.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    title : str
        What it shows, for readers who cannot see it.
    """

    figure: Figure
    title: str

    def to_bytes(self, form: str = "png", dpi: int = 200, colours: int = 0) -> bytes:
        """Give the picture as a file of the form ``"png"``, ``"pdf"`` or ``"svg"``.

        A PNG of at most so many ``colours`` takes a quarter of the room of one of all (0).
        """
        out = io.BytesIO()
        when = stamp()
        known: dict[str, dict[str, Any]] = {
            "png": {"Title": self.title, "Software": None},
            "pdf": {"Title": self.title, "CreationDate": when, "Producer": "zoning"},
            "svg": {"Title": self.title, "Date": when.isoformat()},
        }
        with chinese_text():
            self.figure.savefig(out, format=form, dpi=dpi, metadata=known.get(form))
        return _fewer(out, colours) if colours and form == "png" else out.getvalue()

    def save(self, path: str | Path, dpi: int = 200) -> Path:
        """Write the picture; the ending of the path says the form."""
        path = Path(path)
        return write_whole(path, self.to_bytes(path.suffix.lstrip(".").lower() or "png", dpi))

    def _repr_png_(self) -> bytes:
        return self.to_bytes("png", 110)


def _fewer(png: io.BytesIO, colours: int) -> bytes:
    """Write a PNG again with a palette of so many colours."""
    from PIL import Image

    out = io.BytesIO()
    with Image.open(png) as image:
        few = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
        few.save(out, "png", optimize=True, dpi=image.info.get("dpi"))
    return out.getvalue()


def draw_sheet(
    plan: Plan,
    theme: str = "zones",
    *,
    paper: str = "A3",
    lang: str = "zh",
    approval_no: str | None = None,
) -> Picture:
    """Draw a map sheet.

    Parameters
    ----------
    plan : Plan
    theme : str
        One of :func:`themes`.
    paper : {"A3", "A4", "A2"}
        Landscape.
    lang : {"zh", "en"}
    approval_no : str, optional
        Map approval number (审图号); by default that of plan.toml. Where there is none, the field
        stays open and the sheet says that it is for internal use.

    Raises
    ------
    InputError
        If the theme or paper is not known.
    """
    catalogue.check_theme(plan, theme)
    name = f"{plan.name} · {catalogue.title(plan, theme, lang)}"
    with chinese_text():
        page = new_page(paper)
        axes, scale = map_window(page, tuple(plan.city.total_bounds))
        legend = draw_layers(axes, plan, theme, lang, page.ratio)
        if theme == "redline_hatch":
            draw_numbers(axes, plan, page.ratio, lang)
            _index(page, plan, lang)
        else:
            draw_names(axes, plan, page.ratio, lang=lang)
        coordinate_frame(axes, plan.grid.crs, page.ratio)
        _title(page, plan, catalogue.title(plan, theme, lang), lang)
        _panel(page, plan, legend, scale, lang)
        _foot(page, plan.config.plan.map_approval_no if approval_no is None else approval_no, lang)
    return Picture(page.figure, name)


def draw_map(
    plan: Plan, theme: str = "zones", *, lang: str = "zh", width_mm: float = 160
) -> Picture:
    """Draw a small map with its legend, for a report or a notebook.

    Parameters
    ----------
    plan : Plan
    theme : str
        One of :func:`themes`.
    lang : {"zh", "en"}
    width_mm : float
        Width of the picture; the height follows the shape of the city.
    """
    from matplotlib.figure import Figure

    catalogue.check_theme(plan, theme)
    x0, y0, x1, y1 = plan.city.total_bounds
    map_share = 0.74  # the rest of the width holds the legend
    height = min(width_mm * map_share * (y1 - y0) / (x1 - x0), width_mm)
    ratio = 0.62
    with chinese_text():
        figure = Figure(figsize=(width_mm / 25.4, height / 25.4))
        axes = figure.add_axes((0.005, 0.005, map_share, 0.99))
        axes.set(xlim=(x0, x1), ylim=(y0, y1), aspect="equal", anchor="W")
        axes.margins(0)
        axes.axis("off")
        legend = draw_layers(axes, plan, theme, lang, ratio)
        draw_names(axes, plan, ratio, townships=False, lang=lang)
        _legend(figure, legend, (map_share + 0.015, 0.97), 12 * ratio, words_legend(lang))
        _bar_in_map(figure, axes, map_share + 0.02)
    return Picture(figure, f"{plan.name} · {catalogue.title(plan, theme, lang)}")


def write(
    plan: Plan, path: str | Path, theme: str = "zones", *, dpi: int = 200, **how: Any
) -> Path:
    """Write a map sheet as PDF, PNG or SVG, by the ending of the path.

    Parameters
    ----------
    plan : Plan
    path : str or Path
    theme : str
    dpi : int
        Resolution of a PNG.
    **how
        As for :func:`draw_sheet`.

    Returns
    -------
    Path
        What was written.
    """
    return draw_sheet(plan, theme, **how).save(path, dpi)


def write_all(
    plan: Plan, folder: str | Path, *, form: str = "pdf", dpi: int = 200, **how: Any
) -> list[Path]:
    """Write the sheet of every theme that the plan has data for.

    Returns
    -------
    list of Path
        ``01_主体功能区.pdf`` and so on, named in the language of the sheets.
    """
    lang = how.get("lang", "zh")
    return [
        write(
            plan, Path(folder) / f"{number:02d}_{catalogue.title(plan, theme, lang)}.{form}",
            theme, dpi=dpi, **how,
        )
        for number, theme in enumerate(themes(plan), 1)
    ]  # fmt: skip


# --- around the map --------------------------------------------------------------------------


def words_legend(lang: str) -> str:
    """Give the head of a legend."""
    return "图例" if lang == "zh" else "Legend"


def _legend(
    figure: Figure, handles: list[Any], place: tuple[float, float], size: float, head: str
) -> None:
    """Write a legend from a place to the right edge; long words are broken, not cut."""
    size = legible(size)
    room = figure.get_figwidth() * 72 * (0.99 - place[0]) - 3.0 * size  # beside the sign
    for handle in handles:
        handle.set_label(wrap(str(handle.get_label()), max(8, int(room / (0.54 * size)))))
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=place, frameon=False, fontsize=size,
        title=head, title_fontsize=size * 1.25, alignment="left", handlelength=2.2,
        handleheight=1.2, labelspacing=0.65, borderaxespad=0,
    )  # fmt: skip


def _bar_in_map(figure: Figure, axes: Axes, left: float) -> None:
    """Draw a plain scale bar and an arrow below the legend of a small map."""
    box = axes.get_position()
    metres = (axes.get_xlim()[1] - axes.get_xlim()[0]) / box.width  # over the figure's width
    length = round_length(0.2 * metres)
    bar = figure.add_axes((left, 0.03, length / metres, 0.03))
    bar.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    bar.axvspan(0, 0.5, color="#222222", lw=0)
    bar.set_title(f"{length / 1000:g} km    N↑", fontsize=7, pad=2)


def _title(page: Page, plan: Plan, theme: str, lang: str) -> None:
    middle = WINDOW[0] + WINDOW[2] / 2
    title = f"{plan.name}  {theme}"
    # A title that is wider than the map is set smaller, not cut.
    size = min(24.0, WINDOW[2] / columns(title) * 2 * 72 / 25.4)
    page.text(middle, 290, title, size, ha="center", weight="bold")
    page.text(middle, 278.5, wrap(notice(plan, lang), 180), 9, ha="center", color="#a11d1d")


def _panel(page: Page, plan: Plan, handles: list[Any], scale: int, lang: str) -> None:
    place = (PANEL_LEFT / 420, 266 / 297)
    _legend(page.figure, handles, place, 10.5 * page.ratio, words_legend(lang))
    north_arrow(page, PANEL_RIGHT - 8, 262)
    page.text(PANEL_LEFT, 88, f"1:{scale:,}", 12, weight="bold")
    scale_bar(page, PANEL_LEFT + 2, 72, scale)
    across = int(58 * 7.5 * page.ratio / page.letters(7.5))
    page.text(PANEL_LEFT, 64, wrap(_data_note(plan, lang), across), 7.5, linespacing=1.5)


def _index(page: Page, plan: Plan, lang: str) -> None:
    """List the numbered red-line areas in two columns beside the map."""
    areas = red_areas(plan, lang)
    half = max(-(-len(areas) // 2), 1)
    line = min(3.4, (_INDEX_TOP - _INDEX_BOTTOM) / half)  # mm
    size = min(6.5, line * 72 / 25.4 / 1.25)
    for place, (number, name, _) in enumerate(areas):
        x = PANEL_LEFT + (place // half) * (PANEL_RIGHT - PANEL_LEFT) / 2
        wide = page.letters(size) / page.ratio * 25.4 / 72 / 2  # of half a Chinese letter, mm of A3
        room = int((PANEL_RIGHT - PANEL_LEFT) / 2 / wide) - 6
        short = name if columns(name) <= room else wrap(name, room - 2).split("\n")[0] + "…"
        page.text(x, _INDEX_TOP - (place % half) * line, f"{number:>2} {short}", size)


def _data_note(plan: Plan, lang: str) -> str:
    grid = plan.grid
    crs = _crs_name(grid.crs, lang)
    if lang == "zh":
        return (
            f"坐标系：{crs}；下、左为千米网，上、右为经纬度。\n"
            f"评价单元：{len(plan.units):,} 个，边长 {grid.cell_m:,} 米；面积只计市内部分。\n"
            f"箭头指向坐标北。"
        )
    return (
        f"Coordinates: {crs}; kilometres below and left, degrees above and right.\n"
        f"{len(plan.units):,} units of {grid.cell_m:,} m; areas count inside the city only.\n"
        f"The arrow shows grid north."
    )


def _crs_name(crs: str, lang: str) -> str:
    """Name a CRS for people: its name, and its code if it has one."""
    title = crs_title(crs, lang)
    return named(title, crs).get(lang) if len(crs) < 20 else title


def _foot(page: Page, approval_no: str, lang: str) -> None:
    number = approval_no or "________________"
    field = f"审图号：{number}" if lang == "zh" else f"Map approval no.: {number}"
    date = stamp().date().isoformat()
    made = f"制图日期：{date}" if lang == "zh" else f"Drawn: {date}"
    page.text(WINDOW[0], 20, field, 10)
    if not approval_no:
        page.text(
            WINDOW[0] + WINDOW[2] / 2, 20, _NOTE[lang == "zh"], 9, ha="center", color="#a11d1d"
        )
    page.text(WINDOW[0] + WINDOW[2], 20, made, 9, ha="right")
