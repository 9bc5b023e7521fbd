"""How large the offline map is and how fast it opens, beside folium's own GeoJson layer.

``python scripts/bench_map.py`` builds plans of 4,121, 107,000 and 1,000,000 units, opens each map
in headless Chromium with the network cut, and writes the table into ``docs/benchmarks.md`` between
its two marks. Needs Chromium, chromedriver and selenium. ``--units`` takes other sizes,
``--print`` leaves the file alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

REPORT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- map -->", "<!-- /map -->"
SIZES = (4_121, 107_000, 1_000_000)
#: folium's own layer is not built above this: the page would hold several hundred megabytes.
PLAIN_MOST = 110_000


def plan_of(units: int) -> Any:
    """Make a plan of about ``units`` units with noisy values and a few thousand red atoms."""
    import fake_plan
    import geopandas as gpd
    import pandas as pd

    small = fake_plan.make_many(min(units, 4_121), 56)
    if units <= 4_121:
        frame = small.units
    else:
        side = int(np.ceil(np.sqrt(units)))
        columns, rows = (a.ravel() for a in np.meshgrid(np.arange(side), np.arange(side)))
        index = pd.Index(small.grid.codes(columns, rows), name="unit")
        # What the towns and zones are is copied by place, so neighbours look alike.
        across = int(np.sqrt(len(small.units))) - 1
        like = small.units.iloc[(rows * across // side) * across + columns * across // side]
        frame = gpd.GeoDataFrame(
            like.drop(columns="geometry").set_index(index),
            geometry=small.grid.squares(columns, rows), crs=small.units.crs,
        )  # fmt: skip
    rng = np.random.default_rng(20)
    noisy = {
        c: rng.integers(0, 900_000, len(frame)) for c in ("built_m2", "farmland_m2", "free_m2")
    }
    # Each unit gets noise of its own, so that the values do not pack better than real ones.
    return dataclasses.replace(
        small, units=frame.assign(**noisy), city=_cover(frame, small), red_sets=_reds(small, units)
    )


def _cover(frame: Any, small: Any) -> Any:
    import geopandas as gpd
    import shapely

    return gpd.GeoDataFrame(
        {"name": ["x"]}, geometry=[shapely.box(*frame.total_bounds)], crs=small.city.crs
    )


def _reds(small: Any, units: int) -> Any:
    return small.red_sets if units <= 4_121 else small.red_sets.iloc[:0]


def plain_folium(plan: Any, path: Path) -> None:
    """Write the same units as folium's GeoJson on canvas, with tooltip, inlined as ours are."""
    import folium

    from zoning.outputs.webmap.inline import inline

    shown = ["zone", "township_name", "built_m2", "redline_m2", "new_m2"]
    frame = plan.units[[*shown, "geometry"]].to_crs(4326)
    frame.geometry = frame.geometry.set_precision(1e-6)
    west, south, east, north = frame.total_bounds
    page = folium.Map(
        [(south + north) / 2, (west + east) / 2], zoom_start=9, tiles=None, prefer_canvas=True
    )
    page.default_js = [link for link in page.default_js if link[0] == "leaflet"]
    page.default_css = [link for link in page.default_css if link[0] == "leaflet_css"]
    colours = plan.zones["colour"].to_dict()
    folium.GeoJson(
        frame.reset_index(), tooltip=folium.GeoJsonTooltip(["unit", *shown]),
        style_function=lambda f: {"fillColor": colours.get(f["properties"]["zone"], "#999"),
                                  "fillOpacity": 0.9, "weight": 0.3, "color": "#666"},
    ).add_to(page)  # fmt: skip
    done = f"<script>requestAnimationFrame(()=>setTimeout(()=>{_READY},0));</script></html>"
    path.write_text(inline(page.get_root().render()).replace("</html>", done), encoding="utf-8")


_READY = "document.documentElement.dataset.ready=Math.round(performance.now())"


def open_page(path: Path) -> tuple[float, float]:
    """Open a page without a network; give seconds until it is drawn and its heap in MB."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,800"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        # folium's own layer keeps the browser busy for minutes.
        driver.command_executor.client_config.timeout = 1200
        driver.set_page_load_timeout(1100)
        driver.execute_cdp_cmd("Network.enable", {})
        cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
        driver.get(path.as_uri())
        for _ in range(6000):
            ready = driver.execute_script("return document.documentElement.dataset.ready")
            if ready:
                break
            time.sleep(0.05)
        driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        heap = driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
        used = heap["usedSize"] + heap.get("backingStorageSize", 0)
        return float(ready) / 1000, used / 1e6
    finally:
        driver.quit()


def measure(name: str, units: int, build: Any, path: Path, openings: int) -> str:
    """Build, open, and write one row of the table; the best of the openings counts."""
    begin = time.perf_counter()
    build(path)
    built = time.perf_counter() - begin
    seconds, heap = min(open_page(path) for _ in range(openings))
    size = path.stat().st_size / 1e6
    return f"| {name} | {units:,} | {size:.2f} | {built:.1f} | {seconds:.2f} | {heap:.0f} |"


def table(sizes: list[int]) -> str:
    """Measure all sizes and write the section."""
    from zoning.outputs import webmap

    rows = []
    with tempfile.TemporaryDirectory() as tmp:
        for size in sizes:
            plan = plan_of(size)
            units = len(plan.units)
            ours = lambda path, plan=plan: webmap.write(plan, path)  # noqa: E731
            rows.append(measure("zoning map.html", units, ours, Path(tmp) / "ours.html", 3))
            print(rows[-1], flush=True)
            if units <= PLAIN_MOST:
                plain = lambda path, plan=plan: plain_folium(plan, path)  # noqa: E731
                rows.append(
                    measure(
                        "folium GeoJson (canvas)",
                        units,
                        plain,
                        Path(tmp) / "plain.html",
                        3 if units < 10_000 else 1,
                    )
                )
                print(rows[-1], flush=True)
    head = "| map | units | file, MB | written in, s | drawn after, s | memory, MB |\n"
    head += "|---|---|---|---|---|---|"
    return f"{NOTE}\n\n{head}\n" + "\n".join(rows)


NOTE = f"""## The offline map

`python scripts/bench_map.py`, Python {platform.python_version()}, {platform.machine()}, 2 cores
that other work used too, headless Chromium with the network cut. "Drawn after" counts from
the start of navigation, best of three openings (folium above 10,000 units: one); memory is the
script heap with its buffers after a collection. Three columns of the units are random, so they pack
worse than real ones. The page of `zoning` carries 18 columns, cards, lines, search and accounts;
the folium page carries five columns in a tooltip and no lines. folium's own layer is not tried at
a million units: the page would hold several hundred megabytes."""


def put(section: str) -> None:
    """Replace the part between the marks, or add it at the end."""
    text = REPORT.read_text(encoding="utf-8") if REPORT.is_file() else "# Benchmarks\n"
    new = f"{BEGIN}\n{section}\n{END}"
    if BEGIN in text and END in text:
        before, rest = text.split(BEGIN, 1)
        text = before + new + rest.split(END, 1)[1]
    else:
        text = text.replace(BEGIN, "").rstrip() + f"\n\n{new}\n"
    REPORT.write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--print", action="store_true", help="do not touch docs/benchmarks.md")
    options = parser.parse_args()
    section = table(options.units)
    if not options.print:
        put(section)


if __name__ == "__main__":
    main()
