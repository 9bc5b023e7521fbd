"""The offline map in a real browser, with the network cut."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from html import escape
from pathlib import Path

import fake_plan
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import worlds
from pyproj import CRS, Transformer

import zoning as zn
from zoning.grid.crs import equal_area
from zoning.outputs import webmap
from zoning.outputs.webmap import payload

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")


def npm_file(package, version, inside, folder):
    """Bring a file of an npm package; without npm the test is skipped, but not in CI."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            raise AssertionError("CI has npm")
        pytest.skip("needs npm")
    done = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", f"{package}@{version}"],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=300,
    )  # fmt: skip
    if done.returncode:
        if os.environ.get("CI"):
            raise AssertionError(done.stderr)
        pytest.skip(f"npm cannot bring {package}")
    return folder / "node_modules" / package / inside


class Browser:
    """Chromium without a network: opens a file and tells what happened."""

    def __init__(self):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.js = self.driver.execute_script
        self.cdp("Network.enable")
        self.cut(True)
        self.size(1280, 800)

    def cdp(self, command, **values):
        return self.driver.execute_cdp_cmd(command, values)

    def cut(self, off):
        self.cdp("Network.emulateNetworkConditions", offline=off, latency=0,
                 downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    def size(self, width, height, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=mobile)  # fmt: skip

    def open(self, path, hash_=""):
        self.driver.get_log("performance"), self.driver.get_log("browser")
        self.driver.get("about:blank")
        address = path if str(path).startswith("http") else path.as_uri()
        self.driver.get(address + hash_)
        self.wait(
            "document.documentElement.dataset.ready || document.documentElement.dataset.failed"
        )
        assert not self.js("return document.documentElement.dataset.failed")
        time.sleep(0.4)

    def wait(self, condition, seconds=20):
        for _ in range(seconds * 20):
            if self.js("return Boolean(" + condition + ")"):
                return
            time.sleep(0.05)
        raise AssertionError("waited in vain for " + condition)

    def complaints(self):
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        sent = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                sent.append(message["params"]["request"]["url"])
        return [a for a in sent if not a.startswith(("about:", "data:"))]

    def text(self, selector):
        """Give the words of an element; spaces that do not break read as spaces."""
        words = self.js("return document.querySelector(arguments[0]).innerText", selector)
        return words.replace("\u00a0", " ")

    def press(self, *keys):
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def at(self, x, y, click=False):
        """Move the mouse to a place of the page."""
        self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if click:
            for kind in ("mousePressed", "mouseReleased"):
                self.cdp(
                    "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
                )
        time.sleep(0.35)

    def point_of(self, unit):
        """Give the place of a unit's centre on the page."""
        return self.js(
            "const p=Zoning.map.latLngToContainerPoint("
            "Zoning.sides[0].grid.centre(arguments[0]));"
            "const b=Zoning.map.getContainer().getBoundingClientRect();"
            "return [p.x+b.left,p.y+b.top]",
            unit,
        )

    def picture(self):
        """Give the pixels of the page, rows of red, green, blue."""
        import base64
        import io

        from matplotlib.image import imread

        shot = base64.b64decode(self.cdp("Page.captureScreenshot", format="png")["data"])
        return (imread(io.BytesIO(shot))[..., :3] * 255).round().astype(np.uint8)

    def pixel(self, x, y):
        """Give the colour of a place of the page."""
        return tuple(self.picture()[int(y), int(x)].astype(int).tolist())

    def inner_box(self, ratio):
        """Give a part of the map that holds nothing but units, in pixels of the picture."""
        x, y, w, h = self.js(
            "const b=Zoning.map.getContainer().getBoundingClientRect();"
            "return [b.left+b.width*.35,b.top+b.height*.3,b.width*.3,b.height*.35]"
        )
        return tuple(round(v * ratio) for v in (x, y, w, h))


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("selenium")
    if not (BROWSER and DRIVER):
        pytest.skip("needs Chromium and chromedriver")
    b = Browser()
    yield b
    b.driver.quit()


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(nx=12, ny=10)


@pytest.fixture(scope="module")
def page(plan, tmp_path_factory):
    return webmap.write(plan, tmp_path_factory.mktemp("图 1") / "地图.html")


def unit_where(browser, condition):
    return browser.js(
        "const g=Zoning.sides[0].grid;for(let i=0;i<g.count;i++)if("
        + condition
        + ")return i;return -1"
    )


def test_it_opens_without_a_request_and_without_a_complaint(browser, page):
    browser.open(page)
    assert browser.requests() == [page.as_uri()]
    assert browser.complaints() == []
    assert "试验市主体功能区方案" in browser.text(".zn-title")
    assert "示意性重建" in browser.text(".zn-notice")
    assert "未经审核" in browser.text(".zn-corner")
    assert browser.text(".leaflet-control-attribution").strip() == "Leaflet"
    assert "mi" not in browser.text(".leaflet-control-scale")


def test_the_browser_reads_what_the_plan_holds(browser, page, plan):
    browser.open(page)
    read = browser.js(
        "const g=Zoning.sides[0].grid;"
        "return Array.from({length:g.count},(_,i)=>[g.code(i),g.value(i,'zone'),"
        "g.value(i,'built_m2'),g.value(i,'township'),g.centre(i)])"
    )
    assert sorted(r[0] for r in read) == list(plan.units.index)
    for code, zone, built, township, (lat, lng) in read:
        row = plan.units.loc[code]
        assert (zone, township) == (row["zone"], row["township"])
        assert abs(built - row["built_m2"]) <= 50
        assert abs(lat - row["lat"]) < 1e-6 and abs(lng - row["lon"]) < 1e-6


@pytest.mark.parametrize("crs", ["EPSG:4549", "EPSG:4528", "EPSG:32650", "albers"])
def test_the_browser_projects_like_proj(browser, page, crs):
    from zoning.outputs.webmap.projection import browser_projection

    box = (118.9, 31.6, 120.1, 32.4)
    crs = equal_area(*box) if crs == "albers" else crs
    p = browser_projection(crs, box, 1000)
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(118.9, 120.1, 300), rng.uniform(31.6, 32.4, 300)
    browser.open(page)
    found = np.array(browser.js(
        "const f=Zoning.projector(arguments[0]);"
        "return arguments[1].map((y,i)=>f(y,arguments[2][i]))",
        p, lat.tolist(), lon.tolist()))  # fmt: skip
    x, y = Transformer.from_crs(4326, CRS.from_user_input(crs), always_xy=True).transform(lon, lat)
    assert np.hypot(found[:, 0] - x, found[:, 1] - y).max() < 1e-5


def test_the_unit_is_painted_in_the_colour_of_its_zone(browser, page, plan):
    browser.open(page, "#v=")
    colours = plan.zones["colour"]
    for zone in ("optimised", "key", "moderate", "balance"):
        unit = unit_where(browser, f"g.value(i,'zone')=='{zone}'&&g.value(i,'area_m2')>9e5")
        found = browser.pixel(*browser.point_of(unit))
        wanted = tuple(int(colours[zone][k : k + 2], 16) for k in (1, 3, 5))
        assert max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= 2, zone


def test_no_seam_between_tiles_at_any_scaling_or_zoom(browser, tmp_path):
    flat = fake_plan.make(nx=70, ny=60)
    one = flat.units.assign(zone="key")
    path = webmap.write(dataclasses.replace(flat, units=one), tmp_path / "s.html")
    wanted = [int("#f0994a"[k : k + 2], 16) for k in (1, 3, 5)]
    try:
        for ratio in (0.9, 1.25, 1.5, 2.0):
            browser.cdp("Emulation.setDeviceMetricsOverride", width=1000, height=700,
                        deviceScaleFactor=ratio, mobile=False)  # fmt: skip
            browser.open(path, "#v=")
            for zoom in (10.33, 10.75):
                browser.js("Zoning.map.setZoom(arguments[0],{animate:false})", zoom)
                time.sleep(0.2)
                x, y, w, h = browser.inner_box(ratio)
                inside = browser.picture()[y : y + h, x : x + w].reshape(-1, 3)
                off = np.abs(inside.astype(int) - wanted).max(axis=1) > 2
                assert not off.any(), (ratio, zoom, np.unique(inside[off], axis=0)[:5])
    finally:
        browser.size(1280, 800)


def test_border_squares_are_cut_along_the_city(browser, page, plan):
    city = plan.city.geometry.iloc[0]
    outside = shapely.union_all(plan.units.geometry.array).difference(city.buffer(150))
    place = max(shapely.get_parts(outside), key=lambda g: g.area).representative_point()
    lng, lat = Transformer.from_crs(plan.city.crs, 4326, always_xy=True).transform(place.x, place.y)
    browser.open(page, "#v=")
    x, y = browser.js(
        "const p=Zoning.map.latLngToContainerPoint(L.latLng(arguments[0],arguments[1]));"
        "const b=Zoning.map.getContainer().getBoundingClientRect();return [p.x+b.left,p.y+b.top]",
        lat, lng,
    )  # fmt: skip
    assert browser.js("return Zoning.sides[0].grid.find(arguments[0],arguments[1])", lat, lng) >= 0
    assert browser.pixel(x, y) == (0xEE, 0xF0, 0xEE)


def test_hover_and_click_show_the_unit(browser, page, plan):
    browser.open(page)
    unit = unit_where(browser, "g.value(i,'zone_reason')=='overlay'&&g.value(i,'area_m2')>9e5")
    code = browser.js("return Zoning.sides[0].grid.code(arguments[0])", unit)
    row = plan.units.loc[code]
    browser.at(*browser.point_of(unit))
    tip = browser.text(".zn-tip")
    assert "生态平衡" in tip and code in tip and "叠加区" in tip
    browser.at(*browser.point_of(unit), click=True)
    card = browser.text(".zn-card")
    assert code in card and "生态平衡" in card and row["township_name"] in card
    assert f"{row['overlay_balance_m2'] / row['area_m2'] * 100:.1f}%" in browser.text(".zn-why")
    names = set(plan.redlines["name"])
    assert any(n in card for n in names)
    browser.press("\ue00c")
    assert browser.js("return document.querySelector('.zn-card').hidden")


def test_themes_legend_opacity_and_overlays(browser, page):
    browser.open(page, "#v=")
    unit = unit_where(browser, "g.value(i,'built_m2')>3e5&&g.value(i,'area_m2')>9e5")
    before = browser.pixel(*browser.point_of(unit))
    browser.js("document.querySelector('input[value=built_share]').click()")
    time.sleep(0.4)
    after = browser.pixel(*browser.point_of(unit))
    assert before != after and "30–50%" in browser.text(".zn-legend")
    browser.js(
        "const r=document.querySelector('.zn-opacity input');r.value=0.3;"
        "r.dispatchEvent(new Event('input'))"
    )
    time.sleep(0.4)
    assert browser.pixel(*browser.point_of(unit)) != after
    assert "一级管控区" not in browser.text(".zn-legend")
    browser.js("document.querySelector('input[value=redlines]').click()")
    assert "一级管控区" in browser.text(".zn-legend")
    assert (
        browser.js(
            "return document.querySelectorAll('.zn-stage path[fill^=\"url(#zn-hatch\"]').length"
        )
        > 0
    )


@pytest.mark.parametrize(
    ("query", "kind", "card"),
    [
        ("谷阳", "乡镇街道", "谷阳镇"),
        ("茅山", "红线区", "茅山风景名胜区"),
        ("N3568050E408", "单元", "N3568050E408"),
    ],
)
def test_search(browser, page, query, kind, card):
    browser.open(page)
    browser.js("document.querySelector('.zn-query').focus()")
    browser.press(query)
    browser.wait("!document.querySelector('.zn-hits').hidden")
    assert kind in browser.text(".zn-hits li")
    browser.press("\ue007")
    time.sleep(0.8)
    assert card in browser.text(".zn-card")


def ask(browser, query):
    """Type a question and give what is listed."""
    browser.js(
        "const q=document.querySelector('.zn-query');q.focus();q.value=arguments[0];"
        "q.dispatchEvent(new Event('input'))",
        query,
    )
    time.sleep(0.3)
    return browser.text(".zn-hits")


@pytest.mark.parametrize(
    "query", ["guyang", "gu yang", "gyz", "Guyang Town", "穀陽", "谷阳"]
)  # fmt: skip
def test_a_place_is_found_by_reading_initials_and_traditional_signs(browser, page, query):
    browser.open(page)
    assert "谷阳镇" in ask(browser, query) and "是否指" not in browser.text(".zn-hits")


@pytest.mark.parametrize("query", ["guyanf", "谷杨镇", "gyuang"])
def test_near_misses_are_offered_as_such(browser, page, query):
    browser.open(page)
    listed = ask(browser, query)
    assert "谷阳镇" in listed and "是否指" in listed
    assert "没有找到" in ask(browser, "wholly elsewhere")


def test_names_are_in_the_language_of_the_page(browser, page, plan):
    browser.open(page, "#l=en&z=12/32.205/119.02")
    body = browser.text("#zn")
    assert "Guyang Town" in browser.text(".zn-headline") + ask(browser, "guyang")
    own = plan.name + plan.notice + "中文"
    assert not [s for s in re.findall(r"[\u4e00-\u9fff]", body) if s not in own]


def test_cards_from_the_city_down(browser, page, plan):
    browser.open(page)
    c = plan.run["construction"]
    browser.js("Zoning.openPlace('city')")
    card = browser.text(".zn-card")
    assert plan.name in card and f"{c['existing_m2'] / 1e6:,.2f} km²" in card
    assert "最先会变的" in card and "乡镇分区" in card
    county = plan.counties.iloc[0]
    browser.js("Zoning.openPlace('counties',arguments[0])", str(county.name))
    card = browser.text(".zn-card")
    fresh = plan.pieces.groupby("county", observed=True)["new_m2"].sum()[county.name]
    assert county["name"] in card and f"{fresh / 1e6:,.2f} km²" in card
    assert "为何如此" in card and "乡镇逐一按方法定类" in card
    town = plan.townships.iloc[0]
    browser.js("Zoning.openPlace('townships',arguments[0])", str(town.name))
    card = browser.text(".zn-card")
    assert town["name"] in card and f"{town['built_m2'] / 1e6:,.2f} km²" in card
    fresh = plan.pieces.groupby("township", observed=True)["new_m2"].sum()[town.name]
    assert f"{fresh / 1e6:,.2f} km²" in card
    area = plan.redlines["area_code"].iloc[0]
    browser.js("Zoning.openPlace('redlines',arguments[0])", area)
    card = browser.text(".zn-card")
    touched = plan.red_sets.merge(plan.ledger, on="red_set").query("area_code == @area")["unit"]
    hangs = plan.tables["redline_areas"].set_index("area_code").loc[area]
    assert hangs["units_touched"] == touched.nunique()
    for words in (f"涉及单元\n{hangs['units_touched']}", "调出后分区改变的单元\n"
                  f"{hangs['units_changed']}", "仅由其保护的可用地\n"):  # fmt: skip
        assert words in card
    # From a unit to its township by a click, and back to nothing by Escape.
    browser.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(30))")
    browser.js("[...document.querySelectorAll('.zn-crumbs button')].pop().click()")
    shown = browser.text(".zn-card h2")
    assert shown in set(plan.townships["name"])
    browser.press("\ue00c")
    assert browser.js("return document.querySelector('.zn-card').hidden")


def test_a_unit_says_what_would_change_its_zone(browser, page, plan):
    browser.open(page)
    over = next(o for o in plan.scheme.overlays if o.replaces)
    for ruled in (True, False):
        sign = "==" if ruled else "!="
        unit = unit_where(
            browser,
            f"g.value(i,'zone'){sign}'{over.code}'&&g.value(i,'{over.column}')>2e5"
            "&&g.value(i,'area_m2')>9e5",
        )
        if unit < 0:
            continue
        code = browser.js("return Zoning.sides[0].grid.code(arguments[0])", unit)
        row = plan.units.loc[code]
        gap = abs(row[over.column] - over.share * row["area_m2"]) / 1e4
        browser.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(arguments[0]))", unit)
        card = browser.text(".zn-card")
        told = re.search(r"(?:再增加|减少超过) ([\d.,]+) 公顷", card)
        assert abs(float(told[1].replace(",", "")) - gap) < 0.1, card


def test_the_table_is_sorted_filtered_and_saved(browser, page, plan):
    browser.open(page)
    browser.js("document.querySelector('.zn-downloads button').click()")
    rows = "return [...document.querySelectorAll('.zn-grid tbody tr')].map(r=>r.dataset.code)"
    fresh = (
        plan.pieces.groupby("township", observed=True)["new_m2"].sum().reindex(plan.townships.index)
    )
    wanted = fresh.sort_values(ascending=False, kind="stable")
    told = browser.js(rows)
    assert [int(fresh[c]) for c in told] == [int(v) for v in wanted]
    head = "document.querySelector('.zn-grid button[data-key=built_share]')"
    browser.js(head + ".click()")
    shares = plan.townships["built_m2"] / plan.townships["area_m2"]
    assert browser.js(rows) == list(shares.sort_values(ascending=False).index)
    browser.js(head + ".click()")
    assert browser.js(rows) == list(shares.sort_values().index)
    sort = "return document.querySelector('[aria-sort=ascending]').innerText.trim()"
    assert browser.js(sort).startswith("建设用地占比")
    zone = plan.townships["zone"].iloc[0]
    k = list(plan.zones.index).index(zone)
    browser.js("document.querySelectorAll('.zn-filter')[arguments[0]].click()", k)
    assert browser.js(rows) == [c for c in shares.sort_values().index
                                if plan.townships.at[c, "zone"] != zone]  # fmt: skip
    saved = browser.js("return Zoning.csv(Zoning.townshipCsv())")
    assert saved.startswith("\ufeff编号,") and saved.count("\r\n") == len(browser.js(rows)) + 1


def test_saved_cells_are_no_formulas(browser, tmp_path):
    browser.open(webmap.write(fake_plan.make(hostile=True), tmp_path / "f.html"))
    saved = browser.js("return Zoning.csv(Zoning.townshipCsv())")
    assert "'=1+1" in saved and ",=1+1" not in saved
    assert browser.js("return Zoning.csv([['-2+3',-1,'a\"b,c']])").endswith(
        '\'-2+3,-1,"a""b,c"\r\n'
    )


def test_the_legend_hides_a_class_and_follows_the_view(browser, page, plan):
    browser.open(page, "#v=")
    unit = unit_where(browser, "g.value(i,'zone')=='key'&&g.value(i,'area_m2')>9e5")
    place = browser.point_of(unit)
    k = list(plan.zones.index).index("key")
    browser.js("document.querySelectorAll('.zn-filter')[arguments[0]].click()", k)
    time.sleep(0.3)
    assert browser.pixel(*place) == (0xEC, 0xEB, 0xE9)
    csv = browser.js("return Zoning.unitRows().length-1")
    assert csv == int((plan.units["zone"] != "key").sum())
    browser.js("document.querySelectorAll('.zn-filter')[arguments[0]].click()", k)
    bars = (
        "Zoning.followView();return [...document.querySelectorAll('.zn-in-view')]"
        ".map(b=>parseFloat(b.firstChild.style.width))"
    )
    sums = (
        plan.units.groupby("zone", observed=True)["area_m2"]
        .sum()
        .reindex(plan.zones.index)
        .fillna(0)
    )
    assert np.allclose(browser.js(bars), sums / sums.sum() * 100, atol=0.1)
    browser.js(
        "Zoning.map.setView(Zoning.sides[0].grid.centre(arguments[0]),16,{animate:false})", unit
    )
    near = browser.js(bars)
    far = sums.loc["key"] / sums.sum() * 100
    assert near[k] > 30 and abs(near[k] - far) > 1 and abs(sum(near) - 100) < 0.1


def test_the_picture_holds_map_legend_and_title(browser, page):
    browser.open(page)
    import base64
    import io

    from matplotlib.image import imread

    data = browser.js("return 0") or browser.driver.execute_async_script(
        "const done=arguments[0];Zoning.picture().then(c=>done(c.toDataURL('image/png')))"
    )
    shot = imread(io.BytesIO(base64.b64decode(data.split(",")[1])))
    pixels = (shot[..., :3] * 255).round().astype(int).reshape(-1, 3)
    line = np.array([int("#8f1024"[k : k + 2], 16) for k in (1, 3, 5)])
    zone = np.array([int("#f0994a"[k : k + 2], 16) for k in (1, 3, 5)])
    for colour, least in ((line, 300), (zone, 5000)):
        assert (np.abs(pixels - colour).max(axis=1) <= 8).sum() > least
    assert shot.shape[1] > 2000 and browser.complaints() == []


def test_language(browser, page):
    browser.open(page)
    browser.js("document.querySelector('.zn-lang').click()")
    body = browser.text("#zn")
    assert "Main functional zones" in body.replace("main", "Main") and "Legend" not in browser.text(
        ".zn-title"
    )
    assert (
        "Reconstruction for illustration" in body
        and browser.js("return document.documentElement.lang") == "en"
    )
    shown = re.sub(r"试验市\S*", "", body.replace("中文", ""))
    assert not re.search(r"[\u4e00-\u9fff]", shown), shown


def test_the_headline_says_what_is_allowed_what_is_new_and_where(browser, page, plan):
    browser.open(page)
    strip, c = browser.text(".zn-headline"), plan.run["construction"]
    assert f"{c['existing_m2'] / c['base_m2'] * 100:.2f}% → {c['share'] * 100:.2f}%" in strip
    assert f"上限 {c['cap_share'] * 100:.1f}%" in strip
    assert f"{c['new_m2'] / 1e6:,.2f} km²" in strip
    failed = [k for k in plan.checks if not k.ok and k.level == "error"]
    assert ("项规则未满足" in strip) == bool(failed) and f"检查 {len(plan.checks)} 项" in strip
    most = plan.pieces.groupby("township", observed=True)["new_m2"].sum().idxmax()
    assert plan.townships.at[most, "name"] in browser.text(".zn-cell-new")
    kept = plan.units["protected_m2" if "protected_m2" in plan.units else "redline_m2"].sum()
    assert f"{kept / 1e6:,.1f} km²" in browser.text(".zn-cell-kept")
    worse = {**plan.checks[0].as_dict(), "ok": False, "level": "error"}
    browser.js(
        "Zoning.plan.plans[0].accounts.checks[0]=arguments[0];Zoning.drawHeadline()",
        worse,
    )
    assert "1 项规则未满足" in browser.text(".zn-headline")


@pytest.mark.parametrize("width", [800, 1024, 1280])
def test_no_figure_of_the_headline_runs_into_the_next(browser, page, width):
    browser.open(page)
    browser.js("document.querySelector('.zn-lang').click()")
    # Names as long as real ones: the note gives way, with dots, before a value does.
    note = "Development Zone (Huangmei Subdistrict) 7.7 km², Yicheng Subdistrict 6.3 km², " * 2
    browser.js(
        "document.querySelectorAll('.zn-cell-note').forEach(n => n.textContent = arguments[0])",
        note,
    )
    browser.size(width, 800)
    try:
        over = browser.js(
            "return [...document.querySelectorAll('.zn-cell')].filter(c => {"
            "const box = c.getBoundingClientRect(), end = box.right - 8;"
            "return [...c.querySelectorAll('.zn-cell-title, .zn-cell-value, .zn-cell-note')]"
            ".some(x => x.getBoundingClientRect().right > end"
            " || x.classList.contains('zn-cell-value') && x.scrollWidth > x.clientWidth + 1)"
            "}).map(c => c.textContent)"
        )
        lines = browser.js(
            "return Math.max(...[...document.querySelectorAll('.zn-cell-note')]"
            ".map(n => n.getBoundingClientRect().height))"
        )
    finally:
        browser.size(1280, 800)
    assert over == [] and lines < 24


def test_scale_north_and_dates_stand_on_the_map(browser, page):
    browser.open(page)
    ratio = browser.text(".zn-ratio")
    told = int(ratio.split(":")[1].strip().replace(",", ""))
    real = browser.js(
        "const m=Zoning.map,s=m.getSize();const a=m.containerPointToLatLng([s.x/2-50,s.y/2]);"
        "const b=m.containerPointToLatLng([s.x/2+50,s.y/2]);return m.distance(a,b)/100/(0.0254/96)"
    )
    assert abs(told / real - 1) < 0.06
    assert browser.js("return document.querySelector('.zn-north svg').getAttribute('aria-label')")
    assert "年" in browser.text(".zn-dated")


def test_the_zones_are_calm_and_lines_are_cased(browser, page):
    browser.open(page)
    hatched = (
        "return [...document.querySelectorAll('.zn-red-line')].filter(p=>"
        "getComputedStyle(p).fill.startsWith('url')).length"
    )
    assert browser.js(hatched) == 0
    lines, casings = (
        browser.js(f"return document.querySelectorAll('.zn-red-{k}').length")
        for k in ("line", "casing")
    )
    assert lines == casings > 0
    browser.js("document.querySelector('input[value=built_share]').click()")
    assert browser.js(hatched) > 0


def test_counties_are_named_at_every_zoom(browser, page, plan):
    browser.open(page)
    for zoom in (8, 10, 12):
        browser.js("Zoning.map.setZoom(arguments[0],{animate:false})", zoom)
        shown = browser.js(
            "return [...document.querySelectorAll('.zn-name-county')].filter(e=>!e.hidden)"
            ".map(e=>e.textContent)"
        )
        assert shown, zoom


def test_accounts(browser, page, plan):
    browser.open(page)
    browser.js("document.querySelector('.zn-tool-accounts').click()")
    panel = browser.text(".zn-accounts")
    c = plan.run["construction"]
    assert f"{c['share'] * 100:.2f}%" in panel and f"{c['existing_m2'] / 1e6:,.2f} km²" in panel
    for zone in plan.zones.itertuples():
        assert zone.name_zh in panel and f"{zone.area_m2 / 1e6:,.1f} km²" in panel
    assert (
        "生态与农业空间" in panel
        and browser.js("return document.querySelectorAll('.zn-accounts svg rect').length") > 8
    )


def test_the_address_brings_the_view_back(browser, page):
    browser.open(page, "#z=11.50/32.20500/119.02000&t=new_land&o=0.6&l=en&v=labels")
    state = browser.js(
        "const s=Zoning.state,c=Zoning.map.getCenter();"
        "return [Zoning.map.getZoom(),c.lat,c.lng,s.theme,s.opacity,s.lang,[...s.overlays].join()]"
    )
    assert state[0] == 11.5 and abs(state[1] - 32.205) < 1e-3 and abs(state[2] - 119.02) < 1e-3
    assert state[3:] == ["new_land", 0.6, "en", "labels"]
    browser.open(page, "#z=abc&t=nope&o=9&l=xx&v=evil&u=1")
    assert browser.js("return [Zoning.state.theme,Zoning.state.lang,Zoning.state.opacity]") == [
        "zones",
        "zh",
        1,
    ]


def test_a_layer_given_is_in_the_address_and_its_lines_tell_its_classes(browser, plan, tmp_path):
    import made_up

    bare = dataclasses.replace(
        plan, run={k: v for k, v in plan.run.items() if k != "contributions"}, contributions=()
    )
    given = made_up.contribution(bare)
    layer = dataclasses.replace(given.layers[0], filled=False)
    given = dataclasses.replace(given, layers=(layer,))
    path = webmap.write(dataclasses.replace(bare, contributions=(given,)), tmp_path / "g.html")
    browser.open(path, f"#v={layer.name}")
    assert browser.js("return [...Zoning.state.overlays]") == [layer.name]
    drawn = browser.js(
        "const out=[];Zoning.drawn[arguments[0]].eachLayer((g)=>g.eachLayer((p)=>"
        "out.push([p.options.color,p.options.weight])));return out", layer.name)  # fmt: skip
    colours = {c.colour.lower() for c in layer.classes}
    assert {c.lower() for c, w in drawn if w < 3} <= colours
    assert len({c for c, w in drawn if w < 3}) == len({r for r in layer.frame[layer.by]})
    assert {c for c, w in drawn if w > 3} == {"#fff"}
    assert browser.complaints() == []


def test_a_park_is_found_by_name_and_its_card_says_why(browser, plan, tmp_path):
    """And places across the line, which a wing gives too, leave those under the map their names."""
    import geopandas as gpd

    from zoning.contribution.parts import Card, Contribution, Field, Layer, Table
    from zoning.errors import Text
    from zoning.inputs.geography import Geography, _neighbours

    def field(name, unit="", words=None):
        return Field(name, Text(name, name), Text(name, name), unit, words or {})

    x0, y0, x1, y1 = plan.city.total_bounds
    where = [shapely.box(x0 + 100, y0 + 100, x0 + 900, y0 + 900), shapely.box(x0, y1, x1, y1 + 50)]
    park = gpd.GeoDataFrame({"code": ["P1"], "name": ["高新园"]}, geometry=where[:1],
                            crs=plan.units.crs)  # fmt: skip
    found = pd.DataFrame({"park": ["P1", "P1"], "en": ["too large", "no goals"],
                          "zh": ["面积过大", "没有目标"]})  # fmt: skip
    parks = Contribution(
        "parks", Text("Parks", "园区"),
        layers=(Layer("parks", Text("Parks", "园区"), park, (field("code"), field("name")),
                      colour="#7f3b08", filled=False),),
        tables=(Table("park_findings", Text("f", "f"), found,
                      (field("park"), field("en"), field("zh"))),),
        cards=(Card(Text("why", "为何如此"), "park_findings", ("en",), "park"),),
    )  # fmt: skip
    beyond = gpd.GeoDataFrame({"name": ["邻县"]}, geometry=where[1:], crs=plan.units.crs)
    near = Contribution("neighbours", Text("n", "界外"), layers=(
        Layer("neighbours", Text("n", "界外"), beyond, (field("name"),), colour="#777777",
              filled=False),))  # fmt: skip
    bare = dataclasses.replace(
        plan, run={k: v for k, v in plan.run.items() if k != "contributions"},
        contributions=(parks, near),
    )  # fmt: skip
    under = Geography([], [], _neighbours(bare), None, {})
    assert [name for name, _ in under.neighbours] == ["邻县"]
    browser.open(webmap.write(bare, tmp_path / "p.html", under=under))
    assert not browser.js("return Zoning.state.overlays.has('parks')")
    assert browser.js("return ['around','neighbours'].map(k=>k in Zoning.drawn)") == [True, True]
    assert "邻县" in browser.text(".zn-name-around")
    listed = ask(browser, "高新")
    assert "园区" in listed and "P1" in listed
    browser.press("\ue007")
    time.sleep(0.8)
    assert browser.js("return Zoning.state.overlays.has('parks')")
    card = browser.text(".zn-card")
    assert "为何如此" in card and "面积过大" in card and "没有目标" in card
    assert browser.js("return document.querySelectorAll('.zn-legend svg line[stroke=\"#7f3b08\"]')"
                      ".length") == 1  # fmt: skip
    assert browser.complaints() == []


def test_the_card_of_an_area_of_two_kinds_says_ground_account_and_what_hangs_on_it(
    browser, tmp_path
):
    """Two areas of one code, each with its own; found by reading and by a name nearly typed."""
    fields, old = worlds.square(2, 0, 1, 1), worlds.square(3, 1, 1, 1)
    kinds = {"basic_farmland": ("良田", fields), "heritage": ("古驿道遗址", old)}
    extra = ""
    for kind, (name, shape) in kinds.items():
        extra += f'[[inputs.protections]]\nkind = "{kind}"\npath = "{kind}.gpkg"\n'
        layer = gpd.GeoDataFrame({"code": ["Z1"], "name": [name]}, geometry=[shape], crs=worlds.CRS)
        layer.to_file(tmp_path / f"{kind}.gpkg")
    made = zn.run(worlds.write(tmp_path, extra=extra))
    browser.open(webmap.write(made, tmp_path / "m.html"))
    for asked, title, kind, changed in (
        ("guyidao", "古驿道遗址", "历史文化", 1), ("古骡道遗址", "古驿道遗址", "历史文化", 1),
        ("良田", "良田", "永久基本农田", 0),
    ):  # fmt: skip
        ask(browser, asked)
        browser.press("\ue007")
        time.sleep(0.8)
        card = browser.text(".zn-card")
        assert browser.text(".zn-card h2") == title and card.index("依据") < card.index(kind)
        assert "面积\n1.00 km²" in card and "最先会变的\n涉及单元\n1\n" in card
        assert f"调出后分区改变的单元\n{changed}\n仅由其保护的可用地\n1.00 km²" in card
    browser.js("document.querySelector('.zn-lang').click()")
    ask(browser, "guyidao")
    browser.press("\ue007")
    time.sleep(0.8)
    card = browser.text(".zn-card")
    assert browser.text(".zn-card h2") == "Guyidao Site" and "What would change first" in card
    assert browser.complaints() == []


def test_measure_agrees_with_the_projection(browser, page):
    browser.open(page)
    browser.js("document.querySelector('.zn-tool-measure').click()")
    corners = browser.js("return Zoning.sides[0].grid.outline(40)")
    for lat, lng in corners:
        browser.js(
            "Zoning.map.fire('click',{latlng:L.latLng(arguments[0],arguments[1])})", lat, lng
        )
    assert "3.00 km" in browser.text(".zn-measure") and "1.000 km²" in browser.text(".zn-measure")
    browser.press("\ue00c")
    assert browser.js("return document.querySelector('.zn-measure').hidden")


def test_keyboard_alone(browser, page):
    browser.open(page)
    reached = set()
    for _ in range(40):
        browser.press("\ue004")
        reached.add(
            browser.js(
                "const a=document.activeElement;return a.className+'|'+(a.value||'')+'|'+a.tagName"
            )
        )
    joined = " ".join(reached)
    for part in (
        "zn-query",
        "zn-tool-accounts",
        "zn-lang",
        "leaflet-container",
        "zones|INPUT",
        "redlines|INPUT",
    ):
        assert part in joined, part
    browser.js("Zoning.map.getContainer().focus()")
    browser.press("\ue007")
    assert not browser.js("return document.querySelector('.zn-card').hidden")


def test_phone(browser, page):
    browser.size(360, 740, mobile=True)
    try:
        browser.open(page)
        assert browser.js("return document.documentElement.scrollWidth") <= 360
        wide = (
            "const all=document.querySelectorAll('.zn-top *,.zn-side *,.zn-card *,.zn-accounts *');"
            "return [...all].filter(e=>{const b=e.getBoundingClientRect();"
            "return b.width&&b.right>361}).map(e=>e.className)"
        )
        assert browser.js(wide) == []
        browser.js("document.querySelector('.zn-tool-side').click()")
        assert browser.js(wide) == [] and browser.text(".zn-legend")
        browser.js(
            "document.querySelector('.zn-side-close').click();Zoning.emit('pick',Zoning.sides[0].grid.centre(30))"
        )
        assert browser.js(wide) == [] and browser.text(".zn-card")
        browser.js("Zoning.emit('pick',null);document.querySelector('.zn-tool-accounts').click()")
        assert browser.js(wide) == [] and browser.text(".zn-accounts")
    finally:
        browser.size(1280, 800)


def test_print(browser, page):
    browser.open(page)
    pdf = browser.cdp("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]
    import base64

    raw = base64.b64decode(pdf)
    assert raw.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", raw)) == 1
    assert b"/Image" in raw
    assert not browser.js("return document.getElementById('zn').classList.contains('zn-printing')")


def test_inside_a_notebook_frame(browser, plan, tmp_path):
    frame = (
        f'<iframe srcdoc="{escape(webmap.html(plan))}" style="width:900px;height:600px"></iframe>'
    )
    (tmp_path / "n.html").write_text(f"<!doctype html><meta charset=utf-8>{frame}", "utf-8")
    browser.driver.get((tmp_path / "n.html").as_uri())
    inside = "document.querySelector('iframe').contentDocument.documentElement.dataset.ready"
    browser.wait(inside)
    time.sleep(0.5)
    assert browser.complaints() == []


def test_a_plan_with_a_boundary_only(browser, plan, tmp_path):
    keep = ["area_m2", "lon", "lat", "county", "geometry"]
    bare = dataclasses.replace(
        plan, units=plan.units[keep], townships=None, counties=None, redlines=None, pieces=None,
        red_sets=plan.red_sets.iloc[:0], ledger=plan.ledger.assign(red_set=0), tables={}, checks=(),
        run={}, notice=None,
    )  # fmt: skip
    browser.open(webmap.write(bare, tmp_path / "bare.html"))
    assert browser.complaints() == []
    assert browser.pixel(*browser.point_of(40)) == (0xCF, 0xD8, 0xD6)
    browser.at(*browser.point_of(40), click=True)
    assert browser.js("return Zoning.sides[0].grid.code(40)") in browser.text(".zn-card")


def test_a_decision_by_hand_says_who_and_why(browser, plan, tmp_path):
    town, unit = plan.townships.index[0], plan.units.index[50]
    table = pd.DataFrame({
        "level": ["township", "unit"], "code": [town, unit], "zone": ["balance", "key"],
        "reason": ["<b>古村落</b>保护", "园区"], "who": ["市规委会", "处长"],
        "date": ["2026-05-01", "2026-06-01"], "was": ["key", "key"],
        "method_zone": ["optimised", "moderate"], "state": ["stale", "applied"],
    })  # fmt: skip
    decided = dataclasses.replace(plan, tables={**plan.tables, "decisions": table})
    browser.open(webmap.write(decided, tmp_path / "d.html"))
    for condition, said in (
        (f"g.code(i)=='{unit}'", ("园区", "处长", "2026-06-01")),
        (f"g.value(i,'township')=='{town}'&&g.code(i)!='{unit}'", ("<b>古村落</b>保护", "复核")),
    ):
        at = unit_where(browser, condition)
        browser.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(arguments[0]))", at)
        assert all(s in browser.text(".zn-card") for s in said)


SEEN = (
    "const m=Zoning.map,b=m.getContainer().getBoundingClientRect(),"
    "l=document.querySelector('.zn-ladder');return [m.latLngToContainerPoint(Zoning.whole"
    ".getNorthWest()).y,m.latLngToContainerPoint(Zoning.whole.getSouthEast()).y,"
    "l?l.getBoundingClientRect().top-b.top:m.getSize().y]"
)


BOXES = (
    "return ['.zn-ladder','.zn-accounts','.zn-card','.leaflet-control-scale'].map(s=>{"
    "const e=document.querySelector(s);if(!e||e.hidden)return null;"
    "const r=e.getBoundingClientRect();return [r.left,r.top,r.right,r.bottom]})"
)


@pytest.mark.parametrize("wide", [1152, 1440, 1920])
def test_the_slider_stands_beside_the_card_and_the_accounts(browser, tmp_path, wide):
    import worlds

    import zoning as zn
    from zoning.questions.ladder import ladder

    solved = zn.run(worlds.write(tmp_path))
    browser.size(wide, wide * 5 // 8)
    browser.open(webmap.write(solved, tmp_path / "l.html", ladder=ladder(solved)), "#l=en")
    unit = unit_where(browser, "g.value(i,'area_m2')>0")
    pick = "Zoning.emit('pick',Zoning.sides[0].grid.centre(arguments[0]))"
    for steps in (("accounts",), ("pick",), ("pick", "accounts")):
        browser.js("Zoning.emit('accounts',false);Zoning.emit('pick',null)")
        for step in steps:
            browser.js(pick, unit) if step == "pick" else browser.js("Zoning.emit('accounts',true)")
        slider, *others = browser.js(BOXES)
        for box in filter(None, others):
            assert slider[2] <= box[0] or slider[3] <= box[1] or slider[0] >= box[2], (steps, box)
        wider = "const l=document.querySelector('.zn-ladder');return l.scrollWidth-l.clientWidth"
        assert browser.js(wider) <= 0, steps
    browser.size(1280, 800)


def test_the_slider_shows_what_was_solved(browser, tmp_path):
    import worlds

    import zoning as zn
    from zoning.questions.ladder import ladder

    solved = zn.run(worlds.write(tmp_path))
    steps = ladder(solved)
    browser.open(webmap.write(solved, tmp_path / "l.html", ladder=steps))
    # the whole city is seen: below the strip, above the slider
    top, low, slider = browser.js(SEEN)
    assert 0 <= top < low <= slider
    own = browser.text(".zn-headline")
    codes = "const g=Zoning.sides[0].grid;return Array.from({length:g.count},(_,i)=>g.code(i))"
    units = list(browser.js(codes))
    by_unit = steps.sums(solved.pieces["unit"], pd.Index(units))
    values = (
        "Zoning.showStep(arguments[0]);const g=Zoning.sides[0].grid;"
        "return Array.from({length:g.count},(_,i)=>g.value(i,'new_m2'))"
    )
    towns = steps.sums(solved.pieces["township"], solved.townships.index)
    counties = steps.sums(solved.pieces["county"], solved.counties.index)
    for k in (0, 40, 3, steps.own, 17, 16):
        assert browser.js(values, k) == by_unit[k].tolist(), k
        told = browser.js("return Zoning.layers.townships.rows.map(r=>Zoning.newIn(r,'towns'))")
        assert told == towns[k].tolist()
        told = browser.js("return Zoning.layers.counties.rows.map(r=>Zoning.newIn(r,'counties'))")
        assert told == counties[k].tolist()
        zones = browser.js("return [...Zoning.step.zones]")
        wanted = steps.sums(solved.pieces["zone"], solved.zones.index)[k]
        assert dict(zip(solved.zones.index, wanted, strict=True)) == {
            z: int(dict(zones).get(z, 0)) for z in solved.zones.index
        }
        facts = steps.steps[k]
        assert f"{facts.cap_share * 100:.2f}%" in browser.text(".zn-ladder")
        shown = f"{facts.new_m2 / 1e6:,.2f} km²" if facts.new_m2 >= 10_000 else "m²"
        assert shown in browser.text(".zn-cell-new")
    assert browser.js("return Zoning.state.theme") == "new_land"
    # By keyboard: one position on, and back to the plan itself.
    browser.js("document.querySelector('.zn-ladder input').focus()")
    browser.press("\ue014")
    assert browser.js("return Zoning.step.k") == 17
    browser.js("document.querySelector('.zn-ladder button').click()")
    assert browser.js("return Zoning.step") is None and browser.text(".zn-headline") == own
    assert browser.complaints() == []


def test_water_roads_and_relief_lie_under_the_plan(browser, plan, tmp_path):
    from zoning.errors import Text
    from zoning.inputs.geography import Geography, Relief

    x0, y0, x1, _ = plan.units.total_bounds
    lake = shapely.box(x0 + 2000, y0 + 2000, x0 + 5000, y0 + 4000)
    road = shapely.LineString([(x0, y0 + 500), (x1, y0 + 500)])
    shade = np.full((20, 24), 8, dtype=np.uint8)
    shade[:, :12] = 2
    around = shapely.box(x0 - 30_000, y0 - 30_000, x1 + 30_000, y0)
    under = Geography([lake], [(road, 0)], [("邻市", around)], Relief(2, shade),
                      {"x": Text("nothing of x", "没有 x")})  # fmt: skip
    browser.open(webmap.write(plan, tmp_path / "u.html", under=under))
    assert browser.complaints() == []
    assert browser.js("return Object.keys(Zoning.drawn).filter(k=>['water','roads','relief',"
                      "'around'].includes(k)).length") == 4  # fmt: skip
    assert "水系" in browser.text(".zn-legend") and "邻市" in browser.text("#zn")
    browser.js("document.querySelector('.zn-absent summary').click()")
    assert "没有 x" in browser.text(".zn-absent")
    # Relief darkens the west of the plan and leaves flat land as it is.
    browser.open(tmp_path / "u.html", "#v=relief")
    east = "Number(g.code(i).split('E').pop())"
    middle = (x0 + x1) / 2
    for side, factor in (("<", 1 - 6 * 0.032), (">", 1.0)):
        unit = unit_where(
            browser,
            f"g.value(i,'area_m2')>9e5&&Math.abs({east}-{middle})>2000&&{east}{side}{middle}",
        )
        zone = browser.js("return Zoning.sides[0].grid.value(arguments[0],'zone')", unit)
        colour = plan.zones.at[zone, "colour"]
        wanted = [int(colour[k : k + 2], 16) * factor for k in (1, 3, 5)]
        found = browser.pixel(*browser.point_of(unit))
        assert all(abs(f - w) <= 3 for f, w in zip(found, wanted, strict=True)), side


def test_full_screen(browser, page):
    browser.open(page)
    box = browser.js(
        "const b=document.querySelector('.zn-tool-fullscreen').getBoundingClientRect();"
        "return [b.x+b.width/2,b.y+b.height/2]"
    )
    browser.at(*box, click=True)
    browser.wait("document.fullscreenElement")
    browser.js("document.exitFullscreen()")
    browser.wait("!document.fullscreenElement")


def test_two_plans_and_the_swipe(browser, plan, tmp_path):
    changed = plan.units["zone"].where(plan.units["zone"] != "key", "moderate")
    other = dataclasses.replace(plan, name="方案二", units=plan.units.assign(zone=changed))
    browser.open(webmap.write_compare(plan, other, tmp_path / "compare.html"), "#v=")
    assert browser.complaints() == []
    unit = unit_where(browser, "g.value(i,'zone')=='key'&&g.value(i,'area_m2')>9e5")
    place = browser.point_of(unit)
    move = (
        "const r=document.querySelector('.zn-swipe input');r.value=arguments[0];"
        "r.dispatchEvent(new Event('input'))"
    )
    browser.js(move, 1)
    left = browser.pixel(*place)
    browser.js(move, 0)
    right = browser.pixel(*place)
    colour = lambda z: tuple(int(plan.zones["colour"][z][k : k + 2], 16) for k in (1, 3, 5))  # noqa: E731
    assert left == colour("key") and right == colour("moderate")
    differ = int((plan.units["zone"] == "key").sum())
    browser.js("document.querySelector('.zn-tool-accounts').click()")
    assert f"{differ} 个单元分区不同" in browser.text(".zn-accounts")


def test_differences_are_a_theme_with_from_and_to(browser, plan, tmp_path):
    changed = plan.units["zone"].where(plan.units["zone"] != "key", "moderate")
    fresh = plan.units["new_m2"].where(plan.units["zone"] != "optimised", 0)
    other = dataclasses.replace(plan, units=plan.units.assign(zone=changed, new_m2=fresh))
    path = webmap.write_compare(plan, other, tmp_path / "c.html", names=("现行", "调整"))
    browser.open(path, "#v=")
    assert "现行" in browser.text(".zn-swipe") and "调整" in browser.text(".zn-swipe")
    browser.js("document.querySelector('input[value=differences]').click()")
    legend = browser.text(".zn-legend")
    assert "重点开发 → 适度开发" in legend and "分区相同" in legend
    pairs = browser.js("return Zoning.differences().pairs.map(p=>[p.from,p.to,p.n])")
    assert pairs == [["key", "moderate", int((plan.units["zone"] == "key").sum())]]
    moved = plan.units["zone"].eq("key") | plan.units["new_m2"].ne(fresh)
    towns = browser.js("return Zoning.changedTownships()")
    assert {t["code"] for t in towns} == set(plan.units.loc[moved, "township"])
    for t in towns:
        rows = plan.units[plan.units["township"] == t["code"]]
        assert t["n"] == int((rows["zone"] == "key").sum())
        lost = rows["new_m2"].sum() - fresh[rows.index].sum()
        assert abs(t["fresh"] + lost) <= 50 * len(rows)
    browser.js("Zoning.emit('accounts',true)")
    panel = browser.text(".zn-accounts")
    assert "有变化的乡镇" in panel and browser.complaints() == []


def test_townships_that_only_one_plan_has_are_listed(browser, plan, tmp_path):
    """One township is merged into another, one is divided, one has a new name; no zone moves."""
    towns, units = plan.townships, plan.units
    one, two, three = (str(t) for t in towns.index[:3])
    before = units["township"].astype(str)
    part = before.eq(three) & (units["lat"] > units.loc[before == three, "lat"].median())
    assert before.eq(one).any() and 0 < part.sum() < before.eq(three).sum()
    later = towns.rename({one: "N-1"}).assign(
        name=["新设镇", "改名镇", *towns["name"][2:]], zone=["optimised", *towns["zone"][1:]]
    )
    code = before.mask(before == one, two).mask(part, "N-1")
    other = dataclasses.replace(plan, townships=later, units=units.assign(township=code))
    browser.open(webmap.write_compare(plan, other, tmp_path / "towns.html"), "#v=")
    found = browser.js(
        "return [...Zoning.otherTownships().values()].map(t=>[t.code,t.what,[...t.beside.keys()]])"
    )
    assert found == [[one, "gone", [two]], [two, "renamed", [two]], ["N-1", "new", [three]]]
    browser.js("Zoning.emit('accounts',true)")
    listed = browser.text(".zn-towns")
    assert "撤销，其单元现属改名镇" in listed
    assert "更名为改名镇" in listed
    assert f"新设，其单元原属{towns.loc[three, 'name']}" in listed
    # The card of each side speaks of the township of that plan.
    unit = units.index.get_loc(units.index[part.to_numpy()][0])
    said = browser.js(
        "const g=Zoning.sides[0].grid;let i=0;while(g.code(i)!==arguments[0])i++;"
        "return Zoning.sides.map(s=>Zoning.why(s,i))", units.index[unit],
    )  # fmt: skip
    assert "新设镇" in said[1] and "新设镇" not in said[0]
    assert browser.complaints() == []


def test_two_plans_of_one_name_are_told_apart(plan):
    assert webmap.page.own_names(plan, plan) == (plan.name + "（1）", plan.name + "（2）")
    run = {**plan.run, "construction": {**plan.run["construction"], "cap_share": 0.3}}
    other = dataclasses.replace(plan, run=run)
    assert webmap.page.own_names(plan, other)[1].endswith("（30.00%）")


POLYGON = [(119.010, 32.195), (119.045, 32.198), (119.040, 32.225), (119.022, 32.208),
           (119.012, 32.230)]  # fmt: skip


@pytest.mark.parametrize("form", ["wkt", "geojson", "lines"])
def test_a_pasted_polygon_is_answered_by_units(browser, page, plan, form):
    text = {
        "wkt": "POLYGON((" + ",".join(f"{x} {y}" for x, y in [*POLYGON, POLYGON[0]]) + "))",
        "geojson": json.dumps({"type": "Feature", "geometry": {
            "type": "Polygon", "coordinates": [[*POLYGON, POLYGON[0]]]}}),
        "lines": "\n".join(f"{x}, {y}" for x, y in POLYGON),
    }[form]  # fmt: skip
    browser.open(page)
    browser.js("document.querySelector('.zn-tool-measure').click()")
    browser.js(
        "const t=document.querySelector('.zn-measure textarea');t.value=arguments[0];"
        "t.dispatchEvent(new Event('input'))",
        text,
    )
    told = browser.text(".zn-measure")
    assert "按" in told and "zoning site" in told
    ring = Transformer.from_crs(4326, plan.units.crs, always_xy=True).transform(
        *zip(*POLYGON, strict=True)
    )
    shape = shapely.Polygon(np.column_stack(ring))
    part = shapely.area(shapely.intersection(plan.units.geometry.array, shape)) / 1e6
    sums = browser.js(
        "const s=Zoning.under(Zoning.sides[0],arguments[0].map(p=>[p[1],p[0]]));"
        "return [s.drawn_m2,s.area_m2,s.units,s.columns.built_m2]",
        POLYGON,
    )
    assert abs(sums[0] / shape.area - 1) < 1e-6
    assert abs(sums[1] / (plan.units["area_m2"] * part).sum() - 1) < 1e-3
    assert sums[2] == int((part > 0).sum())
    assert abs(sums[3] / (plan.units["built_m2"] * part).sum() - 1) < 2e-3


def test_a_polygon_may_be_typed_and_one_that_crosses_itself_has_no_area(browser, page):
    """What is typed is read when it is done: half a number is another place."""
    from selenium.webdriver.common.by import By

    browser.open(page)
    browser.js("document.querySelector('.zn-tool-measure').click()")
    box = browser.driver.find_element(By.CSS_SELECTOR, ".zn-measure textarea")
    (x0, y0), (x1, y1) = POLYGON[0], POLYGON[2]
    box.send_keys(f"POLYGON(({x0} {y0}, {x1} {y1}, {x1} {y0}, {x0} {y1}))")
    assert browser.js("return document.querySelector('.zn-measure textarea').value").endswith("))")
    browser.js("[...document.querySelectorAll('.zn-measure button')].find("
               "b=>b.textContent=='读取').click()")  # fmt: skip
    assert "自相交" in browser.text(".zn-measure")
    browser.js("[...document.querySelectorAll('.zn-measure button')].find("
               "b=>b.textContent=='清除').click()")  # fmt: skip
    ring = [[x0, y0], [x1, y0], [x1, y1], [x0, y0]]
    for text in (json.dumps({"type": "Polygon", "coordinates": [ring, ring]}),
                 "POLYGON((1 1,2 1,2 2,1 1),(1.1 1.1,1.2 1.1,1.2 1.2,1.1 1.1))"):  # fmt: skip
        browser.js("const t=document.querySelector('.zn-measure textarea');t.value=arguments[0];"
                   "t.dispatchEvent(new Event('input'))", text)  # fmt: skip
        assert "单个多边形环" in browser.text(".zn-measure")


def test_what_is_no_polygon_is_marked(browser, page):
    browser.open(page)
    for text in (
        "hello",
        "POINT(1 2)",
        "{}",
        "119 32, 120",
        '{"type":"Point","coordinates":[1,2]}',
    ):
        assert browser.js("return Zoning.readPolygon(arguments[0])", text) is None, text


def test_layers_of_the_user_with_popups_and_markers_work(browser, plan, tmp_path):
    import folium

    page_map = webmap.build(plan)
    place = [32.205, 119.02]
    folium.Marker(place, popup="<b>公园</b> & more", tooltip="点").add_to(page_map)
    folium.CircleMarker([32.21, 119.03], popup="圆").add_to(page_map)
    folium.PolyLine([place, [32.22, 119.05]], popup="线").add_to(page_map)
    shape = shapely.box(119.0, 32.19, 119.01, 32.2).__geo_interface__
    data = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"name": "地块"}, "geometry": shape}]}  # fmt: skip
    folium.GeoJson(
        data, tooltip=folium.GeoJsonTooltip(["name"]), popup=folium.GeoJsonPopup(["name"]),
    ).add_to(page_map)  # fmt: skip
    folium.LayerControl().add_to(page_map)
    browser.open(webmap.save(page_map, tmp_path / "u.html", title="t"))
    assert browser.complaints() == []
    opened = (
        "const found=[];Zoning.map.eachLayer(l=>{if(l.getPopup&&l.getPopup()&&!l.feature){"
        "l.openPopup();found.push(document.querySelector('.leaflet-popup-content').innerText)}});"
        "return found"
    )
    assert {"公园 & more", "圆", "线"} <= {t.strip() for t in browser.js(opened)}
    marker = (
        "const i=document.querySelector('.leaflet-marker-pane img');"
        "return [i.src.slice(0,14),i.naturalWidth]"
    )
    assert browser.js(marker) == ["data:image/png", 25]
    sheet = browser.js("return getComputedStyle(document.querySelector('.zn-top')).backgroundColor")
    assert sheet == "rgb(255, 255, 255)" and browser.complaints() == []


def test_scripts_hold_to_the_syntax_of_chrome_80(tmp_path):
    root = Path(webmap.__file__).parent.parent / "assets"
    command = npm_file("esbuild", "0.28.2", "bin/esbuild", tmp_path)
    for script in sorted(root.glob("*.js")):
        made = [
            subprocess.run([str(command), f"--target={target}", str(script)], capture_output=True,
                           encoding="utf-8", timeout=60)
            for target in ("chrome80", "esnext")
        ]  # fmt: skip
        assert made[0].returncode == 0, made[0].stderr
        assert made[0].stdout == made[1].stdout, f"{script.name} uses newer syntax"
    newer = tmp_path / "newer.js"
    newer.write_text("let a = b?.c ?? (d ||= 1);", "utf-8")
    told = [
        subprocess.run([str(command), f"--target={t}", str(newer)], capture_output=True,
                       encoding="utf-8").stdout for t in ("chrome80", "esnext")
    ]  # fmt: skip
    assert told[0] != told[1], "the judge sees newer syntax"


def test_what_pages_carry_is_built_of_the_sources_byte_for_byte(tmp_path):
    npm_file("esbuild", "0.28.2", "bin/esbuild", tmp_path)  # skips, or fails in CI, without npm
    script = Path(__file__).resolve().parent.parent / "scripts" / "build_page.py"
    done = subprocess.run([sys.executable, str(script), "--into", str(tmp_path)],
                          capture_output=True, encoding="utf-8", timeout=300)  # fmt: skip
    assert done.returncode == 0, done.stderr
    built = Path(webmap.__file__).parent.parent / "assets" / "built"
    assert [p.name for p in sorted(built.iterdir())] == ["inflate.js", "map.css", "zoning.js"]
    for path in built.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_dark_room_keeps_the_colours_of_the_plan(browser, page, plan):
    browser.open(page, "#v=&d=1")
    sheet = browser.js("return getComputedStyle(document.querySelector('.zn-top')).backgroundColor")
    assert sheet == "rgb(27, 31, 35)"
    unit = unit_where(browser, "g.value(i,'zone')=='key'&&g.value(i,'area_m2')>9e5")
    assert browser.pixel(*browser.point_of(unit)) == (0xF0, 0x99, 0x4A)
    browser.js("document.querySelector('.zn-tool-dark').click()")
    sheet = browser.js("return getComputedStyle(document.querySelector('.zn-top')).backgroundColor")
    assert sheet == "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    return npm_file("axe-core", "4.10.3", "axe.min.js", tmp_path_factory.mktemp("axe")).read_text()


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(browser, page, axe, dark):
    states = ("", "Zoning.openPlace('city');Zoning.emit('accounts',true)", "Zoning.showTable()",
              "Zoning.emit('pick',Zoning.sides[0].grid.centre(30))",
              "document.querySelector('.zn-tool-measure').click()")  # fmt: skip
    for state in states:
        browser.open(page, "#d=1" if dark else "")
        browser.js(state + ";" + axe + ";window.axe=axe;")
        found = browser.driver.execute_async_script(
            "const done=arguments[0];axe.run(document,{resultTypes:['violations']}).then(r=>"
            "done(r.violations.map(v=>[v.id,v.impact,v.nodes.map(n=>n.html.slice(0,120))])))"
        )
        assert [f for f in found if f[1] in ("serious", "critical")] == [], state


def test_without_decompression_stream(browser, page):
    made = browser.cdp(
        "Page.addScriptToEvaluateOnNewDocument", source="delete window.DecompressionStream"
    )
    try:
        browser.open(page)
        assert browser.js("return typeof DecompressionStream") == "undefined"
        assert browser.js("return Zoning.sides[0].grid.count") > 100
    finally:
        browser.cdp("Page.removeScriptToEvaluateOnNewDocument", identifier=made["identifier"])


def test_hostile_names_are_shown_and_not_run(browser, tmp_path):
    hostile = fake_plan.make(hostile=True)
    browser.open(webmap.write(hostile, tmp_path / "h.html"))
    seen = ""
    for i in range(browser.js("return Zoning.sides[0].grid.count")):
        browser.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(arguments[0]))", i)
        seen += browser.text(".zn-card")
    assert '<script>alert("1")</script>' in seen and "=1+1" in seen and "a&b\"';--" in seen
    assert "<i>茅山</i>" in seen
    browser.js("document.querySelector('.zn-tool-accounts').click()")
    assert "<b>润州</b>" in browser.text(".zn-accounts") and "<b>试验</b>" in browser.text(
        ".zn-title"
    )
    assert (
        browser.js(
            "return document.querySelectorAll('#zn script, #zn b, #zn i:not([class])').length"
        )
        == 0
    )
    assert browser.complaints() == []


def test_units_without_a_zone_are_grey(browser, tmp_path):
    hostile = fake_plan.make(hostile=True)
    browser.open(webmap.write(hostile, tmp_path / "g.html"), "#v=")
    unit = unit_where(browser, "g.value(i,'zone')===null&&g.value(i,'area_m2')>6e5")
    assert browser.pixel(*browser.point_of(unit)) in ((0xDE, 0xDA, 0xD6), (0xBE, 0xB9, 0xB4))
    gone = hostile.units.loc[hostile.units["zone"].isna(), "area_m2"].sum()
    share = gone / hostile.units["area_m2"].sum()
    legend = browser.text(".zn-legend")
    assert "无数据" not in legend and "占全市面积的比例" in legend
    told = [float(x) for x in re.findall(r"([\d.]+)%", legend)]
    assert f"{share * 100:.1f}" in re.search(r"未分区\s*([\d.]+)%", legend)[1]
    assert abs(sum(told) - 100) < 0.5, "shares are of all land of the city"
    browser.js("document.querySelector('.zn-tool-accounts').click()")
    panel = browser.text(".zn-accounts")
    assert re.search(rf"未分区\s*{gone / 1e6:,.1f} km²\s*{share * 100:.1f}%", panel), panel


def test_units_off_gauss_krueger_are_drawn_in_place(browser, plan, tmp_path):
    crs = equal_area(118.9, 31.6, 120.1, 32.4)
    middle = Transformer.from_crs(4326, crs, always_xy=True).transform(119.5, 32.0)
    x0, y0 = np.floor(middle) - plan.units.total_bounds[:2]

    def moved(frame):
        shapes = shapely.transform(frame.geometry.array, lambda c: c + np.array([x0, y0]))
        return frame.set_geometry(shapes).set_crs(crs, allow_override=True)

    parts = {
        k: moved(getattr(plan, k)) for k in ("units", "city", "townships", "counties", "redlines")
    }
    there = dataclasses.replace(plan, **parts)
    browser.open(webmap.write(there, tmp_path / "a.html"), "#v=")
    assert browser.complaints() == []
    zone = parts["units"].iloc[45]
    corner = shapely.centroid(zone.geometry)
    lng, lat = Transformer.from_crs(crs, 4326, always_xy=True).transform(corner.x, corner.y)
    found = browser.js(
        "const g=Zoning.sides[0].grid;return g.code(g.find(arguments[0],arguments[1]))", lat, lng
    )
    assert found == zone.name


def test_the_folder_under_a_strict_policy(browser, plan, tmp_path):
    folder = webmap.write(plan, tmp_path / "map", folder=True)

    class Strict(http.server.SimpleHTTPRequestHandler):
        def end_headers(self):
            policy = "default-src 'none'; script-src 'self'; style-src 'self'; "
            policy += "img-src 'self' data: blob:"
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Strict, directory=str(folder)))  # fmt: skip
    threading.Thread(target=server.serve_forever, daemon=True).start()
    browser.cut(False)
    try:
        here = f"http://127.0.0.1:{server.server_address[1]}/"
        browser.open(here + "index.html")
        browser.js(
            "Zoning.emit('pick',Zoning.sides[0].grid.centre(30));Zoning.emit('accounts',true)"
        )
        assert [c for c in browser.complaints() if "favicon" not in c] == []
        assert all(a.startswith(here) for a in browser.requests())
        assert (
            browser.js("return getComputedStyle(document.querySelector('.zn')).display") == "grid"
        )
    finally:
        browser.cut(True)
        server.shutdown()


def test_a_million_units(browser, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "scripts"))
    import bench_map

    big = bench_map.plan_of(1_000_000)
    path = webmap.write(big, tmp_path / "big.html")
    browser.open(path)
    assert browser.js("return Zoning.sides[0].grid.count") >= 1_000_000
    browser.js("Zoning.emit('pick',Zoning.sides[0].grid.centre(777777))")
    assert "0.4%" in browser.text(".zn-card")


@pytest.fixture(scope="module")
def reference():
    from zoning import pipeline
    from zoning.base.shipped import data_path
    from zoning.planfile import load

    path = data_path("zhenjiang.toml")
    return pipeline.run(load(path), path.parent)


def test_the_map_of_the_reference_case(browser, reference, tmp_path):
    from zoning.questions.ladder import ladder

    path = webmap.write(reference, tmp_path / "map.html", ladder=ladder(reference))
    assert path.stat().st_size <= 1_200_000
    units = json.dumps(payload.pack_units(reference), ensure_ascii=False)
    assert len(units.encode()) <= 700_000
    browser.open(path)
    assert browser.requests() == [path.as_uri()] and browser.complaints() == []
    assert browser.js("return Zoning.sides[0].grid.count") == 4121
    areas = browser.js("return [...new Set(Zoning.layers.redlines.rows.map(r=>r.area_code))]")
    assert sorted(areas) == sorted(set(reference.redlines["area_code"])) and len(areas) == 71
    reds = browser.js(
        "const g=Zoning.sides[0].grid,s={};for(let i=0;i<g.count;i++)"
        "for(const r of g.redlines(i))s[r.code]=(s[r.code]||0)+r.area_m2;return s"
    )
    table = reference.tables["redline_areas"].set_index("area_code")
    for code, row in table.loc[areas].iterrows():
        assert abs(reds[code] - row["area_m2"]) <= 0.002 * row["area_m2"] + 10_000, code
    assert "重构" in browser.text(".zn-notice") or "重建" in browser.text(".zn-notice")
    for zone in reference.zones.index:
        wanted = int((reference.units["zone"] == zone).sum())
        count = "let n=0,g=Zoning.sides[0].grid;for(let i=0;i<g.count;i++)"
        assert browser.js(count + f"n+=g.value(i,'zone')=='{zone}';return n") == wanted


def test_terms_of_a_policy_open_on_cards(browser, tmp_path):
    import worlds

    import zoning as zn

    path = worlds.write(tmp_path / "城")
    text = path.read_text(encoding="utf-8") + '\n[[policies]]\nfile = "compensation-zhenjiang"\n'
    path.write_text(text, encoding="utf-8")
    plan = zn.run(path)
    file = tmp_path / "map.html"
    zn.map(plan, file)
    town = str(plan.townships.index[0])
    told = plan.explain(town, "zh", policy="compensation").lines[1:]
    browser.open(file)
    browser.js("Zoning.openPlace('townships',arguments[0])", town)
    unit = str(plan.units.index[plan.units["township"] == town][0])
    for pick in (None, unit):
        if pick:
            at = browser.js("const g=Zoning.sides[0].grid;for(let i=0;i<g.count;i++)"
                            "if(g.code(i)===arguments[0])return g.centre(i)", pick)  # fmt: skip
            browser.js("Zoning.emit('pick',arguments[0])", at)
        last = (
            "[...document.querySelectorAll('.zn-card details')].filter(d=>d.querySelector('pre'))"
        )
        browser.js(f"const d={last}[0];d.open=true")
        browser.wait(f"{last}[0].querySelector('pre').textContent")
        shown = browser.js(f"return {last}[0].querySelector('pre').textContent")
        assert shown.split("\n") == list(told)
    assert not browser.complaints()


def of_every_unit(browser, places):
    """Ask a page for code, columns and class of every unit, found by its place."""
    return browser.js(
        """const one = Zoning.sides[0]; const {grid} = one;
        return arguments[0].map(([lat, lng]) => { const i = grid.find(lat, lng);
          return [grid.code(i), Object.keys(grid.columns).sort().map((c) => grid.value(i, c)),
            Zoning.kindOf(one, i)]; });""",
        places,
    )


def test_a_pyramid_answers_for_every_unit_as_the_canvas_does(browser, tmp_path, monkeypatch):
    """Tiles, levels and single units: what is seen and told is what one canvas shows and tells."""
    from zoning.outputs.webmap import pyramid

    plan = fake_plan.make_many(1500)
    monkeypatch.setattr(payload, "LARGE", 0)  # both in the steps of large plans
    webmap.write(plan, tmp_path / "canvas.html", lang="en")
    monkeypatch.setattr(pyramid, "MOST_ON_CANVAS", 1000)
    monkeypatch.setattr(pyramid, "TILE", 8)
    webmap.write(plan, tmp_path / "pyramid.html", lang="en")
    told, seen = [], []
    for name in ("canvas.html", "pyramid.html"):
        browser.open(tmp_path / name, "#v=")
        if not told:
            places = browser.js(
                "const g = Zoning.sides[0].grid;"
                "return Array.from({length: g.count}, (x, i) => g.centre(i))"
            )
        asked = []
        for theme in ("zones", "built_share"):
            browser.js("Zoning.state.theme = arguments[0]; Zoning.emit('theme')", theme)
            asked.append(of_every_unit(browser, places))
        told.append(asked)
        browser.js("Zoning.map.setZoom(Zoning.map.getZoom() + 1, {animate: false})")
        time.sleep(0.8)
        x, y, w, h = browser.inner_box(1)
        seen.append(browser.picture()[y : y + h, x : x + w])
        assert not browser.complaints()
    assert told[0] == told[1] and len({t[2] for t in told[0][0]}) > 1
    assert (seen[0] == seen[1]).all() and len(np.unique(seen[0].reshape(-1, 3), axis=0)) > 2
    # From afar squares of several units are drawn, and the page says of how many.
    assert browser.text(".zn-level") == ""
    browser.js("Zoning.map.setMinZoom(0); Zoning.map.setZoom(4, {animate: false})")
    browser.wait("document.querySelector('.zn-level').textContent.includes('×')")
    code = told[0][0][700][0]
    assert browser.js("return Zoning.sides[0].grid.named(arguments[0]).length", code.lower()) == 1
    assert browser.js("return Zoning.sides[0].grid.named('n1e1').length") == 0
    assert browser.js("return Zoning.unitRows().length") == len(plan.units) + 1
    asked = [a.rsplit("/", 1)[1][:12] for a in browser.requests()]
    assert not browser.complaints() and asked == ["pyramid.html"]


def test_of_very_many_lines_and_names_those_stand_in_the_page_that_are_seen(browser, tmp_path):
    """From afar the large ones, and that it is so; from near all that lie there."""
    import geopandas as gpd

    plan = fake_plan.make_many(400)
    west, south, east, north = plan.units.total_bounds
    across, up = np.linspace(west, east, 62)[:-1] + 40, np.linspace(south, north, 54)[:-1] + 40
    x, y = (a.ravel() for a in np.meshgrid(across, up))
    small = list(shapely.box(x, y, x + 120, y + 120))
    large = [shapely.box(west + 2000, south + 2000, west + 5000, south + 5000)]

    def many(frame, prefix, **own):
        rows = frame.iloc[np.zeros(len(small) + 1, int)].drop(columns="geometry")
        rows.index = pd.Index([f"{prefix}{k:04}" for k in range(len(rows))], name=frame.index.name)
        return gpd.GeoDataFrame(rows.assign(**own), geometry=[*small, *large], crs=frame.crs)

    names = [f"R{k:04}" for k in range(len(small) + 1)]
    plan = dataclasses.replace(
        plan, redlines=many(plan.redlines, "f", area_code=names, name=names, level=2),
        townships=many(plan.townships, "32", name=[f"T{k:04}" for k in range(len(names))]),
    )  # fmt: skip
    webmap.write(plan, tmp_path / "many.html", lang="en")
    browser.open(tmp_path / "many.html", "#v=redlines,townships,labels")
    lines = "return document.querySelectorAll('.zn-red-line').length"
    named = (
        "return [...document.querySelectorAll('.zn-name-township')].filter(n => !n.hidden).length"
    )
    assert browser.js(lines) == 1 and browser.js(named) < 1000
    assert "have no line from here" in browser.text(".zn-lines-note")
    there = plan.redlines.geometry.iloc[1600].centroid
    lon, lat = Transformer.from_crs(plan.redlines.crs, 4326, always_xy=True).transform(
        there.x, there.y
    )
    look = "Zoning.map.setView([arguments[0], arguments[1]], arguments[2], {animate: false})"
    browser.js(look, lat, lon, 15)
    seen = (
        "const b = Zoning.map.getBounds(); return Zoning.layers.redlines.rows"
        ".filter(r => b.intersects(Zoning.boundsOf(r))).length"
    )
    few = browser.js(seen)
    assert 20 < few <= browser.js(lines) < 1000
    assert browser.text(".zn-lines-note") == "" and 0 < browser.js(named) < 1000
    browser.js(look, lat + 0.03, lon + 0.03, 15)
    assert 20 < browser.js(lines) < 1000  # others went, those of this view came
    browser.js("Zoning.state.overlays.delete('redlines'); Zoning.emit('overlays')")
    assert browser.js(lines) == 0 and not browser.complaints()
