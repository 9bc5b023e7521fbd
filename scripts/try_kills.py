"""Let every writer die before each of its calls that change the disk: whole results only.

    python scripts/try_kills.py [--writers folder map ...] [--compare 24] [--folder /dev/shm]

Builds the library of ``tests/faults/faults.c`` (needs a C compiler, Linux) and runs
``tests/faults/kills.py --every`` for each writer, once over an old result and once into an empty
folder: every n from 1 to the number of calls. `--compare` also holds so many of the copies that it
judges against what real deaths leave. A writer that moves several files without a journal is tried
last and must be found out. Prints a table; exit 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FAULTS = ROOT / "tests" / "faults"
sys.path[:0] = [str(ROOT), str(FAULTS)]


def build(folder: Path) -> Path:
    """Build the library that is preloaded."""
    out = folder / "faults.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", out, FAULTS / "faults.c", "-ldl", "-lpthread"],
        check=True,
    )
    return out


def tried(library: Path, box: Path, writer: str, *words: str) -> dict[str, Any]:
    """Run the harness in a process of its own and give what it found."""
    env = {**os.environ, "LD_PRELOAD": str(library), "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory(dir=box) as folder:
        done = subprocess.run(
            [sys.executable, FAULTS / "kills.py", folder, writer, *words], env=env,
            capture_output=True, text=True, encoding="utf-8", check=False,
        )  # fmt: skip
    if not done.stdout.strip():
        return {"writer": writer, "bad": 1, "wrong": done.stderr[-2000:]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> int:
    """Try the writers that are asked for."""
    import writers

    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--writers", nargs="+", choices=writers.WRITERS, default=[*writers.WRITERS])
    ask.add_argument("--compare", type=int, default=0, help="deaths of each to hold against copies")
    ask.add_argument("--over", nargs="+", choices=("old", "nothing"), default=("old", "nothing"))
    ask.add_argument("--folder", type=Path, help="where to write; a disk in memory is quick")
    asked = ask.parse_args()
    total, bad = dict.fromkeys(("calls", "states", "distinct", "old", "new"), 0), 0
    print("| writer | over | calls | states | distinct | old | new | wrong | s |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    with tempfile.TemporaryDirectory(dir=asked.folder) as temporary:
        box = Path(temporary)
        library = build(box)
        for writer in asked.writers:
            for over in asked.over:
                words = ["--empty"] if over == "nothing" else []
                found = tried(library, box, writer, "--every", *words)
                bad += found["bad"]
                for key in total:
                    total[key] += found.get(key, 0)
                cells = [writer, over, *(found.get(k, "") for k in (*total, "bad", "seconds"))]
                print("| " + " | ".join(map(str, cells)) + " |", flush=True)
                if found["bad"]:
                    print(found["wrong"], file=sys.stderr, flush=True)
            if asked.compare:
                held = tried(library, box, writer, "--compare", "--sample", str(asked.compare))
                bad += held["bad"]
                if held["bad"]:
                    print("not as a death leaves it:", held["wrong"], file=sys.stderr, flush=True)
        print("| all | | " + " | ".join(f"{n:,}" for n in total.values()) + f" | {bad} | |")
        several = "folder" if "folder" in asked.writers else asked.writers[0]
        caught = tried(library, box, several, "--every", "--no-journal")["bad"]
        print(f"without a journal: {caught} states found out", flush=True)
    return int(bad > 0 or not caught)


if __name__ == "__main__":
    sys.exit(main())
