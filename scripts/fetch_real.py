"""Fetch real heights, land cover, roads and population of a city into a plan folder.

Usage: python scripts/fetch_real.py FOLDER WEST SOUTH EAST NORTH [--only dem,cover,roads,people]
                                    [--dem URL] [--cover URL] [--roads URL] [--people URL]

Needs a network and is run by users, never by the tests or CI; **it was not run against the real
services**: it was tested against a server of this machine with made-up, truncated and wrong tiles.
Addresses are templates and can be changed, as services move. Licences (from memory; check
them): Copernicus DEM GLO-30, free with attribution; ESA WorldCover 2021, CC BY 4.0; OpenStreetMap,
ODbL 1.0; WorldPop, CC BY 4.0. They are written beside the files into LICENCES.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np

DEM = (
    "https://copernicus-dem-30m.s3.amazonaws.com/Copernicus_DSM_COG_10_{ns}{lat:02d}_00_"
    "{ew}{lon:03d}_00_DEM/Copernicus_DSM_COG_10_{ns}{lat:02d}_00_{ew}{lon:03d}_00_DEM.tif"
)
COVER = (
    "https://esa-worldcover.s3.amazonaws.com/v200/2021/map/"
    "ESA_WorldCover_10m_2021_v200_{ns}{lat:02d}{ew}{lon:03d}_Map.tif"
)
ROADS = "https://overpass-api.de/api/interpreter"
PEOPLE = (
    "https://data.worldpop.org/GIS/Population/Global_2000_2020_Constrained/2020/maxar_v1/CHN/"
    "chn_ppp_2020_UNadj_constrained.tif"
)
LICENCES = {
    "dem": "Copernicus DEM GLO-30: (c) DLR e.V. 2010-2014, (c) Airbus Defence and Space GmbH "
           "2014-2018, provided under Copernicus by the European Union and ESA",
    "cover": "(c) ESA WorldCover project 2021, CC BY 4.0",
    "roads": "(c) OpenStreetMap contributors, ODbL 1.0",
    "people": "WorldPop (www.worldpop.org), CC BY 4.0",
}  # fmt: skip
#: OpenStreetMap's highway -> class of data/indicators/speeds.toml.
CLASSES = {
    "motorway": "motorway", "trunk": "trunk", "primary": "primary", "secondary": "secondary",
    "tertiary": "tertiary", "residential": "residential", "unclassified": "other",
}  # fmt: skip
TIMEOUT_S = 120

Box = tuple[float, float, float, float]


class FetchError(Exception):
    """A service that does not give what was asked for; the message says what to try."""


def tiles(box: Box, degrees: int) -> Iterator[dict[str, object]]:
    """Give the corners of the tiles that a box touches, as keys of a template."""
    west, south, east, north = box
    for lat in range(math.floor(south / degrees) * degrees, math.ceil(north), degrees):
        for lon in range(math.floor(west / degrees) * degrees, math.ceil(east), degrees):
            yield {
                "ns": "N" if lat >= 0 else "S", "lat": abs(lat),
                "ew": "E" if lon >= 0 else "W", "lon": abs(lon),
            }  # fmt: skip


def download(url: str, path: Path, data: bytes | None = None) -> Path:
    """Fetch a file; it appears whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        if not url.startswith(("https://", "http://")):
            raise FetchError(f"{url} is no web address")
        with urllib.request.urlopen(url, data=data, timeout=TIMEOUT_S) as answer:  # noqa: S310
            wanted = answer.headers.get("Content-Length")
            body = answer.read()
    except http.client.IncompleteRead as error:
        raise FetchError(f"{url}: {len(error.partial):,} bytes came, more were told") from error
    except (urllib.error.URLError, http.client.HTTPException, OSError) as error:
        raise FetchError(f"{url}: {error}; is there a network, has the service moved?") from error
    if wanted is not None and len(body) != int(wanted):
        raise FetchError(f"{url}: {len(body):,} of {int(wanted):,} bytes came; try again")
    part.write_bytes(body)
    part.replace(path)
    return path


def mosaic(
    template: str, box: Box, degrees: int, out: Path, *, lowest: float, highest: float
) -> Path:
    """Fetch the tiles of a box, check them, and join what lies inside it."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.merge import merge

    files = []
    for tile in tiles(box, degrees):
        path = out.parent / f".{out.stem}-{tile['ns']}{tile['lat']}{tile['ew']}{tile['lon']}.tif"
        files.append(download(template.format(**tile), path))
    opened = []
    try:
        for path in files:
            try:
                file = rasterio.open(path)
                file.read(1)
            except RasterioError as error:
                raise FetchError(f"{path.name} is no whole raster ({error}); try again") from error
            opened.append(file)
            if file.crs is None or not file.crs.is_geographic:
                raise FetchError(f"{path.name} is in {file.crs}, not in degrees: the wrong tile?")
        values, transform = merge(opened, bounds=box)
        nodata = opened[0].nodata
        known = values[0] if nodata is None else values[0][values[0] != nodata]
        if not known.size or np.nanmin(known) < lowest or np.nanmax(known) > highest:
            raise FetchError(f"{out.name}: values outside {lowest:g} to {highest:g}: wrong tiles?")
        meta = {**opened[0].profile, "driver": "GTiff", "height": values.shape[1],
                "width": values.shape[2], "transform": transform}  # fmt: skip
        for key in ("blockxsize", "blockysize", "tiled", "interleave"):
            meta.pop(key, None)
        with rasterio.open(out, "w", **meta) as target:
            target.write(values[:1])
    finally:
        for file in opened:
            file.close()
        for path in files:
            path.unlink(missing_ok=True)
    return out


def roads(url: str, box: Box, out: Path) -> Path:
    """Ask Overpass for the roads of a box and write them as lines with class and oneway."""
    import geopandas as gpd
    from shapely import LineString

    west, south, east, north = box
    kinds = "|".join(CLASSES)
    query = (f'[out:json][timeout:{TIMEOUT_S}];way["highway"~"^({kinds})(_link)?$"]'
             f"({south},{west},{north},{east});out geom;")  # fmt: skip
    raw = download(url, out.with_suffix(".json"), urllib.parse.urlencode({"data": query}).encode())
    try:
        ways = json.loads(raw.read_text(encoding="utf-8"))["elements"]
        rows = [
            {
                "class": CLASSES[w["tags"]["highway"].removesuffix("_link")],
                "name": w["tags"].get("name", ""),
                "oneway": w["tags"].get("oneway") == "yes",
                "geometry": LineString([(p["lon"], p["lat"]) for p in w["geometry"]]),
            }
            for w in ways if len(w.get("geometry", ())) > 1
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError(f"{url} answered no roads ({error!r}); try again later") from error
    finally:
        raw.unlink(missing_ok=True)
    if not rows:
        raise FetchError(f"{url} knows no roads in {box}")
    gpd.GeoDataFrame(rows, crs="EPSG:4326").to_file(out, layer="roads")
    return out


def window(url: str, box: Box, out: Path) -> Path:
    """Fetch a raster that covers more than the box and keep the box."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.windows import from_bounds

    whole = download(url, out.with_name("." + out.name))
    try:
        with rasterio.open(whole) as file:
            part = from_bounds(*box, transform=file.transform).round_offsets().round_lengths()
            values = file.read(1, window=part, boundless=True, fill_value=file.nodata or 0)
            meta = {**file.profile, "driver": "GTiff", "height": values.shape[0],
                    "width": values.shape[1], "transform": file.window_transform(part)}  # fmt: skip
        for key in ("blockxsize", "blockysize", "tiled"):
            meta.pop(key, None)
        with rasterio.open(out, "w", **meta) as target:
            target.write(values, 1)
    except RasterioError as error:
        raise FetchError(f"{url} gave no whole raster ({error}); try again") from error
    finally:
        whole.unlink(missing_ok=True)
    return out


def main(argv: list[str]) -> int:
    """Fetch what was asked for; 1 if something could not be had (the rest is kept)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    for name in ("west", "south", "east", "north"):
        parser.add_argument(name, type=float)
    parser.add_argument("--only", default="dem,cover,roads,people")
    for name, address in (("dem", DEM), ("cover", COVER), ("roads", ROADS), ("people", PEOPLE)):
        parser.add_argument(f"--{name}", default=address)
    a = parser.parse_args(argv)
    box: Box = (a.west, a.south, a.east, a.north)
    if not (a.west < a.east and a.south < a.north):
        print("WEST SOUTH EAST NORTH in degrees, west before east", file=sys.stderr)
        return 2
    a.folder.mkdir(parents=True, exist_ok=True)
    work = {
        "dem": lambda: mosaic(a.dem, box, 1, a.folder / "dem.tif", lowest=-500, highest=9000),
        "cover": lambda: mosaic(
            a.cover, box, 3, a.folder / "worldcover.tif", lowest=0, highest=100
        ),
        "roads": lambda: roads(a.roads, box, a.folder / "roads.gpkg"),
        "people": lambda: window(a.people, box, a.folder / "population.tif"),
    }
    failed, got = [], []
    for name in a.only.split(","):
        try:
            print(f"{name}: {work[name]().name}")
            got.append(name)
        except FetchError as error:
            failed.append(name)
            print(f"{name}: {error}", file=sys.stderr)
    notes = "".join(f"- {n}: {LICENCES[n]}\n" for n in got)
    (a.folder / "LICENCES.md").write_text(f"Sources and licences\n\n{notes}", encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
