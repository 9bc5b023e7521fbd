"""Step 3: the account of the red lines: areas, types, overlaps, construction inside.

python scripts/account_redlines.py [plan.toml]
"""

import sys

import zoning as zn

plan = zn.run(sys.argv[1]) if len(sys.argv) > 1 else zn.demo()

for name in ("redline_areas", "redline_types", "redline_overlaps", "redline_by_county"):
    print(f"\n{name}\n{plan.tables[name].to_string(index=False)}")
print("\nunion of all red lines:", f"{plan.run['redlines']['union_m2'] / 1e6:,.2f} km²")
