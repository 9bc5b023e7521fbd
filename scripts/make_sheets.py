"""Write a map sheet of every theme of a plan, as PDF for print and PNG for slides.

    python scripts/make_sheets.py PLAN_FOLDER [A3|A4]

The sheets land in PLAN_FOLDER/sheets.
"""

import sys
from pathlib import Path

import zoning as zn

folder, paper = Path(sys.argv[1]), [*sys.argv[2:], "A3"][0]
plan = zn.load(folder)
print("themes:", ", ".join(plan.themes()))
for form in ("pdf", "png"):
    for file in zn.api.sheets(plan, folder / "sheets", form=form, paper=paper):
        print(file)
