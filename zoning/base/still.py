"""Files of SQLite that another program has open, read without a touch."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

_KINDS = (".gpkg", ".sqlite", ".db")
#: Copies that are tried while the other program writes.
_TRIES = 5


def waits(path: Path) -> Path | None:
    """Give the journal in which changes of a GeoPackage still wait, if there is one."""
    journal = path.with_name(path.name + "-wal")
    return journal if path.suffix.lower() in _KINDS and journal.is_file() else None


def still(path: str | Path) -> Path:
    """Give a file that may be read in place of this one and leaves it as it is.

    Whoever opens a GeoPackage in write-ahead mode and closes it last writes the waiting changes
    into it and takes the journal away, though he only reads. So a copy of both is read, which lies
    in a folder of this process and goes with it. All other files are given back as they are.

    Examples
    --------
    >>> still("towns.shp").name
    'towns.shp'
    """
    path = Path(path)
    journal = waits(path)
    if journal is None:
        return path
    for _ in range(_TRIES):
        before = _state(path, journal)
        found = _copy(path.resolve(), before)
        if _state(path, journal) == before:
            break
    return found


def _state(*files: Path) -> tuple[tuple[int, int], ...]:
    """Tell one state of files from another: when they were written, and how long they are."""
    found = []
    for file in files:
        try:
            at = file.stat()
            found.append((at.st_mtime_ns, at.st_size))
        except OSError:  # the journal went while we looked
            found.append((0, -1))
    return tuple(found)


@cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="zoning-read-")


@cache
def _copy(path: Path, state: tuple[tuple[int, int], ...]) -> Path:
    """Copy a file and its journal, once for each state of the two."""
    box = Path(tempfile.mkdtemp(dir=_home().name))
    for end in ("", "-wal"):
        source = path.with_name(path.name + end)
        if source.exists():
            shutil.copyfile(source, box / source.name)
    return box / path.name
