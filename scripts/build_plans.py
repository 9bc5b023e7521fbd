"""Build the plans of the reference case that an audit holds against each other.

python scripts/build_plans.py [DATA_FOLDER]

They are reconstructed for illustration, from the other shipped layers; the same files every time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import rasterio

sys.path.insert(0, str(Path(__file__).parent))
from reference import parks, plans, write
from reference.facts import DATA

#: What plan.toml says of them, after the rest of data/zhenjiang.toml.
PLANS = """
# Other plans of the same land, reconstructed with conflicts planted at known places (data/plans).
"""
_EACH = """
[[inputs.plans]]
path = "plans/zhenjiang.gpkg"
layer = "{role}"
role = "{role}"
class_column = "类别"
name = "{name}"
year = {year}
survey = "{survey}"
precedence = {precedence}
source = "reconstructed for the reference case (scripts/build_plans.py)"
"""
#: The register of parks, and the list of what may come where that its industries are held against.
PARKS = """
[[inputs.access]]
path = "made-up"

[inputs.parks]
path = "parks/zhenjiang.gpkg"
layer = "parks"
kind = "kind"
planned_area_ha = "planned_area_ha"
leading_industries = "leading_industries"
"""
_ABOUT = (
    ("land_use_plan", "土地利用总体规划（示意）", 2014, "二调", 1),
    ("urban_plan", "城市总体规划（示意）", 2017, "二调", 2),
    ("growth_boundary", "城镇开发边界（示意）", 2022, "三调", 1),
    ("forest", "林地保护利用规划（示意）", 2021, "三调", 1),
    ("existing_use", "现状用地（示意）", 2020, "三调", 1),
)


def main(data: Path = DATA) -> None:
    """Build the plans, the parks, the lists of what was planted and the plan.toml for them."""
    city = gpd.read_file(data / "boundaries" / "zhenjiang.gpkg", layer="city").geometry.iloc[0]
    redlines = gpd.read_file(data / "redlines" / "zhenjiang.gpkg")
    farmland = gpd.read_file(data / "farmland" / "zhenjiang.gpkg")
    cores = pd.read_csv(data / "facts" / "urban_cores.csv", encoding="utf-8")
    with rasterio.open(data / "landuse" / "zhenjiang_30m.tif") as file:
        landuse, transform = file.read(1), file.transform
    towns = gpd.read_file(data / "townships" / "zhenjiang.gpkg", layer="townships")
    layers, planted = plans.build(landuse, transform, city, redlines, farmland, cores)
    write.geopackage(data / "plans" / "zhenjiang.gpkg", layers)
    write.csv(data / "plans" / "planted.csv", planted)
    claims = {
        (role, str(name)): some.union_all()
        for role, layer in layers.items()
        for name, some in layer.groupby("类别")
    }
    register, faults = parks.build(
        claims, city, redlines.union_all(), farmland.union_all(), towns, planted
    )
    write.geopackage(data / "parks" / "zhenjiang.gpkg", {"parks": register})
    write.csv(data / "parks" / "planted.csv", faults)
    text = (data / "zhenjiang.toml").read_text(encoding="utf-8") + PLANS
    for role, name, year, survey, precedence in _ABOUT:
        text += _EACH.format(role=role, name=name, year=year, survey=survey, precedence=precedence)
    write.text(data / "zhenjiang-plans.toml", text + PARKS)
    for role, layer in layers.items():
        print(f"{role}: {len(layer)} features, {int(layer.count_coordinates().sum()):,} points")


if __name__ == "__main__":
    main(*[Path(p) for p in sys.argv[1:2]])
