"""The whole job beside other tools, and a batch of cities twice: one command for a quiet machine.

    python scripts/bench_side.py zj yc [--folder DIR] [--ways ours overlay duckdb ...]
    python scripts/bench_side.py --place 扬中市 [--pixel 100]      another place
    python scripts/bench_side.py --batch 江苏省                    its cities, twice

The job: units x townships x union of red lines x area of each class of land use, on the cases of
``bench_scale.py``; ``duckdb``, ``sedona`` and ``ours-vector`` do it without land use. Each way is a
process of its own; processor seconds and memory are those the system counts for it. Ways whose
package is not installed are left out, and that is said. DuckDB's extension comes as the wheel
``duckdb-extension-spatial``; ``qgis`` runs ``qgis_process``, one process for each step.

The batch makes every city once without a break; then once more, killed after a third of the cities
and asked again; and compares all files but times byte for byte.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
KEYS = ["unit", "township", "red", "landuse"]


def scale() -> Any:
    """Give the bench of scale, whose cases these are; once, for its cases travel to processes."""
    if "bench_scale" in sys.modules:
        return sys.modules["bench_scale"]
    spec = importlib.util.spec_from_file_location("bench_scale", ROOT / "bench_scale.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_scale"] = module
    spec.loader.exec_module(module)
    return module


def files(folder: Path) -> tuple[Any, Any, Any, Any]:
    """Read the layers of a case plainly, and the grid that its plan takes."""
    import geopandas as gpd

    from zoning.grid.lattice import GridSpec

    townships = gpd.read_file(folder / "townships.gpkg").set_index("code").rename_axis("township")
    red, city = (gpd.read_file(folder / f"{n}.gpkg") for n in ("redlines", "boundary"))
    cell = json.loads((folder / "case.json").read_text(encoding="utf-8"))["cell"]
    return townships, red, city.union_all(), GridSpec(townships.crs.to_wkt(), cell)


def way_ours(folder: Path, landuse: bool = True) -> Any:
    """Do it with the ledger, from the same plain files."""
    from zoning.inputs.layers import Layers
    from zoning.inputs.rasters import read_classes
    from zoning.ledger.atoms import build

    townships, red, city, grid = files(folder)
    use = None
    if landuse:
        use, _ = read_classes(folder / "landuse.tif", area=city, to_crs=grid.crs)
    atoms = build(Layers(city, townships, red, None, use), grid).atoms
    atoms["red"] = atoms["red_level"] > 0
    return atoms.groupby(KEYS, observed=True)["area_m2"].sum()


def way_ours_vector(folder: Path) -> Any:
    """Do the part without land use."""
    return way_ours(folder, landuse=False)


def pieces(folder: Path) -> Any:
    """Cut units, townships and the union of red lines by geopandas.overlay, twice."""
    import geopandas as gpd

    from zoning.grid.units import make_units

    townships, red, city, grid = files(folder)
    units = make_units(city, grid)[["geometry"]].reset_index().to_crs(townships.crs)
    found = gpd.overlay(
        units, townships.reset_index()[["township", "geometry"]], keep_geom_type=True
    )
    union = gpd.GeoDataFrame({"red": [True]}, geometry=[red.union_all()], crs=red.crs)
    found = gpd.overlay(found, union, how="identity", keep_geom_type=True)
    found["red"] = found["red"].eq(True).fillna(False).astype(bool)
    found["size"] = found.area
    return found


def way_overlay(folder: Path) -> Any:
    """Do it with geopandas.overlay twice and exactextract on every piece."""
    import pandas as pd
    from exactextract import exact_extract

    found = exact_extract(
        str(folder / "landuse.tif"), pieces(folder), ["unique", "frac"],
        include_cols=["unit", "township", "red", "size"], output="pandas",
    )  # fmt: skip
    rows = found.explode(["unique", "frac"])
    rows["area_m2"] = rows["frac"].astype(float) * rows["size"]
    rows["landuse"] = pd.to_numeric(rows["unique"])
    return rows.groupby(KEYS)["area_m2"].sum()


def way_rasterstats(folder: Path) -> Any:
    """Do it with geopandas.overlay twice and rasterstats, which counts pixel centres."""
    import pandas as pd
    from rasterstats import zonal_stats

    found = pieces(folder)
    counts = zonal_stats(found.geometry, str(folder / "landuse.tif"), categorical=True)
    rows = []
    for (_, row), seen in zip(found.iterrows(), counts, strict=True):
        whole = sum(seen.values())
        rows += [(row["unit"], row["township"], row["red"], int(k), row["size"] * n / whole)
                 for k, n in seen.items()]  # fmt: skip
    return pd.DataFrame(rows, columns=[*KEYS, "area_m2"]).groupby(KEYS)["area_m2"].sum()


#: The vector part as SQL, the same words for both data bases.
SQL = """
WITH cut AS (
  SELECT u.unit, t.township, ST_Intersection(u.geom, t.geom) AS geom
  FROM units u JOIN townships t ON ST_Intersects(u.geom, t.geom)),
covered AS (
  SELECT c.unit, c.township, SUM(ST_Area(ST_Intersection(c.geom, r.geom))) AS m2
  FROM cut c JOIN reds r ON ST_Intersects(c.geom, r.geom) GROUP BY 1, 2)
SELECT c.unit, c.township, ST_Area(c.geom) AS m2, COALESCE(k.m2, 0) AS red_m2
FROM cut c LEFT JOIN covered k ON c.unit = k.unit AND c.township = k.township
"""


def _tables(folder: Path) -> dict[str, Any]:
    """Give units, townships and the parts of the union of red lines, as geopandas reads them."""
    from zoning.grid.units import make_units

    townships, red, city, grid = files(folder)
    units = make_units(city, grid)[["geometry"]].reset_index()
    return {"units": units, "townships": townships.reset_index()[["township", "geometry"]],
            "reds": red[["geometry"]]}  # fmt: skip


def _by_red(rows: Any) -> Any:
    """Bring unit, township, area and red area into the shape of the others."""
    import pandas as pd

    other = rows.assign(red=False, area_m2=rows["m2"] - rows["red_m2"])
    both = pd.concat([rows.assign(red=True, area_m2=rows["red_m2"]), other]).assign(landuse=-1)
    return both[both["area_m2"] > 0].groupby(KEYS)["area_m2"].sum()


def way_duckdb(folder: Path) -> Any:
    """Do the part without land use with DuckDB spatial."""
    import duckdb
    import duckdb_extension_spatial

    place = next(Path(duckdb_extension_spatial.__file__).parent.rglob("*.duckdb_extension"))
    db = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": 1})
    db.execute(f"LOAD '{place}'")
    for name, frame in _tables(folder).items():
        plain = frame.drop(columns="geometry").assign(wkb=frame.geometry.to_wkb())
        db.register(f"{name}_wkb", plain)
        kept = "geom" if name == "reds" else f"{plain.columns[0]}, geom"
        db.execute(
            f"CREATE TABLE {name} AS SELECT {kept} FROM "  # noqa: S608
            f"(SELECT *, ST_GeomFromWKB(wkb) AS geom FROM {name}_wkb)"
        )
    db.execute(
        "CREATE OR REPLACE TABLE reds AS SELECT UNNEST(ST_Dump(u)).geom AS geom "
        "FROM (SELECT ST_Union_Agg(geom) AS u FROM reds)"
    )
    return _by_red(db.execute(SQL).df())


def way_sedona(folder: Path) -> Any:
    """Do the part without land use with SedonaDB."""
    import sedonadb
    import shapely

    db = sedonadb.connect()
    for name, frame in _tables(folder).items():
        given = frame
        if name == "reds":
            parts = shapely.get_parts(shapely.union_all(frame.geometry.to_numpy()))
            given = frame.iloc[:0].reindex(range(len(parts))).set_geometry(list(parts))
        db.create_data_frame(given.rename_geometry("geom")).to_view(name)
    return _by_red(db.sql(SQL).to_pandas())


def qgis() -> str | None:
    """Find QGIS's program for single steps (Debian's shell script around it adds a word)."""
    return shutil.which("qgis_process.bin") or shutil.which("qgis_process")


def way_qgis(folder: Path) -> Any:
    """Do it with QGIS, step by step: its histogram counts pixel centres, as rasterstats does."""
    import geopandas as gpd
    import pandas as pd

    from zoning.grid.units import make_units

    townships, red, city, grid = files(folder)
    program = str(qgis())
    with tempfile.TemporaryDirectory() as temporary:
        here = Path(temporary)
        frames = {"units": make_units(city, grid)[["geometry"]].reset_index(), "red": red,
                  "townships": townships.reset_index()[["township", "geometry"]]}  # fmt: skip
        for name, frame in frames.items():
            frame.to_crs(townships.crs).to_file(here / f"{name}.gpkg")

        def step(name: str, out: str, **words: Any) -> Path:
            # QGIS has a Python of its own and must not find another first.
            env = {"PATH": f"{Path(program).parent}{os.pathsep}{os.defpath}", "HOME": temporary,
                   "QT_QPA_PLATFORM": "offscreen"}  # fmt: skip
            told = [f"--{k}={v}" for k, v in words.items()]
            place = here / f"{out}.gpkg"
            subprocess.run([program, "run", f"native:{name}", *told, f"--OUTPUT={place}"],
                           env=env, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            return place

        cut = step("intersection", "cut", INPUT=here / "units.gpkg",
                   OVERLAY=here / "townships.gpkg", INPUT_FIELDS="unit",
                   OVERLAY_FIELDS="township")  # fmt: skip
        union = step("dissolve", "union", INPUT=here / "red.gpkg")
        parts = {False: cut, True: step("intersection", "covered", INPUT=cut, OVERLAY=union)}
        found = {}
        for is_red, part in parts.items():
            # Its histogram counts pixels by their centres; a piece without a centre has none.
            counted = step("zonalhistogram", f"{part.stem}-counts", INPUT_VECTOR=part,
                           RASTER_BAND=1, INPUT_RASTER=folder / "landuse.tif",
                           COLUMN_PREFIX="class_")  # fmt: skip
            table = gpd.read_file(counted)
            classes = [c for c in table.columns if c.startswith("class_") and c[6:].isdigit()]
            counts = table[classes].fillna(0)
            found[is_red] = table[["unit", "township"]].join(
                counts.mul(table.area / counts.sum(axis=1), axis=0).set_axis(
                    [int(c[6:]) for c in classes], axis=1)
            ).melt(["unit", "township"], var_name="landuse", value_name="area_m2")  # fmt: skip
    keys = ["unit", "township", "landuse"]
    whole, red_m2 = (found[k].groupby(keys)["area_m2"].sum() for k in (False, True))
    both = {True: red_m2, False: whole.sub(red_m2, fill_value=0)}
    rows = pd.concat([m2.rename("area_m2").reset_index().assign(red=k) for k, m2 in both.items()])
    return rows[rows["area_m2"] > 0].groupby(KEYS)["area_m2"].sum()


WAYS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "ours": (way_ours, "zoning"),
    "overlay": (way_overlay, "exactextract"),
    "rasterstats": (way_rasterstats, "rasterstats"),
    "ours-vector": (way_ours_vector, "zoning"),
    "duckdb": (way_duckdb, "duckdb_extension_spatial"),
    "sedona": (way_sedona, "sedonadb"),
    "qgis": (way_qgis, "qgis_process"),
}
#: All ways alike give freed memory back to the system, as the commands of zoning do: what is
#: counted is what the work needs, not what the C library and Arrow put by.
GIVE_BACK = {
    "MALLOC_MMAP_THRESHOLD_": str(8 << 20), "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
#: What each way is held against.
BESIDE = {
    "overlay": "ours",
    "rasterstats": "ours",
    "duckdb": "ours-vector",
    "sedona": "ours-vector",
    "qgis": "ours",
}


def side(name: str, folder: Path, ways: list[str], limit: float) -> None:
    """Measure the ways on one case, each a process of its own, and how far they differ."""
    import pandas as pd

    bench, here = scale(), folder / name
    if not (here / "plan.toml").exists():
        bench.made_apart(CASES.get(name) or bench.CASES[name], here)
    tables: dict[str, Any] = {}
    spent: dict[str, float] = {}
    for way in ways:
        there = qgis() if way == "qgis" else importlib.util.find_spec(WAYS[way][1])
        if there is None:
            print(f"{name:6} {way:12} not installed: {WAYS[way][1]}", flush=True)
            continue
        out = folder / f"{name}-{way}.parquet"
        words = [sys.executable, __file__, "--way", way, str(here), str(out)]
        cpu, memory, code = bench.measured(words, limit, GIVE_BACK)
        end = "too long" if code is None else f"exit {code}"
        print(f"{name:6} {way:12} {cpu:8.1f} s {memory:8.0f} MB  {end}", flush=True)
        if code == 0:
            told = pd.read_parquet(out).reset_index()
            texts = dict.fromkeys(("unit", "township"), "str")
            tables[way], spent[way] = told.astype(texts).set_index(KEYS)["area_m2"], cpu
    for way, ours in BESIDE.items():
        if way in tables and ours in tables:
            off = tables[ours].sub(tables[way], fill_value=0).abs()
            print(f"{name:6} {way:12} {spent[way] / spent[ours]:8.1f} times {ours}; largest "
                  f"difference of one cell {off.max():.2f} m2, all {off.sum():.0f} m2")  # fmt: skip


def batch(province: str, folder: Path, workers: int, pixel: float, most: int) -> None:
    """Make all cities of a province; again, broken off in the middle and asked once more."""
    bench = scale()
    from zoning.inputs.china import children, find_area

    cities = [p for p in children(find_area(province).adcode) if p.level != "county"][:most]
    lines = ["[batch]", f'name = "{province}"']
    for place in cities:
        here = folder / place.adcode
        if not (here / "plan.toml").exists():
            bench.made_apart(bench.Case(place.adcode, 1000, pixel), here)
        lines += ["[[plan]]", f'code = "{place.adcode}"', f'file = "{place.adcode}/plan.toml"']
    (folder / "batch.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    stamp = {**os.environ, "SOURCE_DATE_EPOCH": "1764000000"}
    kept: list[dict[str, bytes]] = []
    for name in ("whole", "broken"):
        out = folder / name
        words = [sys.executable, "-m", "zoning", "batch", str(folder / "batch.toml"),
                 "-o", str(out), "--workers", str(workers), "-q"]  # fmt: skip
        begin = time.perf_counter()
        if name == "broken":
            run = subprocess.Popen(words, env=stamp)
            while run.poll() is None and len(list(out.glob("*/made.json"))) * 3 < len(cities):
                time.sleep(0.5)
            run.terminate()
            run.wait()
            done = len(list(out.glob("*/made.json")))
            print(f"broken off with {done} of {len(cities)} cities made")
        code = subprocess.run(words, env=stamp, check=False).returncode
        print(f"{name}: exit {code}, {time.perf_counter() - begin:.1f} s on the clock", flush=True)
        kept.append({
            p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*"))
            if p.is_file() and p.name not in ("times.json", "made.json")
        })  # fmt: skip
    other = sorted(k for k in {*kept[0], *kept[1]} if kept[0].get(k) != kept[1].get(k))
    print(f"{len(kept[0])} files, {len(other)} differ: {', '.join(other[:5])}")


CASES: dict[str, Any] = {}


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds on the clock per way")
    parser.add_argument("--batch", help="a province, whose cities are made twice")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--most", type=int, default=1000, help="only so many cities of a batch")
    parser.add_argument("--place", help="another place")
    parser.add_argument("--pixel", type=float, default=30.0)
    parser.add_argument("--way", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        way, case, out = given.way
        found = WAYS[way][0](Path(case)).reset_index()
        found["landuse"] = found["landuse"].astype("int64")
        found.to_parquet(out)
        return
    cases = list(given.cases)
    if given.place:
        CASES["own"] = scale().Case(given.place, 1000, given.pixel)
        cases.append("own")
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in cases:
            side(name, folder, given.ways, given.limit)
        if given.batch:
            batch(given.batch, folder, given.workers, given.pixel, given.most)


if __name__ == "__main__":
    main()
