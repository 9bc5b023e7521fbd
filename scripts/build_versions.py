"""Build a second version of the reference plan, with changes that are known.

python scripts/build_versions.py [DATA_FOLDER]

It is made up over the reconstructed reference case; the same files every time.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from reference import versions, write
from reference.facts import DATA

#: What the second plan.toml says otherwise than data/zhenjiang.toml.
_CHANGES = (
    ('name = "镇江市主体功能区（参考案例）"', 'name = "镇江市主体功能区（参考案例，第二版）"'),
    ('path = "townships/zhenjiang.gpkg"', 'path = "versions/zhenjiang.gpkg"'),
    ('table = "townships/zhenjiang_attributes.csv"', 'table = "versions/attributes.csv"'),
    ('path = "redlines/zhenjiang.gpkg"', 'path = "versions/zhenjiang.gpkg"'),
    (
        '{ indicator = "min_to_centre", weight = 1,',
        f'{{ indicator = "min_to_centre", weight = {versions.WEIGHT},',
    ),
    (
        'scheme = "zhenjiang-2013"\n',
        'scheme = "zhenjiang-2013"\noverrides = "versions/decisions.csv"\n',
    ),
)
_CAP = (
    f'[cap]\nshare = {versions.CAP}\nsource = "made up for this second version"\nevidence = "own"\n'
)
_HEAD = (
    "# A second version of the reference case, made up for `zoning diff`: data/versions/README.md\n"
)


def main(data: Path = DATA) -> None:
    """Build the layers, the tables, the list of what was planted and the plan.toml."""
    city = gpd.read_file(data / "boundaries" / "zhenjiang.gpkg", layer="city").geometry.iloc[0]
    towns = gpd.read_file(data / "townships" / "zhenjiang.gpkg")
    rows = pd.read_csv(data / "townships" / "zhenjiang_attributes.csv", dtype={"code": str})
    lines = gpd.read_file(data / "redlines" / "zhenjiang.gpkg")
    layer, table, walk = versions.townships(towns, rows)
    red = versions.redlines(lines, towns, city)
    folder = data / "versions"
    write.geopackage(folder / "zhenjiang.gpkg", {"townships": layer, "redlines": red})
    write.csv(folder / "attributes.csv", table)
    write.csv(folder / "townships_crosswalk.csv", walk)
    write.csv(folder / "decisions.csv", versions.decisions(layer))
    found = versions.planted(walk, layer)
    write.csv(folder / "planted.csv", found)
    text = (data / "zhenjiang.toml").read_text(encoding="utf-8")
    for old, new in _CHANGES:
        if text.count(old) != 1:
            raise SystemExit(f"data/zhenjiang.toml has not exactly one: {old}")
        text = text.replace(old, new)
    text, count = re.subn(r"\[cap\]\nshare = .*\nsource = .*\nevidence = .*\n", _CAP, text)
    if count != 1:
        raise SystemExit("data/zhenjiang.toml has no [cap] with share, source, evidence")
    write.text(data / "zhenjiang-2.toml", _HEAD + text)
    print(f"planted: {len(found)} changes")


if __name__ == "__main__":
    main(*[Path(p) for p in sys.argv[1:2]])
