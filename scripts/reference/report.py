"""Words about the reference case: docs/reference-case.md and data/README.md with its sums."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.api import Plan
from zoning.measure.zonal import piece_classes

from . import write
from .facts import DATA, NOTICE, table
from .measure import Files, Measure, box_overlaps

DOC = DATA.parent / "docs" / "reference-case.md"
README = DATA / "README.md"
FILES = (
    "boundaries/zhenjiang.gpkg",
    "farmland/zhenjiang.gpkg",
    "grids/zhenjiang.toml",
    "grids/zhenjiang_units.parquet",
    "ladders/zhenjiang.json",
    "landuse/classes.toml",
    "landuse/zhenjiang_30m.tif",
    "parks/planted.csv",
    "parks/zhenjiang.gpkg",
    "plans/planted.csv",
    "plans/zhenjiang.gpkg",
    "redlines/types.toml",
    "redlines/zhenjiang.gpkg",
    "roads/zhenjiang.gpkg",
    "terrain/zhenjiang_dem_100m.tif",
    "townships/zhenjiang.gpkg",
    "townships/zhenjiang_attributes.csv",
    "versions/zhenjiang.gpkg",
)
BEGIN, END = "<!-- sums: begin -->", "<!-- sums: end -->"


def number(value: float) -> str:
    """Write a number with four useful digits."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4f}".rstrip("0")


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sums() -> str:
    """Give the table of committed files with size and SHA-256."""
    facts = sorted(f"facts/{p.name}" for p in (DATA / "facts").glob("*.csv"))
    lines = ["| file | kB | sha256 |", "|---|---:|---|"]
    for name in sorted([*FILES, *facts]):
        path = DATA / name
        lines.append(f"| `{name}` | {path.stat().st_size / 1000:.0f} | `{sha256(path)}` |")
    return "\n".join(lines)


def measures(rows: list[Measure]) -> str:
    """Give the table of measures."""
    lines = ["| measure | wanted | reached |", "|---|---|---:|"]
    lines += [f"| {r.what} | {r.wanted} | {number(r.value)} |" for r in rows]
    return "\n".join(lines)


def _totals(files: Files) -> str:
    """Give published totals of land use beside what is on the raster."""
    rows = table("landuse_totals.csv")
    pieces = {
        place: piece_classes([shape], files.landuse, origin=files.origin, cell=1000)
        for place, shape in (
            ("city", files.city),
            ("321182", files.counties.set_index("code").geometry["321182"]),
        )
    }
    lines = ["| place | what | published, km² | on the raster, km² |", "|---|---|---:|---:|"]
    for r in rows.itertuples():
        found = pieces[r.place]
        values = files.construction if r.what == "construction" else [r.value]
        # Farm facilities and rural roads, and the ponds that are no river.
        if r.what == "other agricultural land":
            river = float(_river_m2(files))
            area = found.area_m2[np.isin(found.value, [6, 17])].sum() - river
        else:
            area = found.area_m2[np.isin(found.value, values)].sum()
        lines.append(f"| {r.place} | {r.what} | {r.area_m2 / 1e6:,.1f} | {area / 1e6:,.1f} |")
    return "\n".join(lines)


def _river_m2(files: Files) -> float:
    """Area of the Yangzi inside the city."""
    from .measure import inside_of, main_water

    pixel = files.landuse.dx * files.landuse.dy
    return float((main_water(files) & inside_of(files)).sum() * pixel)


def _people(files: Files) -> str:
    """Give the published (registered) people of towns beside ours (residents)."""
    ours = files.attributes.set_index("code")["population"]
    lines = ["| town | registered, published | residents here |", "|---|---:|---:|"]
    for r in table("population_towns.csv").itertuples():
        lines.append(f"| {r.name} | {r.registered:,} | {ours[r.code]:,} |")
    return "\n".join(lines)


def _boundary(plan: Plan) -> str:
    """Tell what the boundary weight of the plan costs and gives."""
    lines = ["| boundary weight | suitability of new land, km² | units with new land | edge, km |",
             "|---|---:|---:|---:|"]  # fmt: skip
    for weight in (0.0, plan.config.allocation.boundary_weight):
        made = plan.allocate(boundary_weight=weight)
        pieces, edge = made.pieces, made.tables["landscape"].set_index("measure")["after"]["edge_m"]
        worth = float((pieces["new_m2"] * pieces["suitability"]).sum()) / 1e6
        units = int((made.units["new_m2"] > 0).sum())
        lines.append(f"| {weight:g} | {worth:.3f} | {units} | {edge / 1000:,.0f} |")
    return "\n".join(lines)


def _zones(files: Files) -> str:
    """Give the zones that come out beside those of 0.1.0, which were put in there."""
    import zoning

    now = zoning.demo()
    old = table("zones_0_1_0.csv").set_index("code")["zone_0_1_0"]
    townships = now.townships
    if townships is None:
        raise ValueError("the reference plan has no townships")
    same = int((townships["zone"] == old.reindex(townships.index)).sum())
    counts = pd.crosstab(old.reindex(townships.index), townships["zone"].astype(object))
    told = f"{same} of {len(townships)} townships have the zone that version 0.1.0 gave them."
    lines = [f"**{told}**", "",
             "| 0.1.0 \\ now | " + " | ".join(counts.columns) + " |",
             "|---|" + "---:|" * len(counts.columns)]  # fmt: skip
    lines += [f"| {i} | " + " | ".join(map(str, row)) + " |"
              for i, row in zip(counts.index, counts.to_numpy(), strict=True)]  # fmt: skip
    lines += ["", "New land with and without the weight of the boundary:", "", _boundary(now)]
    lines += ["", "Published rules beside what comes out (existing construction):", "",
              "| zone | published, at most | here | |", "|---|---:|---:|---|"]  # fmt: skip
    for c in now.checks:
        if c.check.startswith("published.zone_cap"):
            lines.append(f"| {c.check.rsplit('.', 1)[1]} | {c.limit:.0%} | {c.measured:.1%} | "
                         f"{'met' if c.ok else '**not met**'} |")  # fmt: skip
    return "\n".join(lines)


def _boxes(files: Files) -> str:
    overlap = box_overlaps(files.townships)
    names = files.townships.set_index("code")["name"]
    lines = ["| township | IoU |", "|---|---:|"]
    lines += [f"| {names[c]} | {v:.2f} |" for c, v in overlap.sort_values().items()]
    return "\n".join(lines)


def _types(files: Files) -> str:
    areas = files.redlines.assign(km2=files.redlines.area / 1e6)
    by_type = areas.groupby("type").agg(areas=("area_code", "nunique"), km2=("km2", "sum"))
    lines = ["| type | areas | km² |", "|---|---:|---:|"]
    lines += [f"| {r.Index} | {r.areas} | {r.km2:.1f} |" for r in by_type.itertuples()]
    return "\n".join(lines)


def _counties(files: Files) -> str:
    census = table("population_2020.csv").groupby("counted_with")["persons"].sum()
    county = files.townships.set_index("code")["county"]
    people = files.attributes.groupby(files.attributes["code"].map(county))["population"].sum()
    lines = ["| county | census 2020 | townships' sum |", "|---|---:|---:|"]
    for code, name in files.counties.set_index("code")["name"].items():
        lines.append(f"| {name} ({code}) | {census[code]:,} | {people[code]:,} |")
    return "\n".join(lines)


def write_all(files: Files, rows: list[Measure]) -> None:
    """Write the page of measures, and the sums into data/README.md."""
    count = files.redlines.drop_duplicates("area_code")["status"].value_counts()
    write.text(
        DOC,
        f"""# The reference case: what it looks like, measured

{NOTICE}

Made by `python scripts/measure_reference.py` from the files under `data/`. What is real and what is
reconstructed stands in `data/README.md`; the wishes are our own, from public figures.

{measures(rows)}

Definitions. *Within 1 km*: points each 100 m on Natural Earth's centre line (1:10 million) inside
the city, distance to the nearest pixel of the largest body of water. *Island*: land that this
water separates from the mainland and from the city's line. *Urban*: Natural Earth's urban areas
(1:50 million) inside the city; share of their pixels on land (largest body of water left out)
whose class counts as construction. *Moran's I*: built share of the units, neighbours by edge, equal
weights. *IoU*: bounding box of our township against the true box, in metres; 吕城镇 is not among
the 38.

## What was put in, and what comes out

Put in: the published totals of land use, the published people of counties and of some towns, the
names and counts of red lines. **No zone, and no share of a township, is an input of any step**: a
test permutes every zone-like column and gets the same land use and attributes, byte for byte. The
weights of the plan's method are equal, its cuts natural breaks, the caps' 15 and 30 % stand as they
are; all this was fixed before the case was run.

{_totals(files)}

The city's total of water is of 1995 and of another base; ponds count as *other agricultural land*
in the newer figures. In 扬中 water is what the published classes leave of the area.

{_people(files)}

Registered people of two towns a county; here each stands for as many residents as the county has
for each of its registered. The other townships share the rest of their county's census by
residential land.

{_zones(files)}

In 0.1.0 zones and built shares of every township were put in, and came out again (56 of 56): that
proved nothing. What comes out here is told, whatever it is.

## Population by county

{_counties(files)}

The former 镇江新区 (321171 in the census) now lies in 京口区 (321102) and is counted there.

## Red lines by type

Names: {count["documented"]} documented, {count["named"]} after a real feature,
{count["made-up"]} made up.
Every shape is made up. Areas of levels 1 and 2 together; overlaps between areas count twice here.

{_types(files)}

## Townships with a true box

{_boxes(files)}
""",
    )
    if README.is_file():
        text = README.read_text(encoding="utf-8")
        head, rest = text.split(BEGIN)
        write.text(README, f"{head}{BEGIN}\n{sums()}\n{END}{rest.split(END)[1]}")
