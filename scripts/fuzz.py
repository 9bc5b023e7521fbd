"""Hand in damaged files of every kind, many; what is neither an answer nor a told error is kept.

    python scripts/fuzz.py [--kinds plan method ...] [--count 10000] [--seed 1] [--keep FOLDER]
    python scripts/fuzz.py --million [--seed 1]

`--million` hands in so many of each kind that they are a million in all; plan folders are loaded
and verified one by one and are the fewest. No input comes twice. Prints a table of kinds with
counts of taken, refused and failed, and the seconds of the slowest.
Exit 1 if anything failed. A hang is stopped after 30 s of processor time, or 5 minutes by the
clock: other work on the machine makes no input slow. The slowest is in processor time too.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

#: Seconds of processor time, and by the clock, after which an input counts as a hang.
HANG, WAIT = 30, 300
#: A million: many where an input takes a millisecond or less, fewer where files are unpacked or
#: every pair of rules is held against every other.
MILLION = {
    "plan": 100_000, "method": 80_000, "rule": 110_000, "formula": 130_000, "policy": 30_000,
    "integration": 60_000, "scheme": 140_000, "crosswalk": 150_000, "decisions": 80_000,
    "outline": 60_000, "preset": 15_000, "classes": 20_000, "conflicts": 3_000,
    "questions": 1_500, "csv": 6_000, "xlsx": 6_000, "marxan": 7_000, "folder": 1_500,
}  # fmt: skip


class Hang(BaseException):
    """An input took too long; no reader that takes any error for a damaged file takes this one."""


def run(name: str, seed: int, count: int, keep: Path) -> tuple[Counter[str], float]:
    """Hand in files of one kind; keep those that failed, one for each place of failing."""
    import fuzzing

    def late(number: int, frame: FrameType | None) -> None:
        raise Hang(f"over {HANG} s")

    kind = fuzzing.folder_kind() if name == "folder" else fuzzing.kinds()[name]
    told, slowest, seen = Counter[str](), 0.0, set()
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, late)
        signal.signal(signal.SIGPROF, late)
    with tempfile.TemporaryDirectory() as box:
        for data in fuzzing.inputs(kind, seed, count):
            start = time.process_time()
            if hasattr(signal, "SIGALRM"):
                signal.alarm(WAIT)
                signal.setitimer(signal.ITIMER_PROF, HANG)
            try:
                told[fuzzing.hand_in(kind, data, Path(box))] += 1
            except (Exception, Hang) as error:
                told["failed"] += 1
                at = traceback.extract_tb(error.__traceback__)[-1]
                place = (type(error).__name__, at.filename, at.lineno)
                if place not in seen:
                    seen.add(place)
                    keep.mkdir(parents=True, exist_ok=True)
                    mark = hashlib.sha256(data).hexdigest()[:10]
                    (keep / f"{name}-{mark}{kind.suffix}").write_bytes(data)
                    print(f"{name}: {error!r} at {at.filename}:{at.lineno}", file=sys.stderr)
            finally:
                if hasattr(signal, "SIGALRM"):
                    signal.alarm(0)
                    signal.setitimer(signal.ITIMER_PROF, 0)
            slowest = max(slowest, time.process_time() - start)
    return told, slowest


def main() -> int:
    """Run every kind that was asked for."""
    import fuzzing

    every = list(MILLION)
    assert {*every} == {*fuzzing.kinds(), "folder"}
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--kinds", nargs="+", default=every, choices=every)
    ask.add_argument("--count", type=int, default=10_000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--million", action="store_true", help="counts by kind, a million in all")
    ask.add_argument("--keep", type=Path, default=Path("fuzz-failed"))
    asked = ask.parse_args()
    print("| kind | inputs | taken | refused | failed | slowest s |")
    print("|---|---:|---:|---:|---:|---:|", flush=True)
    failed, whole, most = 0, 0, 0.0
    for name in asked.kinds:
        count = MILLION[name] if asked.million else asked.count
        told, slowest = run(name, asked.seed, count, asked.keep)
        failed, whole, most = failed + told["failed"], whole + count, max(most, slowest)
        print(f"| {name} | {count:,} | {told['taken']:,} | {told['refused']:,} | "
              f"{told['failed']:,} | {slowest:.2f} |", flush=True)  # fmt: skip
    print(f"| all | {whole:,} | | | {failed:,} | {most:.2f} |")
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
