"""Put the map together: a page with Leaflet, which the scripts of this package make a tool.

``html`` and ``write`` give one page without a network, or a folder for servers that forbid scripts
inside a page. ``build`` gives the same page as a ``folium.Map`` that can be added to.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.marks import ours, seal
from zoning.base.staged import beside, staged
from zoning.errors import InputError
from zoning.outputs.webmap import frame
from zoning.outputs.webmap.document import document, packed, plan_language, to_json
from zoning.outputs.webmap.inline import asset, inline, refuse_foreign, refuse_requests
from zoning.outputs.webmap.tiles import background

if TYPE_CHECKING:
    import folium

    from zoning.inputs.geography import Geography
    from zoning.plan import Plan
    from zoning.questions.rungs import Ladder

log = logging.getLogger(__name__)

#: Plans that are compared share at least this part of the larger region (our choice: borders move,
#: a county is no city).
MOST_APART = 0.5

_CODES = {"zh": "zh-CN", "en": "en"}
_VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
_BLOCK = re.compile(
    r"<(script|style)(?P<attrs>(?:\s[^>]*)?)>(?P<body>.*?)</\1>", re.DOTALL | re.IGNORECASE
)


def write(
    plan: Plan,
    path: str | Path,
    *,
    lang: str | None = None,
    folder: bool = False,
    tiles: str | None = None,
    tianditu_key: str | None = None,
    ladder: Ladder | None = None,
    under: Geography | None = None,
) -> Path:
    """Write the map of a plan.

    Parameters
    ----------
    plan : zoning.plan.Plan
    path : path
        The file; with ``folder`` the folder that will hold ``index.html`` and ``assets``.
    lang : {"zh", "en"}, optional
        The language that the page opens in; it can be switched there. By default the plan's.
    folder : bool
        Write scripts and styles as files of their own, for servers with a strict content policy.
    tiles, tianditu_key : str, optional
        A background that needs the network; see :func:`zoning.outputs.webmap.tiles.background`.
    ladder : zoning.questions.rungs.Ladder, optional
        The plan under other caps, solved before: the page has a slider for them.
    under : zoning.inputs.geography.Geography, optional
        Water, roads, relief and neighbours.

    Returns
    -------
    Path
        What was written. It appears whole or not at all.

    Raises
    ------
    InputError
        If the units do not lie on a lattice, or the tiles cannot be used.
    """
    page = html(plan, lang=lang, tiles=tiles, tianditu_key=tianditu_key, ladder=ladder, under=under)
    return _place(page, Path(path), folder)


def write_compare(
    plan_a: Plan,
    plan_b: Plan,
    path: str | Path,
    *,
    lang: str | None = None,
    folder: bool = False,
    names: tuple[str, str] | None = None,
) -> Path:
    """Write a map of two plans of the same city, side by side with a swipe.

    Both plans keep their own lattice; the lines and the search come from the first.

    Parameters
    ----------
    plan_a, plan_b : zoning.plan.Plan
        Shown on the left and on the right.
    names : tuple of str, optional
        What to call them; by default their own names, and where those are alike also their cap.
    path, lang, folder
        As for :func:`write`.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the plans share less than half of the ground of the larger one.
    """
    _same_region(plan_a, plan_b)
    lang = lang or plan_language(plan_a)
    called = tuple(
        replace(p, name=n)
        for p, n in zip((plan_a, plan_b), names or own_names(plan_a, plan_b), strict=True)
    )
    page = _page(_document(called, lang), plan_a.name, lang)
    return _place(page, Path(path), folder)


def own_names(one: Plan, other: Plan) -> tuple[str, str]:
    """Tell two plans apart by their names, and where those are alike by cap or by number."""
    if one.name != other.name:
        return one.name, other.name
    caps = [(p.run.get("construction") or {}).get("cap_share") for p in (one, other)]
    told = [f"{c:.2%}" if c is not None else "–" for c in caps]
    if told[0] == told[1]:
        told = ["1", "2"]
    return f"{one.name}（{told[0]}）", f"{other.name}（{told[1]}）"


def _same_region(one: Plan, other: Plan) -> None:
    """Refuse plans of two regions: half of the page would stay empty."""
    ours = one.city.geometry.union_all()
    theirs = other.city.to_crs(one.city.crs).geometry.union_all()
    share = ours.intersection(theirs).area / max(ours.area, theirs.area)
    if share < MOST_APART:
        raise InputError.one(
            f"'{one.name}' and '{other.name}' are plans of different regions: they share "
            f"{share:.0%} of the larger one",
            f"“{one.name}”与“{other.name}”不是同一区域的方案：共有部分占较大者的 {share:.0%}",
            where="--compare", code="other-region", measured=round(share, 4), limit=MOST_APART,
            remedy=("compare two plans of one region", "请对比同一区域的两个方案"),
        )  # fmt: skip


def html(
    plan: Plan,
    *,
    lang: str | None = None,
    tiles: str | None = None,
    tianditu_key: str | None = None,
    ladder: Ladder | None = None,
    under: Geography | None = None,
) -> str:
    """Give the map of a plan as one page that asks the network for nothing."""
    behind, lang = background(tiles, tianditu_key), lang or plan_language(plan)
    return _page(_document((plan,), lang, behind, ladder, under), plan.name, lang, behind)


def build(plan: Plan, *, lang: str | None = None) -> folium.Map:
    """Make the folium map of a plan, to add layers of your own.

    Parameters
    ----------
    plan : zoning.plan.Plan
    lang : {"zh", "en"}, optional
        By default the plan's.

    Returns
    -------
    folium.Map
    """
    import folium

    doc = _document((plan,), lang or plan_language(plan))
    page_map = folium.Map(
        location=frame.centre_of(doc), zoom_start=9, tiles=None, zoom_control=False,
        control_scale=False, zoom_snap=0.25, zoom_delta=0.5, wheel_px_per_zoom_level=90,
        fade_animation=False,
    )  # fmt: skip
    # Only Leaflet is needed; the other libraries that folium links serve markers and popups.
    page_map.default_js = [link for link in page_map.default_js if link[0] == "leaflet"]
    page_map.default_css = [link for link in page_map.default_css if link[0] == "leaflet_css"]
    page_map._id = "zoning"
    page_map.add_child(_shell(to_json(packed(doc))), name="zoning_shell")
    return page_map


def save(
    page_map: folium.Map,
    path: str | Path,
    *,
    title: str,
    lang: str = "zh",
    folder: bool = False,
) -> Path:
    """Write a map that :func:`build` made and to which layers were added.

    Parameters
    ----------
    page_map : folium.Map
    path, lang, folder
        As for :func:`write`.
    title : str
        Title of the window.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If an added layer needs a file or tiles from a network.
    """
    return _place(_finish(page_map, title, lang), Path(path), folder)


def _document(
    plans: tuple[Plan, ...], lang: str, tiles: dict[str, Any] | None = None,
    ladder: Ladder | None = None, under: Geography | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Gather what the page shows, in a language that is known."""
    if lang not in ("zh", "en"):
        raise InputError.one(f"language '{lang}' is not known", f"未知语言“{lang}”", where="lang",
                             remedy=("zh or en", "zh 或 en"))  # fmt: skip
    return document(plans, lang=lang, tiles=tiles, ladder=ladder, under=under)


def _page(doc: dict[str, Any], title: str, lang: str, tiles: dict[str, Any] | None = None) -> str:
    """Put the data into the page, and hold it to its promise: it asks for nothing."""
    head = frame.head(title, _policy(tiles))
    page = frame.page(to_json(packed(doc)), frame.centre_of(doc), head, _CODES[lang])
    refuse_requests(page)
    return page


def _shell(data: str) -> Any:
    """Make the folium element that carries the scripts, the frame and the data."""
    from branca.element import MacroElement
    from jinja2 import Template

    element = MacroElement()
    element._name, element._id = "Zoning", "shell"
    element.scripts, element.spare, element.style = frame.parts()
    element.frame, element.data = asset("shell.html"), data
    element._template = Template(_TEMPLATE)
    return element


_TEMPLATE = """
{% macro header(this, kwargs) %}
<style data-name="map.css">{{ this.style }}</style>
<script data-name="inflate.js">{{ this.spare }}</script>
<script data-name="zoning.js">{{ this.scripts }}</script>
{% endmacro %}
{% macro html(this, kwargs) %}
{{ this.frame }}
<script type="application/json" id="zoning-plan">{{ this.data }}</script>
{% endmacro %}
{% macro script(this, kwargs) %}
Zoning.start({{ this._parent.get_name() }});
{% endmacro %}
"""


def _finish(page_map: folium.Map, title: str, lang: str) -> str:
    """Render, inline, and set what folium leaves open: title, language, viewport, policy."""
    page = inline(page_map.get_root().render())
    refuse_foreign(page)
    head = f"<head>{frame.head(title, _policy(None))}"
    page = _VIEWPORT.sub("", page, count=1)
    page = page.replace("<html>", f'<html lang="{_CODES[lang]}">', 1).replace("<head>", head, 1)
    refuse_requests(page)
    return page


def _policy(tiles: dict[str, Any] | None, inside: str = "'unsafe-inline'") -> str:
    """Forbid every request, so that the browser itself holds what this package promises."""
    pictures = f"data: blob: {tiles['origin']}" if tiles else "data: blob:"
    own = " 'self'" if inside == "'self'" else ""
    return (
        f"default-src 'none'; script-src {inside}; style-src {inside}; "
        f"img-src{own} {pictures}; base-uri 'none'; form-action 'none'"
    )


def _place(page: str, path: Path, folder: bool) -> Path:
    if folder:
        return _write_folder(page, path)
    with beside(path, part="map.html") as part:
        part.write_text(page, encoding="utf-8", newline="\n")
    log.info("%s: %.2f MB", path, len(page.encode()) / 1e6)
    return path


def _write_folder(page: str, path: Path) -> Path:
    """Write the page and its assets; a folder that holds something else is refused."""
    text, files = split(page)
    refuse_requests(text, [f"assets/{name}" for name in files])
    before = ours(path)
    if before is None:
        raise InputError.one(
            "the folder holds files that are no map of ours; nothing is replaced",
            "文件夹中有并非本软件地图的文件，不予覆盖", where=str(path), code="not-ours",
            remedy=("choose a new folder with -o", "请用 -o 另选新文件夹"),
        )  # fmt: skip
    with staged(path, last=("index.html",), stale=before, foreign="refuse") as stage:
        (stage / "assets").mkdir()
        for name, content in files.items():
            (stage / "assets" / name).write_text(content, encoding="utf-8", newline="\n")
        (stage / "index.html").write_text(text, encoding="utf-8", newline="\n")
        seal(stage / "index.html")
    return path


def split(page: str) -> tuple[str, dict[str, str]]:
    """Take scripts and styles out of a page into files of their own.

    Returns
    -------
    page, files : str, dict
        The page with links in their place and a policy that forbids scripts inside it; file name
        to content.

    Examples
    --------
    >>> split('<p>a</p><script data-name="x.js">f()</script>')
    ('<p>a</p><script src="assets/x.js"></script>', {'x.js': 'f()'})
    """
    files: dict[str, str] = {}

    def take(hit: re.Match[str]) -> str:
        tag, attrs = hit[1].lower(), hit["attrs"]
        if "application/json" in attrs:
            return hit[0]
        named = re.search(r'data-name="([^"]+)"', attrs)
        end = "js" if tag == "script" else "css"
        name = named[1] if named else f"page-{len(files) + 1}.{end}"
        files[name] = hit["body"]
        link = f'<script src="assets/{name}"></script>'
        return link if tag == "script" else f'<link rel="stylesheet" href="assets/{name}"/>'

    text = _BLOCK.sub(take, page)
    return text.replace("'unsafe-inline'", "'self'").replace(
        "img-src data:", "img-src 'self' data:"
    ), files
