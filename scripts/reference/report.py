"""Words about the reference case: docs/reference-case.md and data/README.md with its sums."""

from __future__ import annotations

import hashlib
from pathlib import Path

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
    "landuse/classes.toml",
    "landuse/zhenjiang_30m.tif",
    "redlines/types.toml",
    "redlines/zhenjiang.gpkg",
    "roads/zhenjiang.gpkg",
    "terrain/zhenjiang_dem_100m.tif",
    "townships/zhenjiang.gpkg",
    "townships/zhenjiang_attributes.csv",
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
