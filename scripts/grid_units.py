"""Step 1: the planning units of a city.

python scripts/grid_units.py 扬中市 units.gpkg
"""

import sys

from zoning import api

name, out = [*sys.argv[1:], *["扬中市", "units.gpkg"][len(sys.argv) - 1 :]]

made = api.grid(name, cell_m=1000, out=out)
print(f"{name}: {len(made.units):,} units, {made.area_m2 / 1e6:,.2f} km² -> {out}")
print(f"areas differ from the ellipsoid by at most {made.distortion.worst:.4%}")
