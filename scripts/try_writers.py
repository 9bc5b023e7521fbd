"""Kill writers at random moments, let several write at once, fill the disk: whole results only.

    python scripts/try_writers.py [--kills 500] [--rounds 200] [--sizes 20] [--targets 12]

Every writer of ``tests/faults/writers.py`` takes part. A child process writes; a real SIGKILL comes
after a random time. What it left is met by the next command, and must be the old or the new result,
byte for byte, with nothing beside. Then two to four processes write into one folder at once. Last,
a small file system (tmpfs, where this user may mount one) is made so large that the result fits
hardly or not, in steps around its size. At the end a file of somebody else stands beside, under and
instead of every target, in an empty place and in one with the old result. Prints a line of JSON for
each part; exit 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "faults"))

import numpy as np
import writers
from watch import child, ended

from zoning.base import staged


def recover(place: Path) -> None:
    """Meet a place as the next command does."""
    inner = (p for p in place.rglob("*") if p.is_dir() and not p.name.startswith("."))
    for folder in [place, *inner]:
        staged.recover(folder)


class Trial:
    """A writer with its old and its new result."""

    def __init__(self, name: str, old: object, new: object, box: Path) -> None:
        self.write, self.old, self.new = writers.WRITERS[name], old, new
        self.a, self.place = box / f"{name}-a", box / f"{name}-place"
        b = box / f"{name}-b"
        self.a.mkdir()
        self.write(old, self.a)
        shutil.copytree(self.a, b)
        start = time.perf_counter()
        ended(*child(lambda: self.write(new, b)))
        self.seconds = time.perf_counter() - start
        self.before, self.after = writers.state(self.a), writers.state(b)

    def again(self) -> Path:
        """Put the old result into the place."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.a, self.place)
        return self.place


def killed(trials: dict[str, Trial], number: int, rng: np.random.Generator) -> dict[str, object]:
    """Send SIGKILL at random moments."""
    count, wrong = Counter[str](), []
    for n in range(number):
        name = str(rng.choice(list(trials)))
        trial = trials[name]
        place = trial.again()
        pid, read = child(lambda t=trial, p=place: t.write(t.new, p))
        time.sleep(rng.uniform(0, 1.1 * trial.seconds))
        os.kill(pid, signal.SIGKILL)
        said = ended(pid, read)
        recover(place)
        left = writers.state(place)
        whole = "new" if left == trial.after else "old" if left == trial.before else "neither"
        count[whole if said else f"{whole}, killed"] += 1
        if whole == "neither" or (said == "done" and whole == "old") or said.startswith("error"):
            wrong.append([n, name, whole, said])
    return {"part": "SIGKILL", "number": number, **count, "wrong": wrong}


def at_once(trials: dict[str, Trial], rounds: int, rng: np.random.Generator) -> dict[str, object]:
    """Let two to four processes write into one place."""
    count, wrong = Counter[str](), []
    for n in range(rounds):
        name = str(rng.choice(list(trials)))
        trial = trials[name]
        place, many = trial.again(), int(rng.integers(2, 5))
        started = []
        for k in range(many):
            plan = trial.new if k % 2 == 0 else trial.old
            started.append(child(lambda t=trial, p=place, which=plan: t.write(which, p)))
            time.sleep(rng.uniform(0, 0.3 * trial.seconds))
        said = [ended(*one) for one in started]
        recover(place)
        left = writers.state(place)
        count.update(["done" if s == "done" else s for s in said])
        whole = left in (trial.before, trial.after)
        if not whole or "done" not in said or any(s.startswith("error") or not s for s in said):
            odd = sorted(k for k in {*left, *trial.after} if left.get(k) != trial.after.get(k))
            wrong.append([n, name, said, odd[:5]])
    return {"part": "writers at once", "rounds": rounds, **count, "wrong": wrong}


def full(trials: dict[str, Trial], sizes: int, box: Path) -> dict[str, object]:
    """Write where the disk is about as large as the result needs."""
    count, wrong = Counter[str](), []
    mount = box / "small"
    mount.mkdir()
    for name, trial in trials.items():
        need = sum(p.stat().st_size for p in trial.a.rglob("*") if p.is_file())
        for step in range(sizes):
            size = int(need * (1 + 2.2 * step / max(1, sizes - 1))) + 8192 * (step + 1)
            made = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount], capture_output=True
            )
            if made.returncode:
                return {"part": "full disk", "skipped": made.stderr.decode().strip()}
            try:
                place = mount / "place"
                try:
                    shutil.copytree(trial.a, place)
                except (OSError, shutil.Error):
                    count["too small for the old result"] += 1
                    continue
                said = ended(*child(lambda t=trial, p=place: t.write(t.new, p)))
                recover(place)
                left = writers.state(place)
                done = said == "done"
                count["done" if done else said] += 1
                if left != (trial.after if done else trial.before) or not said.startswith(
                    ("done", "told")
                ):
                    wrong.append([name, size, said])
            finally:
                subprocess.run(["umount", mount], check=True)
    return {"part": "full disk", "sizes": sizes, **count, "wrong": wrong}


FOREIGN = b"of somebody else \x00\x01" * 9


def foreign(trials: dict[str, Trial], most: int) -> dict[str, object]:
    """Put a file of somebody else beside, under and instead of targets; it must survive."""
    count, wrong = Counter[str](), []
    for name, trial in trials.items():
        inner = [p.relative_to(trial.a) for p in sorted(trial.a.rglob("*"))]
        files = [p for p in inner if (trial.a / p).is_file()]
        files = files if len(files) <= most else files[: most // 2] + files[-(most // 2) :]
        ways = [("beside", Path("notes.txt"), None)]
        ways += [("beside", p / "mine.txt", None) for p in inner if p not in files
                 and (trial.a / p).is_dir()]  # fmt: skip
        ways += [("instead", p, None) for p in files] + [("under", p / "x.txt", p) for p in files]
        for way, target, folder in ways:
            for old in (False, True):
                place = trial.again()
                if not old:
                    shutil.rmtree(place)
                    place.mkdir()
                if folder is not None and (place / folder).is_file():
                    (place / folder).unlink()
                (place / target).parent.mkdir(parents=True, exist_ok=True)
                (place / target).write_bytes(FOREIGN)
                said = ended(*child(lambda t=trial, p=place: t.write(t.new, p)))
                there = sum(p.is_file() and p.read_bytes() == FOREIGN for p in place.rglob("*"))
                count[f"{way}: {'written' if said == 'done' else said}"] += 1
                if there != 1 or not said.startswith(("done", "told")):
                    wrong.append([name, way, target.as_posix(), old, said, there])
    return {"part": "files of others", **count, "wrong": wrong}


def main() -> int:
    """Run the parts that are asked for."""
    writers.stop_the_clock()
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--kills", type=int, default=500)
    ask.add_argument("--rounds", type=int, default=200)
    ask.add_argument("--sizes", type=int, default=20, help="of the small disk, for each writer")
    ask.add_argument("--targets", type=int, default=12, help="files of others, for each writer")
    ask.add_argument("--writers", nargs="+", choices=writers.WRITERS, default=list(writers.WRITERS))
    ask.add_argument("--seed", type=int, default=20131)
    asked = ask.parse_args()
    rng, bad = np.random.default_rng(asked.seed), False
    with tempfile.TemporaryDirectory() as temporary:
        box = Path(temporary)
        old, new = writers.plans(box / "world")
        for plan in (old, new):
            writers.prepare(plan, box / "saved")
        trials = {name: Trial(name, old, new, box) for name in asked.writers}
        # A geodatabase has times inside and is told by sizes: two of one size cannot be told apart.
        trials = {name: t for name, t in trials.items() if t.before != t.after}
        parts = (
            lambda: killed(trials, asked.kills, rng),
            lambda: at_once(trials, asked.rounds, rng),
            lambda: full(trials, asked.sizes, box),
            lambda: foreign(trials, asked.targets),
        )
        for part in parts:
            said = part()
            bad |= bool(said.get("wrong"))
            print(json.dumps(said, ensure_ascii=False), flush=True)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
