"""Step 5: run a plan and write every file of it.

python scripts/write_outputs.py [plan.toml] [folder]
"""

import sys
from pathlib import Path

from zoning import pipeline, planfile
from zoning.base.shipped import data_path
from zoning.outputs.folder import write

path = Path(sys.argv[1]) if len(sys.argv) > 1 else data_path("zhenjiang.toml")
folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("plan-out")
plan = pipeline.run(planfile.load(path), path.parent)
for file in write(plan, folder):
    print(file)
for check in plan.checks:
    if not check.ok:
        print(check.level, check.check, check.where, check.text.en)
