"""Make honest plans at random, and answers to them; verify must pass every one.

    python scripts/try_honest.py [--count 300] [--first 0]

Prints counts as a line of JSON, and each seed of which verify refutes something; exit 1 if any.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from honest_plans import told


def main() -> int:
    """Try them."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--count", type=int, default=300)
    ask.add_argument("--first", type=int, default=0, help="the first seed")
    asked = ask.parse_args()
    count, wrong = Counter[str](), []
    for seed in range(asked.first, asked.first + asked.count):
        with tempfile.TemporaryDirectory() as box:
            kind, off = told(seed, Path(box, "world"))
        count[kind] += 1
        if (seed + 1) % 20 == 0:
            print(f"{seed + 1 - asked.first} of {asked.count}: {dict(count)}", file=sys.stderr,
                  flush=True)  # fmt: skip
        if off:
            wrong.append([seed, off[:3]])
            print(seed, off[:3], file=sys.stderr, flush=True)
    print(json.dumps({"plans": asked.count, **count, "wrong": wrong}, ensure_ascii=False))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
