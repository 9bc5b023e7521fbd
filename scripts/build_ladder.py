"""Solve the caps of the reference case and keep them for its map: data/ladders/zhenjiang.json.

python scripts/build_ladder.py [--check]

With --check nothing is written: exit 1 if what is kept is not what is solved now, to the m2.
"""

import sys
from pathlib import Path

import zoning as zn
from zoning.outputs.webmap import kept
from zoning.questions.ladder import ladder

PLACE = Path(__file__).parent.parent / "data" / "ladders" / "zhenjiang.json"


def main() -> int:
    """Solve, then write or compare."""
    plan = zn.demo()
    text = kept.dump(plan, ladder(plan))
    if "--check" in sys.argv:
        same = PLACE.is_file() and PLACE.read_text(encoding="utf-8") == text
        print("as solved now" if same else "differs from what is solved now")
        return 0 if same else 1
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text(text, encoding="utf-8", newline="\n")
    print(PLACE.name, len(text), "bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
