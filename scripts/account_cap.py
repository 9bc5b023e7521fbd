"""Step 4: how much may still be built, and where it goes.

python scripts/account_cap.py [plan.toml]
"""

import sys

import zoning as zn

plan = zn.run(sys.argv[1]) if len(sys.argv) > 1 else zn.demo()

account = plan.run["construction"]
for key in ("existing_m2", "cap_m2", "headroom_m2", "new_m2"):
    print(f"{key:12} {account[key] / 1e6:10,.2f} km²")
print(plan.tables["account_zone"].to_string(index=False))
print(plan.tables["limits"].to_string(index=False))
print("allocation:", plan.run["allocation"]["method"], plan.run["allocation"]["certificate"]["en"])
