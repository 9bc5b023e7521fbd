"""The page around the data, written as folium writes it, without waiting for folium.

folium brings libraries that take longer to load than the page takes to write, and other versions
of it write another page. What :func:`zoning.outputs.webmap.build` hands to folium is the same page;
a test holds the two against each other.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any

from zoning.outputs.webmap.inline import asset, css_inline, licence, safe_script, vendored_script

#: The scripts of the page, in the order in which they need each other; joined and made small they
#: are the first file that a page carries (scripts/build_page.py).
SCRIPTS = (
    "core.js", "words.js", "unpack.js", "projection.js", "grid.js", "pyramid.js", "gridlayer.js",
    "themes.js", "given.js", "lines.js", "geography.js", "headline.js", "ladder.js", "card.js",
    "places.js",
    "charts.js", "panel.js", "table.js", "download.js", "search.js", "polygon.js", "measure.js",
    "swipe.js", "controls.js", "folium.js", "app.js",
)  # fmt: skip
BUILT = ("zoning.js", "inflate.js", "map.css")
LEAFLET = ("vendor/leaflet/leaflet.js", "vendor/leaflet/leaflet.css")

#: Of ``L.map``, in its own words.
OPTIONS = {
    "zoom": 9, "zoomControl": False, "preferCanvas": False, "zoomSnap": 0.25, "zoomDelta": 0.5,
    "wheelPxPerZoomLevel": 90, "fadeAnimation": False,
}  # fmt: skip

_LOOK = """
            <style>
                #map_zoning {
                    position: relative;
                    width: 100.0%;
                    height: 100.0%;
                    left: 0.0%;
                    top: 0.0%;
                }
                .leaflet-container { font-size: 1rem; }
            </style>

            <style>html, body {
                width: 100%;
                height: 100%;
                margin: 0;
                padding: 0;
            }
            </style>

            <style>#map {
                position:absolute;
                top:0;
                bottom:0;
                right:0;
                left:0;
                }
            </style>

            <script>
                L_NO_TOUCH = false;
                L_DISABLE_3D = false;
            </script>
"""


def page(data: str, centre: tuple[float, float], head: str, code: str) -> str:
    """Give the whole page.

    Parameters
    ----------
    data : str
        The document as JSON that may stand in a page.
    centre : (latitude, longitude)
        Where the map opens, degrees.
    head : str
        What :func:`head` gives.
    code : str
        Language of the page, as HTML names it.
    """
    script, style = LEAFLET
    own, unpacks, look = parts()
    options = "".join(f'  "{k}": {json.dumps(v)},\n' for k, v in OPTIONS.items())
    return (
        f'<!DOCTYPE html>\n<html lang="{code}">\n<head>{head}\n    \n'
        '    <meta http-equiv="content-type" content="text/html; charset=UTF-8" />\n'
        f'    <script data-name="leaflet.js">{vendored_script(script)}</script>\n'
        f'    <style data-name="leaflet.css">{css_inline(style)}</style>\n'
        f"    \n            {_LOOK}\n        \n    \n"
        f'<style data-name="map.css">{look}</style>\n'
        f'<script data-name="inflate.js">{unpacks}</script>\n'
        f'<script data-name="zoning.js">{own}</script>\n'
        "</head>\n<body>\n    \n    \n"
        '            <div class="folium-map" id="map_zoning" ></div>\n        \n    \n'
        f"{asset('shell.html')}\n"
        f'<script type="application/json" id="zoning-plan">{data}</script>\n'
        "</body>\n<script>\n    \n    \n            var map_zoning = L.map(\n"
        '                "map_zoning",\n                {\n'
        f"                    center: {json.dumps(centre)},\n"
        "                    crs: L.CRS.EPSG3857,\n"
        f"                    ...{{\n{options}}}\n\n                }}\n            );\n\n"
        "            \n\n        \n    \nZoning.start(map_zoning);\n</script>\n</html>"
    )


def parts() -> tuple[str, str, str]:
    """Give what a page carries of ours: scripts, what unpacks its data, stylesheet."""
    own, unpacks, look = (asset(f"built/{name}") for name in BUILT)
    return safe_script(own), licence("vendor/fflate") + safe_script(unpacks), look


def head(title: str, policy: str) -> str:
    """Give what folium leaves open: title, viewport, and the policy that forbids requests."""
    return (
        '<meta charset="utf-8"/>'
        # Browsers with two kernels take the modern one; Internet Explorer its newest mode.
        '<meta name="renderer" content="webkit"/><meta name="force-rendering" content="webkit"/>'
        '<meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"/>'
        f"<title>{escape(title)}</title>"
    )


def centre_of(doc: dict[str, Any]) -> tuple[float, float]:
    """Give the middle of the units: latitude, longitude."""
    west, south, east, north = doc["plans"][0]["units"]["grid"]["bounds"]
    return (south + north) / 2, (west + east) / 2
