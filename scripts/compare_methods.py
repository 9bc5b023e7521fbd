"""Lay several methods side by side, and ask clusters that know nothing of matrices.

    python scripts/compare_methods.py [plan.toml] [method ...]

Methods are shipped names or TOML files; without any, all that ship are compared.
"""

import sys
from pathlib import Path

import pandas as pd

from zoning import pipeline, planfile, zones
from zoning.base.shipped import data_path
from zoning.questions import stability

path = Path(sys.argv[1]) if len(sys.argv) > 1 else data_path("zhenjiang.toml")
names = sys.argv[2:] or list(zones.method_names())
plan = pipeline.run(planfile.load(path), path.parent)
towns = pd.DataFrame(plan.townships.drop(columns="geometry"))

# Only what was measured goes in; scores and grades of the plan's own method stay out.
found = zones.compare_methods(towns, [zones.load_method(name) for name in names])
print(found.table.assign(name=towns["name"]).to_string())
print(found.table["status"].value_counts().to_string())
print("Cohen's kappa of each pair")
print(found.kappa.round(2).to_string())

for how in ("ward", "kmeans"):
    check = stability.cross_check(towns, pipeline.load_method(plan.config), how)
    moved = ", ".join(towns.loc[check.moved.index, "name"])
    print(f"{how}: kappa {check.kappa:.2f}; {len(check.moved)} townships elsewhere: {moved}")
