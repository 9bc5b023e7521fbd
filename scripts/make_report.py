"""Write the report and the tables of a plan.

    python scripts/make_report.py PLAN_FOLDER [zh|en]

Copy and edit: a chapter is a function that gives blocks, see zoning/outputs/report.
"""

import sys

import zoning as zn

folder, *lang = sys.argv[1:]
for file in zn.report(folder, folder, lang=lang[0] if lang else None):
    print(file)
