"""Kill workers of a Dask cluster over TCP in the middle of their work; nothing may be lost.

    python scripts/kill_workers.py [--kills 20] [--workers 3] [--seconds 0.5]

Scheduler and workers are processes of their own. After every second job that is done one worker is
killed and another started; each result is held against what it must be.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def work(shared: dict[str, float], job: int) -> int:
    """Take a while, then give a number that tells which job it was."""
    time.sleep(shared["seconds"])
    return 2 * job * job


def main() -> None:
    """Read the words and kill."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="of a job")
    given = parser.parse_args()
    from zoning.scale.cluster import Cluster

    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    with tempfile.TemporaryDirectory() as box:

        def start(module: str, *words: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [sys.executable, "-m", module, "--no-dashboard", *words], env=env,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        told = Path(box) / "scheduler.json"
        every = [start("distributed.cli.dask_scheduler", "--port", "0",
                       "--scheduler-file", str(told))]  # fmt: skip
        while not (told.exists() and told.stat().st_size):
            time.sleep(0.1)
        address = json.loads(told.read_text(encoding="utf-8"))["address"]

        def worker() -> subprocess.Popen[bytes]:
            every.append(start("distributed.cli.dask_worker", address, "--nthreads", "1",
                               "--no-nanny", "--local-directory", box))  # fmt: skip
            return every[-1]

        living, killed = [worker() for _ in range(given.workers)], 0

        def kill(done: int, all_: int) -> None:
            nonlocal killed
            if done % 2 == 0 and killed < given.kills and done < all_:
                living[0].kill()
                living.append(worker())
                living.pop(0)
                killed += 1

        jobs = list(range(3 * given.kills))
        begin = time.perf_counter()
        try:
            found = list(Cluster(address, done=kill)(work, {"seconds": given.seconds}, jobs))
        finally:
            for process in every:
                process.kill()
                process.wait()
        right = found == [2 * k * k for k in jobs]
        clock, said = time.perf_counter() - begin, "right" if right else "NOT right"
        print(
            f"{len(jobs)} jobs, {killed} workers killed, {clock:.1f} s on the clock: results {said}"
        )
        sys.exit(0 if right and killed == given.kills else 1)


if __name__ == "__main__":
    main()
