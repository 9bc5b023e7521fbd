"""Whole or nothing: files are written beside their place and moved when all is done."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.errors import InputError, Problem, Text

#: Where the files that a new plan replaces wait until all is done.
_REPLACED = ".replaced"
_STAGE = ".writing-"
#: SQLite opens no longer path, in bytes: 512 with the ending of its journal.
LONGEST_PATH = 512 - len("-journal\0")
_ELSEWHERE = Text("choose a shorter or another place with -o", "请用 -o 另选较短的位置")


@contextmanager
def staged(
    folder: Path, last: Sequence[str] = ("run.json",), stale: Sequence[str] = ()
) -> Iterator[Path]:
    """Give an empty folder; when all went well its files move to ``folder``, ``last`` at the end.

    Nothing of ``folder`` is touched before. If a move fails, all files go back to where they were;
    if the process is killed between two moves, the files named in ``last`` are not there, so what
    is left cannot be taken for a plan. Other files of ``folder`` stay as they are.

    Parameters
    ----------
    folder : Path
        Made if need be.
    last : sequence of str
        Files that say that all is there: taken away first, put in last.
    stale : sequence of str
        Files that are taken away if they are not written anew.

    Raises
    ------
    InputError
        If the folder cannot be made or a file is held open by another program.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=_STAGE))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield stage
        _move(stage, folder, last, stale)
    finally:
        # What could not go back to its place is not thrown away.
        if not any(p.is_file() for p in (stage / _REPLACED).rglob("*")):
            shutil.rmtree(stage, ignore_errors=True)


def place_problems(folder: Path, longest: str = ".plan.gpkg.12345678/plan.gpkg") -> list[Problem]:
    """Find out, before any work is done, why a folder could not take files.

    Parameters
    ----------
    folder : Path
        Where files will be written; it need not exist.
    longest : str
        The longest name of a SQLite file (GeoPackage) in it, while it is being written.

    Returns
    -------
    list of Problem
        It is a file, no folder can be made there, or its path is too long for SQLite.
    """
    made = next((p for p in (folder, *folder.absolute().parents) if _there(p)), None)
    path = os.fsencode(folder.absolute() / f"{_STAGE}12345678" / longest)
    if made is None or not made.is_dir():
        what = Text("is a file, not a folder", "是文件而不是文件夹")
        return [Problem(what, str(made or folder), code="not-a-folder", remedy=_ELSEWHERE)]
    if not os.access(made, os.W_OK | os.X_OK):
        what = Text("cannot be written", "没有写入权限")
        return [Problem(what, str(made), code="unwritable", remedy=_ELSEWHERE)]
    if len(path) > LONGEST_PATH:
        what = Text(
            f"too deep: paths of its files reach {len(path)} bytes, SQLite opens {LONGEST_PATH}",
            f"路径过深：其中文件的路径达 {len(path)} 字节，SQLite 最多 {LONGEST_PATH} 字节",
        )
        return [Problem(what, str(folder), len(path), LONGEST_PATH, _ELSEWHERE, "path-too-long")]
    return []


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for the disk
        return False


def _move(stage: Path, folder: Path, last: Sequence[str], stale: Sequence[str]) -> None:
    """Put the files of ``stage`` into ``folder``, all or none."""
    new = [p.relative_to(stage) for p in sorted(stage.rglob("*")) if p.is_file()]
    ends = [n for n in new if n.name in last]
    others = [n for n in new if n.name not in last]
    gone = [Path(n) for n in stale if Path(n) not in new]
    kept = stage / _REPLACED
    moves = [(folder / n, kept / n) for n in [*ends, *gone] if (folder / n).is_file()]
    for name in others:
        if (folder / name).is_file():
            moves.append((folder / name, kept / name))
        moves.append((stage / name, folder / name))
    moves += [(stage / name, folder / name) for name in ends]
    done: list[tuple[Path, Path]] = []
    try:
        for source, place in moves:
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                source.replace(place)
            except OSError as error:
                raise _unwritable(folder / source.name, error) from error
            done.append((source, place))
    finally:
        if len(done) == len(moves):
            shutil.rmtree(kept, ignore_errors=True)
        else:
            for source, place in reversed(done):
                place.replace(source)


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        InputError.one(
            f"cannot be written: {reason}", f"无法写入:{reason}", where=str(path),
            code="unwritable",
            remedy=("close programs that hold it open, or choose another folder with -o",
                    "请关闭占用该文件的程序,或用 -o 另选文件夹"),
        ).problems
    )  # fmt: skip


def sha256(path: Path) -> str:
    """Give the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def plain(value: Any) -> Any:
    """Turn numbers of numpy and missing values into what JSON knows."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    if value is pd.NA or value != value or value in (float("inf"), float("-inf")):
        return None
    return value if isinstance(value, float) else str(value)
