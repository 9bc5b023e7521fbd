"""Write a map sheet of every theme of a plan, as PDF for print and PNG for slides.

    python scripts/make_sheets.py RUN_FOLDER [A3|A4]

The sheets land in RUN_FOLDER/sheets.
"""

import sys
from pathlib import Path

from zoning.outputs.prints import draw
from zoning.store import load


def main() -> None:
    folder = Path(sys.argv[1])
    paper = sys.argv[2] if len(sys.argv) > 2 else "A3"
    plan = load(folder)
    print("themes:", ", ".join(draw.themes(plan)))
    for form in ("pdf", "png"):
        for path in draw.write_all(plan, folder / "sheets", form=form, paper=paper):
            print(path)


if __name__ == "__main__":
    main()
