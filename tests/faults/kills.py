"""Kill a writer at its n-th call that changes the disk, for n = 1, 2, 3 ...: old or new, whole.

Run with the library of ``faults.c`` preloaded (``scripts/try_kills.py`` builds it)::

    LD_PRELOAD=faults.so python kills.py FOLDER WRITER [--every] [--empty] [--no-journal]
    LD_PRELOAD=faults.so python kills.py FOLDER WRITER --sample N [--full-disk] [--compare]

With ``--every`` the writer runs once and waits before each of its calls while the place is copied:
what a death there leaves (``watch.py``). Equal states are judged once. Else each state is reached
by running the writer again in a forked child that dies (or whose disk is full) there, and
``--compare`` holds what such deaths leave against the copies, byte for byte.

What is left is then met by the next command of the same place, and must be the old or the new
result, byte for byte, with nothing else beside; with ``--every`` some states are also met by the
same writer again, which must leave the new result. Prints a line of JSON: calls, states, how many
were old and new, and every state that was neither.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import writers
from watch import COUNT, FULL, KILL, OFF, Files, armed, copy, watched

from zoning.base import journal, locks, staged
from zoning.base.heard import hearing

LIB = ctypes.CDLL(None)


def in_child(what: Callable[[], object], mode: int, n: int = 0) -> tuple[int, str]:
    """Run in a forked child with faults on; give its signal or code, and what it said."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            os.write(write, armed(LIB, what, mode, n).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return status, said


class Trial:
    """A writer, what stands before it and what it leaves."""

    def __init__(self, folder: Path, writer: str, *, empty: bool) -> None:
        old, self.plan = writers.plans(folder / "world")
        self.writer, self.write = writer, writers.WRITERS[writer]
        for plan in (old, self.plan):  # what is read is made before calls are counted
            writers.prepare(plan, folder / "saved")
        self.a, self.place, self.copied = (folder / n for n in ("a", "place", "copied"))
        self.a.mkdir()
        if not empty:
            self.write(old, self.a)
        self.write(self.plan, self.again())  # so that all is imported before calls are counted
        place = self.again()
        _, said = in_child(lambda: self.write(self.plan, place), COUNT)
        self.calls = int(said.split()[0])
        self.before, self.after = writers.state(self.a), writers.state(self.place)
        assert self.before != self.after, said

    def again(self) -> Path:
        """Put into the place what stood there before."""
        return copy(self.a, self.place)

    def judge(self, place: Path) -> tuple[str, object]:
        """Let the next command meet a place; give "old", "new" or "wrong", and what is wrong."""
        waits = any((s / journal.JOURNAL).exists() for s in locks.stages(place))
        with hearing() as heard:
            told = writers.meet(place)
        if told:
            return "wrong", told
        if waits and not any(f.code == "recovered" for f in heard):
            return "wrong", "an interrupted writing was finished and not told"
        left = writers.state(place)
        if left in (self.before, self.after):
            return ("old" if left == self.before else "new"), ""
        odd = sorted(k for k in {*left, *self.before, *self.after}
                     if left.get(k) not in (self.before.get(k), self.after.get(k)))  # fmt: skip
        return "wrong", odd[:6] or "some old, some new"

    def repeated(self, place: Path) -> str:
        """Let the writer meet a place itself; say what it did where the new result is not there."""
        _, said = in_child(lambda: self.write(self.plan, place), OFF)
        return "" if writers.state(place) == self.after else said


def every(trial: Trial, again: list[int]) -> dict[str, object]:
    """Look before each call of one run, and judge what is not known yet."""
    files, known = Files(trial.again()), dict[tuple[object, ...], str]()
    count, wrong = {"old": 0, "new": 0}, list[object]()
    order = list[str]()

    def look(n: int) -> None:
        seen = files.look()
        if seen not in known:
            known[seen], why = trial.judge(copy(trial.place, trial.copied))
            if known[seen] == "wrong":
                wrong.append([n, why])
        if n in again and (why := trial.repeated(copy(trial.place, trial.copied))):
            wrong.append([n, "written again", why])
        order.append(known[seen])

    said = watched(LIB, lambda: trial.write(trial.plan, trial.place), look)
    look(len(order) + 1)
    if said.split()[1:] != ["done"] or int(said.split()[0]) + 1 != len(order):
        wrong.append([len(order), said])
    if order != sorted(order, key=["old", "wrong", "new"].index):
        wrong.append("what was new was old again")
    for word in order:
        count[word] = count.get(word, 0) + 1
    return {"calls": len(order) - 1, "states": len(order), "distinct": len(known), **count,
            "wrong": wrong}  # fmt: skip


def some(trial: Trial, steps: list[int], *, full: bool) -> dict[str, object]:
    """Run the writer again for each state, to die there or to find the disk full."""
    count, wrong, mode = {"old": 0, "new": 0}, list[object](), FULL if full else KILL
    for n in steps:
        place = trial.again()
        status, said = in_child(lambda: trial.write(trial.plan, trial.place), mode, n)
        what, why = trial.judge(place)
        count[what] = count.get(what, 0) + 1
        bad = what == "wrong"
        if full and what == "old":
            bad |= not said or " error" in f" {said[:30]}"
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if bad or not (died or full or said.endswith("done")):
            wrong.append([n, said or "killed", why])
    return {"calls": trial.calls, "states": len(steps), **count, "wrong": wrong}


def compare(trial: Trial, steps: list[int]) -> dict[str, object]:
    """Hold what a death leaves against the copy of that moment, before anything meets it."""
    copies, wrong, files = {}, list[object](), Files(trial.again())

    def look(n: int) -> None:
        if n in steps:
            copies[n] = raw(files)

    watched(LIB, lambda: trial.write(trial.plan, trial.place), look)
    for n in steps:
        died = Files(trial.again())
        in_child(lambda: trial.write(trial.plan, trial.place), KILL, n)
        left = raw(died)
        if left != copies.get(n):
            odd = dict(left.items() ^ copies.get(n, {}).items())
            wrong.append([n, sorted(odd)[:6]])
    return {"calls": trial.calls, "states": len(steps), "wrong": wrong}


def raw(files: Files) -> dict[str, object]:
    """Give what stands in a place.

    Who holds it (the number of a process, a time), journals of SQLite (a random number in each) and
    file geodatabases (times in them, and so their checksums) are never the same twice: of these
    only that they are there, and how long.
    """
    found: dict[str, object] = {}
    for name, mode, what in files.look():
        if name.endswith("/holder.json"):
            what = b""
        elif name.endswith(("-journal", "zoning.json")) or ".gdb/" in name:
            what = str((files.folder / name).stat().st_size)
        found[name] = (mode, what)
    return found


def main() -> int:
    """Try the states; exit 1 if any is neither the old nor the new result."""
    args = argparse.ArgumentParser()
    args.add_argument("folder", type=Path)
    args.add_argument("writer", choices=writers.WRITERS)
    args.add_argument("--every", action="store_true", help="every state, by copies")
    args.add_argument("--again", type=int, default=4, help="states that the writer meets itself")
    args.add_argument("--empty", action="store_true", help="nothing stands there before")
    args.add_argument("--sample", type=int, default=0, help="so many states, the end always")
    args.add_argument("--compare", action="store_true", help="copies against deaths")
    args.add_argument("--full-disk", action="store_true")
    args.add_argument("--no-journal", action="store_true", help="a writer that is wrong")
    given = args.parse_args()
    LIB.faults_counted.restype = ctypes.c_long
    start = time.perf_counter()
    if given.no_journal:
        journal.write = lambda *_: None
        staged._swap = _swap_bare  # type: ignore[assignment]
    trial = Trial(given.folder, given.writer, empty=given.empty)
    steps = list(range(1, trial.calls + 1))
    if given.sample and trial.calls > given.sample:
        end = steps[-given.sample // 2 :]
        rest = random.Random(20131).sample(steps[: -len(end)], given.sample - len(end))
        steps = sorted({*end, *rest})
    if given.compare:
        found = compare(trial, steps)
    else:
        again = random.Random(20131).sample(steps, min(given.again, len(steps)))
        found = every(trial, again) if given.every else some(trial, steps, full=given.full_disk)
    wrong = found.pop("wrong")
    seconds = round(time.perf_counter() - start, 1)
    print(json.dumps({"writer": given.writer, **found, "seconds": seconds, "wrong": wrong[:20],
                      "bad": len(wrong)}, ensure_ascii=False))  # fmt: skip
    return bool(wrong)


def _swap_bare(stage: Path, folder: Path, wish: object) -> None:
    """Move file by file and write nothing down: how it was before there was a journal."""
    for path in sorted((stage / journal.NEW).rglob("*")):
        if path.is_file():
            target = folder / path.relative_to(stage / journal.NEW)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)


if __name__ == "__main__":
    writers.stop_the_clock()
    sys.exit(main())
