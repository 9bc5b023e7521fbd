"""Why a place cannot take files: told before any work is done, and when writing fails."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoning.base import locks, marks
from zoning.base.journal import NEW
from zoning.errors import InputError, Problem, Text, ZoningError

#: SQLite opens no longer path, in bytes: 512 with the ending of its journal.
LONGEST_PATH = 512 - len("-journal\0")
_ELSEWHERE = Text("choose a shorter or another place with -o", "请用 -o 另选较短的位置")
#: A folder that is asked for by such a name was meant as a file.
_FILES = (".docx", ".pdf", ".xlsx", ".csv", ".gpkg", ".shp", ".html", ".json", ".parquet", ".toml")
_NAME = Text("choose another name", "请另选名称")
_CLOSE = Text(
    "close it there (QGIS, ArcGIS, Excel) and try again",
    "请在 QGIS、ArcGIS、Excel 等程序中关闭后重试",
)


def place_problems(folder: Path, longest: str = "plan.gpkg") -> list[Problem]:
    """Find out, before any work is done, why a folder could not take files.

    Parameters
    ----------
    folder : Path
        Where files will be written; it need not exist.
    longest : str
        The longest name of a SQLite file (GeoPackage) in it.

    Returns
    -------
    list of Problem
        It is a file or called like one, no folder can be made there, its path is too long for
        SQLite or not UTF-8, another process writes there, or its GeoPackage is open in another
        program.
    """
    folder = Path(folder)
    if folder.suffix.lower() in _FILES and not there(folder):
        what = Text(f"a folder is made here, and {folder.name} is the name of a file",
                    f"此处新建文件夹，而 {folder.name} 是文件名")  # fmt: skip
        stem = folder.with_suffix("")
        return [Problem(what, str(folder), code="not-a-folder",
                        remedy=Text(f"-o {stem}", f"请写 -o {stem}"))]  # fmt: skip
    made = next((p for p in (folder, *folder.absolute().parents) if there(p)), None)
    path = os.fsencode(folder.absolute() / locks.STAGE / NEW / longest)
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
    return unspelled(folder) or [p for p in (busy(folder / longest),) if p is not None]


def there(path: Path) -> bool:
    """Whether something is there; a name that no disk takes is not."""
    try:
        return path.exists()
    except OSError:  # a name that is too long for the disk
        return False


def replaceable(path: Path, part: str = "") -> list[Problem]:
    """Find out, before any work is done, why a file could not be replaced.

    Parameters
    ----------
    path : Path
    part : str
        The file of a plan's folder that this writer makes, and may make anew there.
    """
    if not os.path.lexists(path):
        return []
    wrong = refused(path, ()) or busy(path) or of_a_plan(path, part)
    if wrong is None and marks.state(path.parent, path.name) == "foreign":
        wrong = not_ours(path)
    return [] if wrong is None else [wrong]


def of_a_plan(path: Path, part: str = "") -> Problem | None:
    """Tell a file of a plan, whose place nothing else takes but what makes that ``part``."""
    if path.name == part or not os.path.lexists(path) or not marks.of_a_plan(path):
        return None
    what = Text("is a file of the plan there; nothing else takes its place",
                "是该处方案的文件，其他成果不予覆盖")  # fmt: skip
    return Problem(what, str(path), code="of-a-plan", remedy=_NAME)


def refused(path: Path, inputs: Sequence[Path]) -> Problem | None:
    """Tell what is never replaced: what is no regular file, and the inputs."""
    regular = path.is_file() or (path.suffix == ".gdb" and path.is_dir())
    if path.is_symlink() or not regular:
        what = Text("is no regular file; it is not replaced", "不是普通文件，不予覆盖")
        return Problem(what, str(path), code="not-a-file", remedy=_ELSEWHERE)
    for one in inputs:
        with suppress(OSError):
            if one.exists() and path.samefile(one):
                what = Text("is an input of the plan; it is not replaced", "是输入数据，不予覆盖")
                return Problem(what, str(path), code="is-an-input", remedy=_ELSEWHERE)
    return None


def busy(path: Path) -> Problem | None:
    """Tell a GeoPackage or geodatabase that another program has open."""
    problem = Problem(
        Text("is open in another program", "正被其他程序打开"), str(path), code="file-in-use",
        remedy=_CLOSE,
    )  # fmt: skip
    if path.suffix == ".gdb" and path.is_dir():
        return problem if any(path.glob("*.lock")) else None
    if path.suffix not in (".gpkg", ".sqlite") or not path.is_file():
        return None
    for end in ("-wal", "-journal"):
        if path.with_name(path.name + end).exists():
            # A program that crashed leaves it too, and its changes are in it.
            aside = path.name + end
            remedy = Text(
                f"{_CLOSE.en}; if none has it, {aside} was left by a crash: open the file once in "
                "QGIS and close it, which takes its changes up",
                f"{_CLOSE.zh}；若没有程序打开它，则 {aside} 是异常退出所留："
                "在 QGIS 中打开一次再关闭，其中的修改即会并入",
            )
            return replace(problem, remedy=remedy)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", 0, uri=True)) as db:
            db.execute("PRAGMA locking_mode = NORMAL")
            if db.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                db.execute("BEGIN EXCLUSIVE")
                db.rollback()
    except sqlite3.OperationalError as error:
        return problem if "locked" in str(error) else None
    except sqlite3.DatabaseError:
        return None
    return None


def not_ours(path: Path) -> Problem:
    """Tell a file that somebody else wrote."""
    return Problem(
        Text("was not written by zoning; it is not replaced", "不是本软件写出的文件，不予覆盖"),
        str(path), code="not-ours",
        remedy=Text("move it away or choose another name", "请移走该文件或另选名称"),
    )  # fmt: skip


def held(path: Path | str, holder: dict[str, Any]) -> ZoningError:
    """Say who writes there."""
    who = ", ".join(
        f"{k} {holder[k]}" for k in ("command", "pid", "host", "since") if k in holder
    ) or "?"  # fmt: skip
    return InputError.one(
        f"another process writes here ({who})", f"另一进程正在写入（{who}）", where=str(path),
        code="locked", remedy=("wait until it has ended", "请等待其结束"),
    )  # fmt: skip


def stuck(folder: Path, error: OSError) -> ZoningError:
    """Say that files of a dead writer wait and cannot be moved."""
    reason = error.strerror or str(error)
    return InputError.one(
        f"an interrupted writing waits to be finished and cannot be: {reason}",
        f"上次中断的写入有待完成，但无法完成：{reason}", where=str(folder), code="unfinished",
        remedy=("close programs that hold files of it open, allow writing there, and try again",
                "请关闭占用其中文件的程序并确认可以写入，然后重试"),
    )  # fmt: skip


def failed(folder: Path, stage: Path, error: Exception) -> Exception:
    """Say what a failed writing means: the disk is full, the folder has gone ... or our mistake."""
    if isinstance(error, ZoningError):
        return error
    if not stage.is_dir():
        return gone(folder)
    if isinstance(error, OSError) and error.errno is not None:
        return unwritable(folder, error)
    try:  # what libraries say of a full disk differs; so it is tried
        probe = stage / ".probe"
        with probe.open("wb") as file:
            file.write(b"\0" * 65_536)
            file.flush()
            os.fsync(file.fileno())
        probe.unlink()
    except OSError as full:
        return unwritable(folder, full)
    if isinstance(error, OSError) or _says_disk(str(error)):
        return unwritable(folder, OSError(None, str(error)))
    return error


def unspelled(place: Path) -> list[Problem]:
    """Say that a name is no UTF-8: readers and writers of geodata cannot be handed it.

    A folder that was unpacked from an archive of a Chinese Windows has such a name, and every name
    has where the locale of the process knows ASCII only.
    """
    try:
        os.fspath(place).encode("utf-8")
    except UnicodeEncodeError:
        raw = os.fsencode(place)
    else:
        return []
    try:
        shown, locale = raw.decode("utf-8"), True
    except UnicodeDecodeError:
        shown, locale = raw.decode("gb18030", "replace"), False
    remedy = Text("set PYTHONUTF8=1", "请设置 PYTHONUTF8=1") if locale else Text(
        "rename it (convmv -f gb18030 -t utf-8 --notest), or go into the folder and give a "
        "relative path",
        "请改名（convmv -f gb18030 -t utf-8 --notest），或进入该文件夹后用相对路径",
    )  # fmt: skip
    text = Text("the name of the place is not written in UTF-8", "位置的名称不是 UTF-8 编码")
    return [Problem(text, shown, code="not-utf-8", remedy=remedy)]


def gone(place: Path) -> ZoningError:
    """Say that what was written has been removed by somebody else."""
    return InputError.one(
        "the folder has gone while it was written", "写入过程中文件夹已不存在",
        where=str(place), code="gone", remedy=("try again", "请重试"),
    )  # fmt: skip


def _says_disk(text: str) -> bool:
    words = ("no space", "disk is full", "disk i/o", "read-only", "readonly", "written whole",
             "is empty", "as long as it says", "than its head says", "has no end", "than it says",
             "cannot write", "failed to write", "write error")  # fmt: skip
    return any(w in text.lower() for w in words)


def unwritable(path: Path, error: OSError) -> ZoningError:
    """Say why a place cannot be written."""
    reason = error.strerror or str(error)
    full = "space" in reason.lower() or "full" in reason.lower()
    free = (
        "make room on the disk, or choose another folder with -o",
        "请清理磁盘空间，或用 -o 另选文件夹",
    )
    close = ("close programs that hold it open, or choose another folder with -o",
             "请关闭占用该文件的程序，或用 -o 另选文件夹")  # fmt: skip
    return InputError.one(
        f"cannot be written: {reason}", f"无法写入：{reason}", where=str(path),
        code="disk-full" if full else "unwritable", remedy=free if full else close,
    )  # fmt: skip
