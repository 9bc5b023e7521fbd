"""Lay several methods side by side, and ask clusters that know nothing of matrices.

    python scripts/compare_methods.py [plan.toml] [method ...]

Methods are shipped names or TOML files; without any, all that ship are compared. On a plan that is
written already: ``zoning methods DIR``.
"""

import sys

import zoning as zn

plan = zn.run(sys.argv[1]) if len(sys.argv) > 1 else zn.demo()
found = zn.methods(plan, sys.argv[2:])

print(found.table.to_string())
print(found.table["status"].value_counts().to_string())
print("Cohen's kappa of each pair")
print(found.kappa.round(2).to_string())
for check in found.clusters:
    moved = ", ".join(plan.townships.loc[check.moved.index, "name"])
    print(f"{check.method}: kappa {check.kappa:.2f}; {len(check.moved)} townships else: {moved}")
for name, error in found.cannot.items():
    print(f"{name} cannot be used: {error}")
