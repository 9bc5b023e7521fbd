"""The offline map without a browser: what it carries, what it refuses, what it asks for."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import fake_plan
import geopandas as gpd
import numpy as np
import pages
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from zoning.base.shipped import load_toml
from zoning.errors import InputError
from zoning.grid.crs import equal_area
from zoning.outputs import webmap
from zoning.outputs.webmap import document, frame, inline, layers, packing, page, payload, tiles
from zoning.outputs.webmap.projection import browser_projection
from zoning.schemes import load_scheme, scheme_names
from zoning.schemes.contrast import contrast, redline_look, unreadable

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make()


@pytest.fixture(scope="module")
def text(plan):
    return webmap.html(plan)


# --- reading back, written a second time and by other means than the browser's -----------------


def unpack(packed: dict) -> np.ndarray | list:
    raw = zlib.decompress(base64.b64decode(packed["data"]))
    if packed["type"] == "json":
        return json.loads(raw)
    width = np.dtype(packed["type"]).itemsize
    n = len(raw) // width
    return np.array([sum(raw[p * n + i] << 8 * p for p in range(width)) for i in range(n)])


def unpack_shapes(text: str) -> list:
    raw = iter(zlib.decompress(base64.b64decode(text)))

    def number():
        value, scale = 0, 1
        for byte in raw:
            value += (byte & 127) * scale
            if byte < 128:
                return value
            scale *= 128
        raise StopIteration

    at = [0, 0]

    def ring():
        points = []
        for _ in range(number()):
            for k in (0, 1):
                z = number()
                at[k] += -(z + 1) // 2 if z % 2 else z // 2
            points.append((at[0] * packing.STEP_DEG, at[1] * packing.STEP_DEG))
        return points

    features = []
    while True:
        try:
            count = number()
        except StopIteration:
            return features
        features.append([[ring() for _ in range(number())] for _ in range(count)])


@pytest.mark.parametrize(
    "data",
    [b"[1, 2", b"\xff\xfe{", b"[" * 200_000, b" " * 2_001, None, "e"],
    ids=["no json", "no text", "deep", "too long", "cut off", "no base64"],
)
def test_a_packed_table_that_is_none_is_told(data, monkeypatch):
    if data == b" " * 2_001:
        monkeypatch.setattr(packing, "MOST_BYTES", 2_000)
    whole = packing.pack_json(["甲", 1.5, None])
    assert packing.unpacked([{"a": whole}]) == [{"a": ["甲", 1.5, None]}]
    text = whole["data"][:12] if data is None else data
    bad = text if isinstance(text, str) else packing.deflate(text)
    with pytest.raises(ValueError, match="a packed table is none"):
        packing.unpacked({"a": {"type": "json", "data": bad}})


@given(st.lists(st.integers(0, 65535), min_size=0, max_size=50))
def test_numbers_come_back(numbers):
    assert list(unpack(packing.pack_numbers(numbers, "uint16"))) == numbers


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_varints_come_back(numbers):
    raw, found, value, shift = packing.varints(np.array(numbers)), [], 0, 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            found.append(value)
            value = shift = 0
    assert found == numbers


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(70, 135), st.floats(3, 53), st.floats(0.01, 2), st.booleans()),
        max_size=6,
    )
)
def test_shapes_come_back_within_a_metre(places):
    shapes = []
    for x, y, r, hole in places:
        disc = shapely.Point(x, y).buffer(r)
        shapes.append(disc.difference(disc.buffer(-r / 2)) if hole else disc)
    shapes.append(shapely.Polygon())
    found = unpack_shapes(packing.pack_shapes(shapes))
    assert len(found) == len(shapes)
    for shape, polygons in zip(shapes, found, strict=True):
        again = shapely.MultiPolygon([(p[0], p[1:]) for p in polygons])
        assert (
            shapely.equals_exact(again, shapely.MultiPolygon(shapely.get_parts(shape)), 1.01e-5)
            or (shapely.hausdorff_distance(again, shape) < 1.01e-5)
            or shape.is_empty
        )


def test_units_come_back_at_their_places(plan):
    packed = payload.pack_units(plan)
    grid = packed["grid"]
    bits = np.frombuffer(zlib.decompress(base64.b64decode(grid["mask"])), np.uint8)
    squares = np.flatnonzero(np.unpackbits(bits, bitorder="little"))
    assert len(squares) == len(plan.units) == grid["units"]
    corner = plan.units.geometry.bounds
    columns = {c["name"]: c for c in packed["columns"]}
    built, zone = unpack(columns["built_m2"]), unpack(columns["zone"])
    for k, square in enumerate(squares):
        row, column = divmod(int(square), grid["columns"])
        x, y = grid["x0"] + column * grid["cell"], grid["y0"] + row * grid["cell"]
        here = plan.units[(abs(corner.minx - x) < 1) & (abs(corner.miny - y) < 1)]
        assert len(here) == 1
        form = grid["code"]
        north, east = round(y / form["metres"]), round(x / form["metres"])
        assert here.index[0] == f"{form['head']}N{north}E{east}"
        assert abs(built[k] * columns["built_m2"]["step"] - here["built_m2"].iloc[0]) <= 50
        assert columns["zone"]["labels"][zone[k]] == here["zone"].iloc[0]


def test_red_lines_of_a_unit_are_those_of_the_ledger(plan):
    packed = payload.pack_units(plan)
    red = packed["redlines"]
    counts, index, amount = (unpack(red[k]) for k in ("counts", "index", "amount"))
    order = plan.units.index[payload.find_lattice(plan.units).order]
    start = np.concatenate([[0], np.cumsum(counts)])
    for k, unit in enumerate(order):
        found = {
            red["areas"][index[j]]: amount[j] * red["step"] for j in range(start[k], start[k + 1])
        }
        wanted: dict[str, int] = {}
        for atom in plan.ledger[plan.ledger["unit"] == unit].itertuples():
            sets = plan.red_sets[plan.red_sets["red_set"] == atom.red_set]
            for area in set(sets["area_code"]):
                wanted[area] = wanted.get(area, 0) + atom.area_m2
        assert set(found) == set(wanted)
        for area, m2 in wanted.items():
            assert abs(found[area] - m2) <= 100


def test_missing_stays_missing_and_a_trace_is_not_none():
    column = payload.Column("built_m2", "area", np.array([np.nan, 0, 3, 1e6]), "uint16", [], 100.0)
    packed = packing.pack_numbers(column.numbers(column.values), column.type)
    assert list(unpack(packed)) == [column.header["missing"], 0, 1, 10_000]


def test_units_off_the_lattice_are_refused(plan):
    moved = plan.units.copy()
    moved.geometry = [
        shapely.transform(g, lambda c: c + 3.0) if i == 4 else g
        for i, g in enumerate(moved.geometry)
    ]
    with pytest.raises(InputError, match="lattice"):
        payload.pack_units(dataclasses.replace(plan, units=moved))


def test_own_codes_travel_as_a_list(plan):
    units = plan.units.set_axis([f"a{i}" for i in range(len(plan.units))])
    packed = payload.pack_units(dataclasses.replace(plan, units=units, ledger=plan.ledger.iloc[:0]))
    assert sorted(unpack(packed["grid"]["code"]["list"])) == sorted(units.index)


# --- projection -------------------------------------------------------------------------------


def test_gauss_krueger_travels_as_parameters():
    p = browser_projection("EPSG:4528", (119, 31, 120, 33), 1000)
    assert p == {"kind": "tm", "lon0": 120, "k0": 1, "fe": 40_500_000, "fn": 0, "a": 6378137,
                 "rf": pytest.approx(298.257222101)}  # fmt: skip


@pytest.mark.parametrize("box", [(118.9, 31.6, 120.0, 32.4), (73.5, 18.0, 135.0, 53.6)])
def test_other_projections_keep_their_error(box):
    crs = equal_area(*box)
    p = browser_projection(crs, box, 1000)
    assert p["kind"] == "chebyshev" and p["error_m"] <= 1.0
    west, south, east, north = p["box"]
    rng = np.random.default_rng(7)
    u, v = rng.uniform(-1, 1, (2, 500))
    lon, lat = west + (u + 1) / 2 * (east - west), south + (v + 1) / 2 * (north - south)
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    size = p["degree"] + 1
    for given_, true in (("x", x), ("y", y)):
        series = np.polynomial.chebyshev.chebval2d(u, v, np.reshape(p[given_], (size, size)))
        assert np.abs(series - true).max() <= p["error_m"] * 1.5 + 1e-5


# --- the page ---------------------------------------------------------------------------------


def test_the_page_asks_for_nothing(text):
    assert inline.requests_left(text) == []
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for pattern in (r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//""", r"url\(\s*['\"]?https?:",
                    r"fetch\(", r"\bimport\s*\(", r"XMLHttpRequest\(", r"WebSocket"):  # fmt: skip
        assert not re.search(pattern, bare), pattern
    far = set(re.findall(r"https?://[^\s\"'`<>)]+", bare))
    assert {a.rstrip("\\") for a in far} <= {"http://www.w3.org/2000/svg"}, far


def test_the_browser_is_told_to_refuse_requests_too(text):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
    parts = dict(p.strip().split(" ", 1) for p in policy.split(";"))
    assert parts["default-src"] == "'none'" and parts["img-src"] == "data: blob:"
    assert parts["script-src"] == parts["style-src"] == "'unsafe-inline'"
    assert text.index("Content-Security-Policy") < text.index("<script")


@pytest.mark.parametrize(
    "planted",
    [
        '<img src="https://a.b/c.png">', '<link rel="stylesheet" href="//a.b/c.css">',
        "<style>p{background:url(https://a.b/c.png)}</style>", '<style>@import "https://a.b/c";</style>',
        '<script>fetch("https://a.b/c")</script>', '<script>import("https://a.b/c.js")</script>',
        '<script>import x from "https://a.b/c.js"</script>', '<script>new WebSocket("wss://a.b")</script>',
        '<script>img.src = "https://a.b/c.png"</script>', '<p style="background:url(http://a.b/c)">',
        '<meta http-equiv="refresh" content="0;url=http://a.b">', '<iframe src="x.html"></iframe>',
        '<script src="beside.js"></script>', '<svg><image xlink:href="http://a.b/c"/></svg>',
    ],
)  # fmt: skip
def test_every_planted_request_is_found(text, planted):
    assert inline.requests_left(text.replace("</body>", planted + "</body>", 1))


def test_a_plugin_that_needs_a_network_is_refused(plan, tmp_path):
    from folium.plugins import MeasureControl

    extended = webmap.build(plan)
    extended.add_child(MeasureControl())
    with pytest.raises(InputError, match="does not carry") as told:
        webmap.save(extended, tmp_path / "m.html", title="x")
    assert "leaflet-measure" in told.value.problems[0].where
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["MarkerCluster", "FastMarkerCluster", "HeatMap", "MiniMap", "MousePosition", "Fullscreen",
     "Draw", "MeasureControl", "LocateControl", "Geocoder", "ScrollZoomToggler", "AntPath",
     "Search", "TimestampedGeoJson", "PolyLineTextPath", "GroupedLayerControl", "TagFilterButton",
     "Icon"],
)  # fmt: skip
def test_what_needs_another_library_is_refused_with_the_reason(plan, tmp_path, name):
    folium = pytest.importorskip("folium")
    from folium import plugins

    page_map, at = webmap.build(plan), [32.2, 119.0]
    line = folium.PolyLine([at, [32.3, 119.1]])
    group = folium.FeatureGroup("g")
    made = {
        "MarkerCluster": lambda: plugins.MarkerCluster([at]),
        "FastMarkerCluster": lambda: plugins.FastMarkerCluster([at]),
        "HeatMap": lambda: plugins.HeatMap([at]),
        "AntPath": lambda: plugins.AntPath([at, [32.3, 119.1]]),
        "Search": lambda: plugins.Search(group.add_to(page_map)),
        "TimestampedGeoJson": lambda: plugins.TimestampedGeoJson(
            {"type": "FeatureCollection", "features": []}),
        "PolyLineTextPath": lambda: plugins.PolyLineTextPath(line.add_to(page_map), "a"),
        "GroupedLayerControl": lambda: plugins.GroupedLayerControl({"a": [group.add_to(page_map)]}),
        "TagFilterButton": lambda: plugins.TagFilterButton(["a"]),
        "Icon": lambda: folium.Marker(at, icon=folium.Icon(color="red")),
    }.get(name, lambda: getattr(plugins, name)())  # fmt: skip
    made().add_to(page_map)
    with pytest.raises(InputError) as told:
        webmap.save(page_map, tmp_path / "p.html", title="t")
    assert {p.code for p in told.value.problems} <= {"map-request", "map-library"}
    assert all(p.remedy for p in told.value.problems) and not list(tmp_path.iterdir())


def test_own_layers_can_be_added(plan, tmp_path):
    import folium

    extended = webmap.build(plan)
    folium.CircleMarker([32.2, 119.0], radius=5).add_to(extended)
    assert "L.circleMarker" in webmap.save(extended, tmp_path / "m.html", title="x").read_text(
        "utf-8"
    )


def test_the_page_is_the_one_that_folium_makes(plan, text, tmp_path):
    """Whoever adds a layer gets the page that `write` gives; blanks are folium's own affair."""
    by_folium = webmap.save(webmap.build(plan), tmp_path / "m.html", title=plan.name)

    def parts(page):
        named = re.findall(r'<(script|style) data-name="(.*?)">(.*?)</\1>', page, re.DOTALL)
        body = page[page.index("<body>") : page.index("</body>")]
        head = page[: page.index("</title>")]
        tail = page[page.index("</body>") :]
        options = {k: re.search(rf'"?\b{k}"?: ([\w.]+)', tail)[1] for k in frame.OPTIONS}
        return named, body.split(), head, options

    ours, theirs = parts(text), parts(by_folium.read_text("utf-8"))
    names = [name for _, name, _ in ours[0]]
    assert names == ["leaflet.js", "leaflet.css", "map.css", "inflate.js", "zoning.js"]
    assert ours == theirs


def test_hostile_names_stay_text():
    hostile = fake_plan.make(hostile=True)
    html = webmap.html(hostile)
    assert "<script>alert" not in html and "<b>试验" not in html
    names = [row[0] for row in pages.payload(html)["layers"]["townships"]["table"]["rows"]]
    assert '<script>alert("1")</script>' in names and "=1+1" in names
    title = re.search(r"<title>(.*?)</title>", html)[1]
    assert title == "&lt;b&gt;试验&lt;/b&gt; &amp; &quot;=1+1&quot;"


def test_no_script_of_ours_writes_markup():
    for name in frame.SCRIPTS:
        source = inline.asset(name)
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", source
        )


def test_same_plan_same_bytes(plan, text):
    assert webmap.html(plan) == text


def test_paths_with_chinese_and_spaces(plan, text, tmp_path):
    target = tmp_path / "规划 成果" / "一张 图.html"
    assert webmap.write(plan, target) == target
    # The mark of ours comes last.
    assert target.read_text("utf-8").startswith(text + "<!-- zoning:sha256=")
    assert [p.name for p in target.parent.iterdir()] == [target.name]


def test_a_failed_run_leaves_the_old_map(plan, tmp_path, monkeypatch):
    target = tmp_path / "map.html"
    target.write_text("old", "utf-8")
    monkeypatch.setattr(page, "_TEMPLATE", page._TEMPLATE + "{% macro x() %}{% endmacro %}")
    monkeypatch.setattr(
        page, "refuse_requests", lambda *_: (_ for _ in ()).throw(InputError.one("no", "否"))
    )
    with pytest.raises(InputError):
        webmap.write(plan, target)
    assert target.read_text("utf-8") == "old" and len(list(tmp_path.iterdir())) == 1


def test_the_folder_has_no_script_inside(plan, tmp_path):
    folder = webmap.write(plan, tmp_path / "map", folder=True)
    webmap.write(plan, folder, folder=True)
    index = (folder / "index.html").read_text("utf-8")
    assert not re.search(r"<style", index)
    for attrs, body in re.findall(r"<script([^>]*)>(.*?)</script>", index, re.S):
        assert "application/json" in attrs or ("src=" in attrs and not body)
    assert "unsafe-inline" not in index and "script-src 'self'" in index and " style=" not in index
    linked = set(re.findall(r'(?:src|href)="(assets/[^"]+)"', index))
    assert linked == {f"assets/{p.name}" for p in (folder / "assets").iterdir()}
    assert [p.name for p in tmp_path.iterdir()] == ["map"]


def test_themes_without_data_are_left_out(plan):
    def codes(p):
        return [t["code"] for t in document.available_themes((p,))]

    assert codes(plan) == ["zones", "redline_share", "built_share", "new_land", "built_redline"]
    firm = plan.units.assign(stability=0.8)
    assert "stability" in codes(dataclasses.replace(plan, units=firm))
    no_use = [
        c for c in plan.units if c.startswith(("built", "water", "farm", "free", "suit", "new"))
    ]
    bare = dataclasses.replace(plan, units=plan.units.drop(columns=no_use))
    assert codes(bare) == ["zones", "redline_share"]
    webmap.html(bare)


def test_a_plan_with_a_boundary_only(plan):
    keep = ["area_m2", "lon", "lat", "county", "geometry"]
    bare = dataclasses.replace(
        plan, units=plan.units[keep], townships=None, counties=None, redlines=None, pieces=None,
        red_sets=plan.red_sets.iloc[:0], ledger=plan.ledger.assign(red_set=0), tables={}, checks=(),
        run={}, notice=None,
    )  # fmt: skip
    doc = pages.payload(webmap.html(bare))
    assert doc["themes"] == [] and set(doc["layers"]) == {"city"}
    assert doc["plans"][0]["notice"] is None


def test_reasons_travel_when_the_plan_has_them(plan):
    units = plan.units.assign(why_zh="因为红线", why_en="because")
    packed = payload.pack_units(dataclasses.replace(plan, units=units))
    assert set(unpack(packed["texts"]["why_zh"])) == {"因为红线"}


@pytest.mark.slow
def test_size_of_the_published_city():
    """4,121 units with noisy values and a reason each: the layer and the page keep their limits."""
    p = fake_plan.make_many(4121, 56)
    rng = np.random.default_rng(1)
    units = p.units.copy()
    for c in payload.AREAS:
        units[c] = rng.integers(0, 1_000_000, len(units))
    for c in payload.SHARES:
        units[c] = rng.random(len(units))
    units["why_zh"] = [
        f"本单元 {s:.1%} 位于{n}，红线占 {r:.2%}，阈值 50%，因此为重点开发。"
        for s, n, r in zip(
            rng.random(len(units)), units["township_name"], rng.random(len(units)), strict=True
        )
    ]
    units["why_en"] = [
        f"{s:.1%} of the unit is in {n}; red lines {s:.2%}, threshold 50%."
        for s, n in zip(rng.random(len(units)), units["township_name"], strict=True)
    ]
    p = dataclasses.replace(p, units=units)
    layer = len(json.dumps(payload.pack_units(p), ensure_ascii=False).encode())
    whole = len(webmap.html(p).encode())
    assert layer <= 700_000, layer
    assert whole <= 1_800_000, whole


def test_long_lines_are_simplified_to_their_budget():
    disc = gpd.GeoSeries(
        [shapely.Point(5e5, 3.5e6).buffer(30_000, quad_segs=80_000)], crs="EPSG:4549"
    )
    light, tolerance = layers.fit(disc.array, 10_000)
    assert tolerance > 0 and shapely.get_num_coordinates(light[0]) <= 10_000
    assert shapely.hausdorff_distance(light[0], disc[0]) <= tolerance


def test_language_of_the_plan(plan):
    assert '<html lang="zh-CN">' in webmap.html(plan) and '<html lang="en">' in webmap.html(
        plan, lang="en"
    )
    with pytest.raises(InputError, match="language"):
        webmap.html(plan, lang="fr")


def test_notice_and_approval_number(plan):
    assert document.notice(plan) == {
        "zh": "边界、地类与红线为示意性重建",
        "en": "Reconstruction for illustration",
    }

    class Part:
        map_approval_no, notice_zh, lang = "苏S(2026)001号", "示意", "en"

    class Settings:
        plan = Part()

    numbered = dataclasses.replace(plan, config=Settings())
    assert document.approval_number(numbered) == "苏S(2026)001号"
    assert document.notice(numbered)["zh"] == "示意"
    assert document.plan_language(numbered) == "en"


# --- tiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["gaode", "AMap", "高德", "https://webrd01.is.autonavi.com/x", "Tencent"]
)
def test_shifted_tiles_are_refused_with_the_reason(name):
    with pytest.raises(InputError, match="GCJ-02") as told:
        tiles.background(name, "key")
    assert "错位" in told.value.tell("zh")


@pytest.mark.parametrize(
    ("name", "key"), [("tianditu", None), ("tianditu", "a b"), ("osm", "k"), ("tianditu-x", "k")]
)
def test_unusable_tiles_are_refused(name, key):
    with pytest.raises(InputError):
        tiles.background(name, key)


def test_tianditu_warns_and_is_the_only_door(plan, caplog):
    html = webmap.html(plan, tiles="tianditu-imagery", tianditu_key="abc123")
    assert "read by everyone" in caplog.text
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
    assert policy.count("https:") == 1 and "https://*.tianditu.gov.cn" in policy
    hosts = set(
        re.findall(r"https://([^/\"*]+)", json.dumps(pages.payload(html)["tiles"]["layers"]))
    )
    assert hosts == {"t{s}.tianditu.gov.cn"}
    assert (
        "https:"
        not in re.search(r'Content-Security-Policy" content="([^"]*)"', webmap.html(plan))[1]
    )


# --- colours ----------------------------------------------------------------------------------


def _linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _lab(linear: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    t = to_xyz @ np.clip(linear, 0, 1) / (0.9505, 1, 1.089)
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# G. Machado, M. Oliveira, L. Fernandes, A physiologically-based model for simulation of color
# vision deficiency, IEEE TVCG 15 (2009): matrices of severity 1.0.
BLIND = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def _pairs(colours):
    return [(a, b) for i, a in enumerate(colours) for b in colours[i + 1 :]]


@pytest.mark.parametrize("name", scheme_names())
def test_zone_colours_stay_apart_in_grey_and_for_colour_blind_eyes(name):
    scheme = load_scheme(name)
    colours = [z.colour for z in scheme.members]
    for a, b in _pairs(colours):
        assert abs(_lab(_linear(a))[0] - _lab(_linear(b))[0]) >= 12, (a, b)
        for matrix in BLIND.values():
            distance = _lab(np.array(matrix) @ _linear(a)) - _lab(np.array(matrix) @ _linear(b))
            assert np.hypot.reduce(distance) >= 20, (a, b)


@pytest.mark.parametrize("code", document.SHARE_THEMES)
def test_classes_of_a_theme_follow_in_lightness(code):
    lightness = [
        _lab(_linear(c))[0] for c in load_toml("styles", "sheets.toml")["shares"][code]["colours"]
    ]
    steps = np.diff(lightness)
    assert (np.sign(steps) == np.sign(steps[0])).all() and np.abs(steps).min() >= 6


# --- files of others --------------------------------------------------------------------------


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_red_lines_stand_out_on_every_colour(rgb):
    look, below = redline_look(), "#{:02x}{:02x}{:02x}".format(*rgb)
    assert max(contrast(look[k], below) for k in ("line", "casing")) >= look["contrast"]


def test_shipped_schemes_are_readable_and_a_bad_one_is_told(monkeypatch):
    from zoning.schemes import contrast as room

    assert all(unreadable(load_scheme(name)) == [] for name in scheme_names())
    pale = {**redline_look(), "line": "#d0808c"}
    monkeypatch.setattr(room, "redline_look", lambda: pale)
    told = unreadable(load_scheme("zhenjiang-2013"))
    assert any("#f0994a" in f.what.en and f.level == "warning" for f in told)
    assert all(f.measured < f.limit == 3.0 for f in told)


def test_contrast_is_that_of_the_guidelines():
    # Worked examples of WebAIM's checker, which follows WCAG.
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert round(contrast("#0000ff", "#ffffff"), 2) == 8.59


def test_browsers_with_two_kernels_are_told(text):
    assert '<meta name="renderer" content="webkit"/>' in text
    assert 'http-equiv="X-UA-Compatible"' in text and 'class="zn-old"' in text


def test_words_of_the_page_are_set_as_chinese_is_set():
    source = (ROOT / "zoning/outputs/assets/words.js").read_text(encoding="utf-8")
    beside = re.findall(r"[\u4e00-\u9fff”）][,;:()]|[,;:()][\u4e00-\u9fff“（]|\S+ %", source)
    assert beside == []


def test_vendored_files_are_those_of_the_list():
    listed = {f["path"] for f in inline.vendored()}
    lying = {
        p.relative_to(inline.ASSETS).as_posix()
        for p in (inline.ASSETS / "vendor").rglob("*")
        if p.is_file()
    }
    assert lying == listed
    for f in inline.vendored():
        assert hashlib.sha256((inline.ASSETS / f["path"]).read_bytes()).hexdigest() == f["sha256"]
        assert f["version"] and f["licence"]
    for package in {f["package"] for f in inline.vendored()}:
        assert (inline.ASSETS / "vendor" / package / "LICENSE").stat().st_size > 500


def test_the_page_carries_the_licences(text):
    for package in {f["package"] for f in inline.vendored()}:
        licence = (inline.ASSETS / "vendor" / package / "LICENSE").read_text("utf-8")
        assert licence in text, package


def test_a_changed_file_is_refused(monkeypatch):
    changed = tuple({**f, "sha256": "0" * 64} for f in inline.vendored())
    monkeypatch.setattr(inline, "vendored", lambda: changed)
    with pytest.raises(InputError, match="sha256"):
        inline.asset("vendor/fflate/browser.js")


def test_the_credit_line_has_no_flag(text):
    assert "leaflet-attribution-flag" not in re.sub(
        r"\.leaflet-attribution-flag \{.*?\}", "", text, flags=re.S
    )
    assert 'leafletjs.com"' not in text


def test_check_of_the_assets_script():
    script = ROOT / "scripts" / "refresh_assets.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_plans_of_two_regions_are_not_compared(tmp_path):

    here = fake_plan.make()
    moved = here.city.translate(xoff=4_000)  # 6 km wide: a third is shared
    there = dataclasses.replace(here, name="邻市", city=here.city.set_geometry(moved))
    with pytest.raises(InputError, match="different regions") as told:
        webmap.write_compare(here, there, tmp_path / "两地.html")
    (problem,) = told.value.problems
    assert (problem.code, problem.limit) == ("other-region", 0.5)
    assert 0.2 < problem.measured < 0.5
    assert list(tmp_path.iterdir()) == []
    near = dataclasses.replace(here, city=here.city.set_geometry(here.city.translate(xoff=300)))
    assert webmap.write_compare(here, near, tmp_path / "一地.html").is_file()


def test_sources_that_are_known_travel_in_both_languages(plan):
    lines = plan.redlines.assign(source="own choice")
    lines.loc[lines.index[0], "source"] = "市统计年鉴 2024"
    packed = layers.pack_layers(dataclasses.replace(plan, redlines=lines))["redlines"]
    assert packed["sources"] == {"own choice": {"zh": "本软件自定", "en": "own choice"}}


def test_shapes_are_simplified_as_little_as_fits():
    """The first of the doubled tolerances that fits, wherever the search begins."""
    rng = np.random.default_rng(2)
    discs = [
        shapely.Point(*rng.uniform(0, 1e6, 2)).buffer(rng.uniform(50, 20_000), quad_segs=int(q))
        for q in rng.integers(2, 300, 120)
    ]
    for most in (5_000, 12_000, 40_000, 10**6):
        found, tolerance = layers.fit(np.array(discs, dtype=object), most)
        wanted = 0.0
        if shapely.get_num_coordinates(discs).sum() > most:
            wanted = 2.0
            while True:
                simple = shapely.simplify(discs, wanted, preserve_topology=False)
                if shapely.get_num_coordinates(simple).sum() <= most:
                    break
                wanted *= 2
        assert tolerance == wanted
        assert len(found) == len(discs)


def test_shapes_are_packed_together_as_one_after_the_other():
    """A plain reader gets every ring back, without repeated points and what is too small."""
    from zoning.outputs.webmap.packing import STEP_DEG, pack_shapes

    rng = np.random.default_rng(5)
    disc, at = shapely.Point(119.5, 32.2), rng.uniform(119, 120, (5, 2))
    shapes = [
        None, shapely.Polygon(), disc.buffer(0.1).difference(disc.buffer(0.05)),
        disc.buffer(0.1).difference(disc.buffer(1e-6)), disc.buffer(1e-6), shapely.LineString(at),
        shapely.MultiPolygon([disc.buffer(1e-6), shapely.box(0, 0, 1, 1)]),
        shapely.GeometryCollection([disc, shapely.LineString(at[:2]), shapely.box(*at[0], *at[1])]),
        shapely.LineString([at[0], at[0] + 1e-7, at[1]]),
    ]  # fmt: skip
    numbers = iter(_varints(zlib.decompress(base64.b64decode(pack_shapes(shapes)))))
    last = np.zeros(2, dtype=np.int64)
    for shape in shapes:
        wanted = []
        for part in [] if shape is None else shapely.get_parts(shape):
            if part.geom_type == "Point":
                continue
            lines = [part] if part.geom_type == "LineString" else [part.exterior, *part.interiors]
            rings = []
            for line in lines:
                xy = np.rint(shapely.get_coordinates(line) / STEP_DEG).astype(np.int64)
                kept = [p for k, p in enumerate(xy.tolist()) if k == 0 or p != xy[k - 1].tolist()]
                rings.append(kept if line is part else kept[:-1])
            if rings[0] and (lines[0] is part or len(rings[0]) >= 3):
                wanted.append([r for r in rings if lines[0] is part or len(r) >= 3])
        found = []
        for _ in range(next(numbers)):
            found.append([])
            for _ in range(next(numbers)):
                ring = []
                for _ in range(next(numbers)):
                    step = [next(numbers), next(numbers)]
                    last = last + [(z >> 1) ^ -(z & 1) for z in step]
                    ring.append(last.tolist())
                found[-1].append(ring)
        # A ring may begin at another of its points.
        assert [[sorted(r) for r in p] for p in found] == [[sorted(r) for r in p] for p in wanted]
    assert next(numbers, None) is None


def _varints(raw):
    value = shift = 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def test_levels_of_a_pyramid_add_up_what_lies_in_their_squares(monkeypatch):
    from zoning.outputs.webmap import pyramid

    plan = fake_plan.make_many(400)
    monkeypatch.setattr(pyramid, "TILE", 4)
    order = payload.units_in_order(plan)
    given = (np.arange(len(order)) % 3) - 1
    packed = pyramid.pack(plan, {"mine": given})
    assert pyramid.wanted(plan) is False
    lattice = payload.find_lattice(plan.units)
    units = plan.units.iloc[lattice.order]
    rows, cols = np.divmod(np.sort(lattice.place), lattice.columns)
    about = {c["name"]: c for c in packed["columns"]}
    assert [level["factor"] for level in packed["levels"]] == [1, 2, 4]
    for level in packed["levels"]:
        f, (width, height) = level["factor"], level["size"]
        expected = {}
        for n, (r, c) in enumerate(zip(rows, cols, strict=True)):
            expected.setdefault((r // f, c // f), []).append(n)
        seen = 0
        for name, tile in level["tiles"].items():
            mask = np.frombuffer(zlib.decompress(base64.b64decode(tile["mask"])), np.uint8)
            bits = np.unpackbits(mask, bitorder="little").reshape(4, 4)
            top, left = np.array(divmod(int(name), -(-width // 4))) * 4
            numbers = {
                k: np.frombuffer(zlib.decompress(base64.b64decode(v)), np.uint8).reshape(4, 4)
                for k, v in {**tile["columns"], "mine": tile["given"]["mine"]}.items()
            }
            for r, c in zip(*np.nonzero(bits), strict=True):
                inside = units.iloc[expected.pop((top + r, left + c))]
                at = order.get_indexer(inside.index)
                seen += len(inside)
                step = about["built_m2"]["step"] * f * f
                want = inside["built_m2"].sum()
                assert abs(numbers["built_m2"][r, c] * step - want) <= step
                weight = inside["area_m2"].to_numpy()
                zones = {z: weight[inside["zone"].eq(z)].sum() for z in inside["zone"]}
                label = about["zone"]["labels"][numbers["zone"][r, c]]
                assert zones[label] == max(zones.values())
                most = np.bincount(given[at] + 1, weight)
                found = numbers["mine"][r, c]
                assert most[0 if found == 255 else found + 1] == most.max()
        assert seen == len(units) and not expected and height * f >= rows.max() + 1
