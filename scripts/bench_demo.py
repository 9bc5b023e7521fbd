"""The whole demo run, imports included, and where its time goes.

python scripts/bench_demo.py [--runs 5] [--write]
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOC = Path(__file__).parent.parent / "docs" / "benchmarks.md"
START, END = "<!-- demo: made by scripts/bench_demo.py -->", "<!-- demo: end -->"
IMPORTS = ("numpy", "pandas", "geopandas", "rasterio", "scipy", "folium", "matplotlib", "pyarrow")


def run(folder: Path) -> tuple[float, float, dict]:
    """Run the demo in a process of its own: wall seconds, processor seconds, times.json."""
    before = os.times()
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "zoning", "demo", "-o", folder, "-q"], check=True)
    wall = time.perf_counter() - start
    after = os.times()
    cpu = (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )
    return wall, cpu, json.loads((folder / "times.json").read_text(encoding="utf-8"))


def import_seconds(folder: Path) -> dict[str, float]:
    """Give the seconds that the import of each large library takes, nested ones included."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "zoning", "demo", "-o", folder, "-q"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found: dict[str, float] = {}
    for line in done.stderr.splitlines():
        hit = re.match(r"import time:\s+(\d+) \|\s+(\d+) \|\s+(\S+)$", line)
        if hit and hit[3].split(".")[0] in IMPORTS:
            top = hit[3].split(".")[0]
            found[top] = max(found.get(top, 0.0), int(hit[2]) / 1e6)
    return found


def table(runs: int) -> list[str]:
    """Measure and give the lines of the document."""
    with tempfile.TemporaryDirectory() as place:
        run(Path(place))  # the first one compiles the modules
        done = [run(Path(place)) for _ in range(runs)]
        imports = import_seconds(Path(place))
    wall, cpu = (statistics.median(d[k] for d in done) for k in (0, 1))
    steps = {
        name: statistics.median(d[2]["seconds"][name] for d in done)
        for name in done[0][2]["seconds"]
    }
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    lines = [
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, median "
        f"of {runs} runs in processes of their own, one-minute load at the end {load}.",
        "",
        "| part | s |",
        "|---|--:|",
        f"| **whole run, wall** | **{wall:.2f}** |",
        f"| whole run, processor time | {cpu:.2f} |",
        *[f"| step: {name} | {seconds:.2f} |" for name, seconds in steps.items()],
        f"| the rest: imports and writing files | {wall - sum(steps.values()):.2f} |",
        *[f"| of it, import of {n} (with what it brings) | {s:.2f} |" for n, s in imports.items()],
    ]
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    made = table(asked.runs)
    print("\n".join(made))
    if asked.write:
        text = DOC.read_text(encoding="utf-8")
        block = "\n".join([START, *made, END])
        pattern = f"{re.escape(START)}.*?{re.escape(END)}"
        text = re.sub(pattern, lambda _: block, text, flags=re.S)
        beside = DOC.with_suffix(".new")
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(DOC)
