"""Look at a place before each call of a writer that changes the disk, in one run of it.

What a process leaves that dies before its n-th call is what stands on the disk then: its locks go
with it, and what it holds in buffers is lost. So a copy made at that moment is as good as a death,
and the writer need not be run again for each n. `kills.py --compare` holds copies against deaths.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from zoning.errors import InputError

#: Times of files are as coarse as the clock of the kernel: younger ones are read again.
COARSE_NS = 50_000_000
OFF, COUNT, KILL, FULL, ASK = range(5)


class Files:
    """What stands in a folder, without reading again what cannot have changed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.known = folder, dict[tuple[int, ...], bytes]()

    def look(self) -> tuple[tuple[str, int, bytes], ...]:
        """Give every file and folder below, by name, mode and content."""
        return tuple(self._walk(self.folder, ""))

    def _walk(self, folder: Path | str, above: str) -> Iterator[tuple[str, int, bytes]]:
        with os.scandir(folder) as found:
            for one in sorted(found, key=lambda e: e.name):
                name, is_ = above + one.name, one.stat(follow_symlinks=False)
                if stat.S_ISDIR(is_.st_mode):
                    yield name, is_.st_mode, b""
                    yield from self._walk(one.path, name + "/")
                elif stat.S_ISLNK(is_.st_mode):
                    yield name, is_.st_mode, os.fsencode(os.readlink(one.path))
                else:
                    yield name, is_.st_mode, self._content(one.path, is_)

    def _content(self, path: str, is_: os.stat_result) -> bytes:
        key = (is_.st_ino, is_.st_size, is_.st_mtime_ns, is_.st_ctime_ns)
        if key in self.known:
            return self.known[key]
        import hashlib

        now = time.time_ns()
        with open(path, "rb") as file:
            seen = hashlib.file_digest(file, "sha256").digest()
        if now - is_.st_ctime_ns > COARSE_NS:
            self.known[key] = seen
        return seen


def outcome(what: Callable[[], object]) -> str:
    """Call; give how it ended, in a word that fits into a pipe."""
    try:
        what()
    except InputError as error:
        return "told " + ",".join(sorted({p.code for p in error.problems}))
    except BaseException as error:
        return f"error {type(error).__name__}: {error}"[:300]
    return "done"


def child(what: Callable[[], object]) -> tuple[int, int]:
    """Start in a forked process; give its number, and where it will say how it ended."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            os.write(write, outcome(what).encode())
        finally:
            os._exit(0)
    os.close(write)
    return pid, read


def ended(pid: int, read: int) -> str:
    """Wait for a child; give what it said, nothing where it was killed."""
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(pid, 0)
    return said


def armed(lib: ctypes.CDLL, what: Callable[[], object], mode: int, n: int = 0) -> str:
    """Run with faults on, if it lives; give the number of its calls and how it ended."""
    lib.faults_arm(mode, ctypes.c_long(n))
    said = outcome(what)
    calls = lib.faults_counted()
    lib.faults_arm(OFF, ctypes.c_long(0))
    return f"{calls} {said}"


def watched(lib: ctypes.CDLL, what: Callable[[], object], look: Callable[[int], None]) -> str:
    """Run in a forked child; call ``look(n)`` while it waits before its n-th call.

    Returns
    -------
    str
        Number of calls and what it said, as `armed`.
    """
    asked, ask = os.pipe()
    hear, tell = os.pipe()
    said, say = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            for one in (asked, tell, said):
                os.close(one)
            lib.faults_pipes(ask, hear)
            os.write(say, armed(lib, what, ASK).encode())
        finally:
            os._exit(0)
    for one in (ask, hear, say):
        os.close(one)
    try:
        while question := os.read(asked, 8):
            look(struct.unpack("l", question)[0])
            os.write(tell, b"y")
    finally:
        os.close(asked)
        os.close(tell)
        with os.fdopen(said, "rb") as pipe:
            told = pipe.read().decode()
        os.waitpid(child, 0)
    return told


def copy(place: Path, to: Path) -> Path:
    """Copy what stands in a place, afresh."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(place, to, symlinks=True)
    return to
