"""Step 3: the account of the red lines: areas, types, overlaps, construction inside.

python scripts/account_redlines.py [plan.toml]
"""

import sys
from pathlib import Path

from zoning import pipeline, planfile
from zoning.base.shipped import data_path

path = Path(sys.argv[1]) if len(sys.argv) > 1 else data_path("zhenjiang.toml")
plan = pipeline.run(planfile.load(path), path.parent)

for name in ("redline_areas", "redline_types", "redline_overlaps", "redline_by_county"):
    print(f"\n{name}\n{plan.tables[name].to_string(index=False)}")
print("\nunion of all red lines:", f"{plan.run['redlines']['union_m2'] / 1e6:,.2f} km²")
