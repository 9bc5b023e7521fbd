"""A place that one writer holds: a folder with a lock that its death releases."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Begin of the names of such folders; a writer of one file adds the name of the file.
STAGE = ".zoning-writing"
_LOCK, _HOLDER = "lock", "holder.json"


class HeldError(Exception):
    """Another living process holds the place; `holder` says who."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__("held")
        self.holder = holder


@dataclass
class Stage:
    """A folder that this process holds.

    Parameters
    ----------
    path : Path
    handle : int
        Of the locked file inside.
    """

    path: Path
    handle: int

    def empty(self) -> None:
        """Take away everything but the lock."""
        for one in self.path.iterdir():
            if one.name == _LOCK:
                continue
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one, ignore_errors=True)
            else:
                with suppress(OSError):
                    one.unlink()

    def release(self) -> None:
        """Take the folder away and let go; what cannot go is litter that the next one sweeps."""
        with suppress(OSError):
            self.empty()
        if os.name != "nt":  # Windows cannot remove an open file
            with suppress(OSError):
                (self.path / _LOCK).unlink()
        with suppress(OSError):
            os.close(self.handle)
        with suppress(OSError):
            (self.path / _LOCK).unlink(missing_ok=True) if os.name == "nt" else None
        with suppress(OSError):
            self.path.rmdir()


def stages(folder: Path) -> Iterator[Path]:
    """Give the folders of writers, alive or dead, in a place."""
    with suppress(OSError):
        yield from sorted(p for p in folder.glob(f"{STAGE}*") if p.is_dir() and not p.is_symlink())


def take(path: Path, *, make: bool = True) -> Stage:
    """Hold a folder; it is made if need be.

    Raises
    ------
    HeldError
        If a living process holds it.
    OSError
        If it cannot be made; FileNotFoundError without ``make`` when it has just gone.
    """
    while True:
        if make:
            with suppress(FileExistsError):
                path.mkdir()
        if path.is_symlink():
            raise OSError(errno.ELOOP, "is a link", str(path))
        lock = path / _LOCK
        try:
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:
            if make and path.parent.is_dir():
                continue
            raise
        if not _locked(handle):
            os.close(handle)
            raise HeldError(_holder(path))
        try:
            same = os.path.samestat(os.fstat(handle), lock.stat())
        except OSError:
            same = False
        if same:
            break
        os.close(handle)  # the one who held it has taken the file away meanwhile
    return Stage(path, handle)


def sign(stage: Stage) -> None:
    """Write down who holds the folder, for others to tell."""
    about = {
        "pid": os.getpid(), "host": socket.gethostname(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]])[:200],
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
    }  # fmt: skip
    (stage.path / _HOLDER).write_text(json.dumps(about), encoding="utf-8")


def _holder(path: Path) -> dict[str, Any]:
    try:
        found = json.loads((path / _HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _locked(handle: int) -> bool:
    """Lock an open file without waiting; the system unlocks it when the process ends."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # On a disk without locks nobody can be told apart.
        return error.errno in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
    return True
