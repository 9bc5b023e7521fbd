"""A county small enough to work out by hand, as files for a whole run.

Six by three squares of 1 km on whole kilometres, y upwards; a letter is a township, the city is
the whole block without its upper right corner triangle::

      E500  501  502  503  504  505
    +-----+-----+-----+-----+-----+-----+
    |  A  |  A  |  B  |  B  |  C  |  C /|   N3502
    +-----+-----+-----+-----+-----+-----+
    |  A  |  A  |  B  |  B  |  C  |  C  |   N3501
    +-----+-----+-----+-----+-----+-----+
    |  A  |  A  |  B  |  B  |  C  |  C  |   N3500
    +-----+-----+-----+-----+-----+-----+

Townships A and B are county 1, C is county 2. Red lines: area R1 (level 1) covers the upper left
square; area R2 (level 2) covers the upper half of the second and third square of the top row, so
half of each of them. Land use by 100 m pixels: the lower row is built in A (class 7), water (17) in
C's right column, the rest fields (1).
"""

from __future__ import annotations

import atexit
import functools
import json
import pickle
import shutil
import tempfile
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Polygon, box

from zoning.base.shipped import data_path

X, Y, K = 500_000, 3_500_000, 1000
CRS = "EPSG:4549"


def square(col: float, row: float, width: float = 1, height: float = 1):
    """Give a rectangle in kilometres from the lower left corner of the world."""
    return box(X + col * K, Y + row * K, X + (col + width) * K, Y + (row + height) * K)


CITY = Polygon(
    [(X, Y), (X + 6 * K, Y), (X + 6 * K, Y + 2 * K), (X + 5 * K, Y + 3 * K), (X, Y + 3 * K)]
)


def townships() -> gpd.GeoDataFrame:
    """Give the three townships with the attributes the default method asks for."""
    return gpd.GeoDataFrame(
        {
            "code": ["321000001", "321000002", "321000003"],
            "name": ["甲镇", "乙镇", "丙镇"],
            "county": ["321001", "321001", "321002"],
            "population": [60_000, 20_000, 3_000],
            "gdp_10k_yuan": [900_000, 90_000, 6_000],
            "min_to_centre": [10.0, 35.0, 70.0],
            "slope_deg": [1.0, 2.0, 9.0],
        },
        geometry=[square(0, 0, 2, 3), square(2, 0, 2, 3), square(4, 0, 2, 3).intersection(CITY)],
        crs=CRS,
    )


def redlines() -> gpd.GeoDataFrame:
    """Give the two areas."""
    return gpd.GeoDataFrame(
        {
            "area_code": ["R1", "R2"],
            "name": ["甲山", "乙湖"],
            "type": ["forest-park", "wetland-park"],
            "level": [1, 2],
        },
        geometry=[square(0, 2), square(1, 2.5, 2, 0.5)],
        crs=CRS,
    )


def landuse() -> np.ndarray:
    """Give classes by 100 m pixels, row 0 in the north."""
    use = np.full((30, 60), 1, dtype=np.uint8)
    use[20:30, 0:20] = 7
    use[:, 50:60] = 17
    return use


def rules(changes: str = "") -> str:
    """Give the rules of the shipped caps.toml as a plan states them, changed by some TOML."""
    table = tomllib.loads(data_path("capacity", "caps.toml").read_text(encoding="utf-8"))
    return toml(merged(table, tomllib.loads(changes)))


def merged(below: dict, above: dict) -> dict:
    """Lay one table over another; inner tables are laid over one another too."""
    out = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = merged(out[key], value) if both else value
    return out


def toml(table: dict, name: str = "") -> str:
    """Write nested tables and lists of tables as TOML."""
    plain, below = [], []
    for key, value in table.items():
        full = f"{name}.{key}" if name else key
        if isinstance(value, dict):
            below.append(f"[{full}]\n{toml(value, full)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below += [f"[[{full}]]\n{toml(row, full)}" for row in value]
        else:
            plain.append(f"{key} = {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(plain + below)


@functools.cache
def _files() -> dict[str, bytes]:
    """Make the files of the world once; whoever writes it gets the same bytes."""
    import rasterio
    from rasterio.transform import from_origin

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        city = gpd.GeoDataFrame({"name": ["小城"]}, geometry=[CITY], crs=CRS)
        city.to_file(folder / "边界.gpkg")
        towns = townships()
        towns[["code", "name", "county", "geometry"]].to_file(folder / "乡镇.gpkg")
        table = pd.DataFrame(towns.drop(columns=["geometry", "name", "county"]))
        table.to_csv(folder / "乡镇.csv", index=False, encoding="utf-8")
        redlines().to_file(folder / "红线.gpkg")
        use = landuse()
        with rasterio.open(
            folder / "用地.tif", "w", driver="GTiff", width=use.shape[1], height=use.shape[0],
            count=1, dtype="uint8", crs=CRS, transform=from_origin(X, Y + 3 * K, 100, 100),
            nodata=0,
        ) as file:  # fmt: skip
            file.write(use, 1)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def write(folder: Path, *, cap: str | None = "", extra: str = "") -> Path:
    """Write every file of the world into a folder and give the path of its plan.toml.

    Its rules are those of the shipped caps.toml, changed by ``cap``; ``None``: it states none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _files().items():
        (folder / name).write_bytes(data)
    plan = folder / "plan.toml"
    plan.write_text(("" if cap is None else rules(cap)) + PLAN + extra, encoding="utf-8")
    return plan


def plan():
    """Give the plan of the world as it is, for who only asks it: run once, a copy for each."""
    return pickle.loads(_run())


@functools.cache
def _run() -> bytes:
    import zoning as zn

    folder = tempfile.mkdtemp(prefix="world-")  # the plan knows where its files lie
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return pickle.dumps(zn.run(write(Path(folder, "小 城"))))


PLAN = """\
[plan]
name = "小城"

[grid]
crs = "EPSG:4549"

[inputs.boundary]
path = "边界.gpkg"

[inputs.townships]
path = "乡镇.gpkg"
table = "乡镇.csv"

[inputs.redlines]
path = "红线.gpkg"

[inputs.landuse]
path = "用地.tif"

"""
