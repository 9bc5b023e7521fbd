"""Step 2: from a plan.toml to township classes and unit zones, with the reason of each.

python scripts/classify_townships.py [plan.toml]
"""

import sys

import zoning as zn

plan = zn.run(sys.argv[1]) if len(sys.argv) > 1 else zn.demo()

columns = ["name", "built_share", "redline_share", "constraint_grade", "guidance_grade",
           "intensity_grade", "zone", "rule", "runner_up", "margin"]  # fmt: skip
print(plan.townships[columns].round(3).to_string())
by = plan.units.groupby(["zone", "zone_reason"], observed=True)
print(by["area_m2"].agg(["size", "sum"]))
