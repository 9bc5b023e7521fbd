"""Write the report and the tables of a plan.

    python scripts/make_report.py RUN_FOLDER [zh|en]

Copy and edit: a chapter is a function that gives blocks, see zoning/outputs/report.
"""

import sys
from pathlib import Path

from zoning.outputs import report
from zoning.outputs.office import workbook
from zoning.store import load


def main() -> None:
    folder = Path(sys.argv[1])
    lang = sys.argv[2] if len(sys.argv) > 2 else None  # the plan's own
    plan = load(folder)
    print(report.write(plan, folder / "report.docx", lang=lang))
    print(workbook.write(plan, folder / "tables.xlsx", lang=lang))


if __name__ == "__main__":
    main()
