"""The whole demo run, imports included, and where its time goes.

    python scripts/bench_demo.py [--runs 5] [--write]
    python scripts/bench_demo.py --beside FOLDER [--plan PLAN.toml]     two versions, taking turns

``FOLDER`` is a working copy of another version, such as one that ``git worktree add --detach``
makes; both have their compiled modules at hand, and one thread each. ``--plan`` runs a plan file
that both know instead of the demo.
"""

import argparse
import json
import os
import platform
import re
import shutil
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


def spent(tree: Path, plan: Path | None, place: Path) -> float:
    """Give the processor seconds of one run of a working copy, from start to end."""
    out = place / "out"
    shutil.rmtree(out, ignore_errors=True)
    modules = place / f"modules-{tree.name}"
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONPYCACHEPREFIX": str(modules),
           "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    what = ["demo"] if plan is None else ["run", str(plan)]
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", "zoning", *what, "-o", out, "-q"], check=True, env=env, cwd=place,
        capture_output=True,
    )  # fmt: skip
    after = os.times()
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def side_by_side(other: Path, plan: Path | None, runs: int) -> str:
    """Let two versions take turns; give their medians and how they stand to each other."""
    trees = {"the other": other.resolve(), "this": Path(__file__).resolve().parent.parent}
    with tempfile.TemporaryDirectory() as place:
        seconds: dict[str, list[float]] = {name: [] for name in trees}
        for turn in range(runs + 1):
            for name, tree in trees.items():
                took = spent(tree, plan and plan.resolve(), Path(place))
                if turn:  # the first one compiles the modules
                    seconds[name].append(took)
    told = [
        f"{name}: median {statistics.median(s):.2f} s, of {', '.join(f'{x:.2f}' for x in s)}"
        for name, s in seconds.items()
    ]
    middle = [statistics.median(s) for s in seconds.values()]
    least = [min(s) for s in seconds.values()]
    ratios = f"medians {middle[1] / middle[0]:.2f} times, least {least[1] / least[0]:.2f} times"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return "\n".join([*told, f"{ratios}; one-minute load at the end {load}"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--beside", type=Path, metavar="FOLDER")
    parser.add_argument("--plan", type=Path, metavar="PLAN.toml")
    asked = parser.parse_args()
    if asked.beside is not None:
        print(side_by_side(asked.beside, asked.plan, asked.runs))
        raise SystemExit
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
