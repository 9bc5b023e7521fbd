"""Write a map sheet of every theme of a plan, as PDF for print and PNG for slides.

    python scripts/make_sheets.py RUN_FOLDER [A3|A4]

The sheets land in RUN_FOLDER/sheets.
"""

import sys
from pathlib import Path

from zoning.outputs import sheet
from zoning.store import load


def main() -> None:
    folder = Path(sys.argv[1])
    paper = sys.argv[2] if len(sys.argv) > 2 else "A3"
    plan = load(folder)
    print("themes:", ", ".join(sheet.themes(plan)))
    for form in ("pdf", "png"):
        for path in sheet.write_all(plan, folder / "sheets", form=form, paper=paper):
            print(path)


if __name__ == "__main__":
    main()
