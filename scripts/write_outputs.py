"""Step 5: run a plan and write every file of it.

python scripts/write_outputs.py [plan.toml] [folder]
"""

import sys

import zoning as zn

plan = zn.run(sys.argv[1]) if len(sys.argv) > 1 else zn.demo()
for file in plan.save([*sys.argv[2:], "plan-out"][0]):
    print(file)
table = plan.check_table("en")
print(table[~table["ok"]].to_string(index=False))
