"""Step 1: the planning units of a city.

python scripts/grid_units.py 扬中市 units.gpkg
"""

import sys

import geopandas as gpd

from zoning.grid.distortion import choose_crs
from zoning.grid.lattice import GridSpec
from zoning.grid.units import make_units
from zoning.inputs.china import find_area

name, out = [*sys.argv[1:], "扬中市", "units.gpkg"][:2]

place = find_area(name)
area = gpd.GeoSeries([place.geometry], crs="EPSG:4326")
crs, distortion = choose_crs(area)
units = make_units(area.to_crs(crs).iloc[0], GridSpec(crs, cell_m=1000))

units.reset_index().to_file(out, layer="units")
print(f"{place.name}: {len(units):,} units, {units['area_m2'].sum() / 1e6:,.2f} km² -> {out}")
print(f"areas differ from the ellipsoid by at most {distortion.worst:.4%}")
