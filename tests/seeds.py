"""Seeds of the tests that draw their own world: fresh for each state of the code, one per commit.

A seed follows from all sources of the package and from the test that asks: whoever changes a line
gets another draw, and whoever runs the same commit again gets the same answer. ``ZONING_TEST_SEED``
takes a number, to run one draw again, or ``random``, to draw afresh at each run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import zoning

_PACKAGE = Path(zoning.__file__).parent


def fresh_seeds(count: int, test: str) -> list[int]:
    """Give seeds for a test file (its ``__file__``); one alone where the environment names it."""
    given = os.environ.get("ZONING_TEST_SEED", "")
    if given == "random":
        return [secrets.randbits(32) for _ in range(count)]
    if given:
        return [int(given)]
    return derived(count, (_digest(_PACKAGE), _of([Path(test)], Path(test).parent)))


def derived(count: int, roots: tuple[bytes, ...]) -> list[int]:
    """Give the seeds that follow from digests of sources."""
    each = (hashlib.sha256(b"".join(roots) + b"%d" % n).digest() for n in range(count))
    return [int.from_bytes(d[:4], "big") for d in each]


@functools.cache
def _digest(folder: Path) -> bytes:
    return _of(sorted(folder.rglob("*.py")), folder)


def _of(files: list[Path], folder: Path) -> bytes:
    """Digest files under their names; the ends of lines are those of the machine, so not theirs."""
    told = hashlib.sha256()
    for name, file in sorted((f.relative_to(folder).as_posix(), f) for f in files):
        text = file.read_bytes().replace(b"\r\n", b"\n")
        told.update(b"%d %s %d\n" % (len(name), name.encode(), len(text)) + text)
    return told.digest()


@contextlib.contextmanager
def told(seed: int) -> Iterator[np.random.Generator]:
    """Give the numbers of a seed, and say which seed it was where the test fails."""
    try:
        yield np.random.default_rng(seed)
    except BaseException as error:
        error.add_note(f"again with ZONING_TEST_SEED={seed}")
        raise
