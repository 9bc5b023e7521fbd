"""Whole or nothing: the one way in which files are written.

Files are made beside their place, read back, flushed to disk and then swapped with a journal
(`zoning.base.journal`), so that whenever the process dies the old or the new result is there whole
after the next command. Only what is ours and unchanged is replaced (`zoning.base.marks`); what
somebody edited is kept beside with a date. One writer at a time holds a place
(`zoning.base.locks`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from zoning.base import blocked, journal, locks, marks, readback
from zoning.base.blocked import LONGEST_PATH, place_problems
from zoning.base.heard import tell
from zoning.base.journal import NEW, Move
from zoning.base.marks import LIST, sha256
from zoning.errors import Finding, InputError, Problem, Text, raise_all

__all__ = ["LONGEST_PATH", "beside", "place_problems", "plain", "recover", "sha256", "staged"]

#: How long a reader waits for another process that is moving its files into place.
_PATIENCE_S = 20.0


@contextmanager
def staged(
    folder: Path,
    last: Sequence[str] = ("run.json",),
    stale: Sequence[str] = (),
    *,
    scope: str = "",
    foreign: Literal["keep", "refuse"] = "keep",
    listing: str | None = LIST,
    inputs: Sequence[str | Path] = (),
    needed: Sequence[str] = (),
) -> Iterator[Path]:
    """Give an empty folder; when all went well its files move to ``folder``, ``last`` at the end.

    Nothing of ``folder`` is touched before. Other files of ``folder`` stay as they are.

    Parameters
    ----------
    folder : Path
        Made if need be.
    last : sequence of str
        Files that say that all is there.
    stale : sequence of str
        Files of ours that are taken away if they are not written anew.
    scope : str
        Name of the only file that is written; others may write other files of the folder meanwhile.
    foreign : {"keep", "refuse"}
        What becomes of a file that is not ours: it is kept beside with a date, or nothing is done.
    listing : str or None
        List of checksums to write into the folder for files that cannot carry a mark.
    inputs : sequence of path
        Files that were read; they are never replaced.
    needed : sequence of str
        Files without which the result is none: whoever empties the folder meanwhile may take one
        that is written already and leave those that follow.

    Raises
    ------
    InputError
        If the folder cannot be made, another process writes there, a file is held open by another
        program or is none of ours, the disk is full, or what was written cannot be read back.
    """
    folder = Path(folder)
    if locks.STAGE in os.fspath(folder):  # inside the stage of a larger result
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    made = _make(folder)
    try:
        recover(folder)
        stage = _take(folder, scope)
        try:
            sure = stage.path / NEW
            sure.mkdir()
            try:
                yield sure
            except (OSError, RuntimeError, ValueError, sqlite3.Error) as error:
                raise blocked.failed(folder, sure, error) from error.__cause__
            _swap(stage.path, folder, _Wish(last, stale, foreign, listing, inputs, needed))
        finally:
            if not (stage.path / journal.JOURNAL).exists():
                stage.release()
            else:  # it could be moved neither on nor back: the next command tries again
                with suppress(OSError):
                    os.close(stage.handle)
    finally:
        for new in made:  # only where nothing came into it
            with suppress(OSError):
                new.rmdir()


@contextmanager
def beside(path: Path, inputs: Sequence[str | Path] = (), part: str = "") -> Iterator[Path]:
    """Give a path to write one file to; it takes the place of ``path`` when all went well.

    The file carries a mark, or ``NAME.zoning.json`` beside it holds its checksum. Inside the stage
    of a larger result there is neither: the whole has its list.

    Parameters
    ----------
    path : Path
    inputs : sequence of path
        Files that were read; they are never replaced.
    part : str
        The file of a plan's folder that this writer makes, and may make anew there.

    Raises
    ------
    InputError
        As `staged`; also if there is a file that is not ours, or another one of a plan, which are
        never replaced.
    """
    path = Path(path)
    raise_all(blocked.unspelled(path))
    if locks.STAGE in os.fspath(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        yield path
        if path.is_file():
            marks.seal(path)
        return
    taken = blocked.of_a_plan(path, part)
    raise_all([] if taken is None else [taken])
    inside = path.suffix.lower() in (".html", ".docx", ".xlsx", ".qgz")
    listing = None if inside else f"{path.name}.{LIST}"
    with staged(
        path.parent, last=(), scope=path.name, foreign="refuse", listing=listing, inputs=inputs,
        needed=[path.name],
    ) as stage:  # fmt: skip
        yield stage / path.name
        if inside:
            marks.seal(stage / path.name)


def recover(folder: Path) -> None:
    """Finish or undo what a writer left that died, sweep its litter, and say so.

    A living writer is left alone; while it moves its files into place it is waited for.

    Raises
    ------
    InputError
        If files wait to be moved and cannot be, or the name of the place is not UTF-8.
    """
    raise_all(blocked.unspelled(folder))
    for path in locks.stages(folder):
        end = time.monotonic() + _PATIENCE_S
        while True:
            try:
                stage = locks.take(path, make=False)
            except locks.HeldError:
                if (path / journal.JOURNAL).exists() and time.monotonic() < end:
                    time.sleep(0.05)
                    continue
                break
            except FileNotFoundError:
                break
            except OSError as error:
                if (path / journal.JOURNAL).exists():
                    raise blocked.stuck(folder, error) from error
                break
            try:
                _finish(stage, folder)
            except BaseException:
                with suppress(OSError):
                    os.close(stage.handle)
                raise
            stage.release()
            break


def _finish(stage: locks.Stage, folder: Path) -> None:
    try:
        done = journal.finish(stage.path, folder)
    except OSError as error:
        raise blocked.stuck(folder, error) from error
    except (ValueError, LookupError, TypeError) as error:
        raise InputError.one(
            "the journal of an interrupted writing is damaged", "中断写入的日志已损坏",
            where=str(stage.path), code="journal",
            remedy=("look into that folder for your files, then remove it",
                    "请先取出该文件夹中的文件，再将其删除"),
        ) from error  # fmt: skip
    if done is not None:
        what = {
            "forward": Text("an interrupted writing was finished", "已完成上次中断的写入"),
            "back": Text("an interrupted writing was undone", "已撤销上次中断的写入"),
        }[done]
        tell(Finding(what, str(folder), code="recovered", level="note"))


def _make(folder: Path) -> list[Path]:
    """Make a folder and give those that were not there, the innermost first."""
    new = []
    for path in (folder, *folder.parents):
        if blocked.there(path):
            break
        new.append(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise blocked.unwritable(folder, error) from error
    return new


def _take(folder: Path, scope: str) -> locks.Stage:
    path = folder / f"{locks.STAGE}.{scope}" if scope else folder / locks.STAGE
    try:
        stage = locks.take(path)
    except locks.HeldError as held:
        raise blocked.held(folder / scope, held.holder) from held
    except OSError as error:
        raise blocked.unwritable(folder, error) from error
    try:
        _finish(stage, folder)
        stage.empty()
        locks.sign(stage)
    except OSError as error:
        stage.release()
        raise blocked.unwritable(folder, error) from error
    return stage


class _Wish:
    """How the files of a stage are to take their places."""

    def __init__(
        self, last: Sequence[str], stale: Sequence[str], foreign: str, listing: str | None,
        inputs: Sequence[str | Path], needed: Sequence[str],
    ) -> None:  # fmt: skip
        self.last, self.stale, self.foreign, self.needed = last, stale, foreign, needed
        self.listing, self.inputs = listing, [Path(p) for p in inputs]


def _units(new: Path) -> list[str]:
    """List what moves as one: files, and file geodatabases as a whole."""
    found = []
    for path in sorted(new.rglob("*")):
        inner = path.relative_to(new)
        if any(p.suffix == ".gdb" for p in inner.parents):
            continue
        if path.is_file() or path.suffix == ".gdb":
            found.append(inner.as_posix())
    return found


def _swap(stage: Path, folder: Path, wish: _Wish) -> None:
    """Put the files of the stage into ``folder``, all or none."""
    new = stage / NEW
    try:
        names = _units(new)
        if not new.is_dir():
            raise FileNotFoundError(2, "the folder has gone while it was written", str(folder))
        _hold(new, names, wish.needed, folder)
        if wish.listing:
            marks.write_list(new, names, new / wish.listing, folder / wish.listing)
            names.append(wish.listing)
        names = [*[n for n in names if n not in wish.last], *[n for n in names if n in wish.last]]
        moves = _moves(folder, names, wish)
        for move in moves:
            if move.put and move.had and (new / move.name).is_file():
                shutil.copymode(folder / move.name, new / move.name)
        journal.flush_all(new)
        journal.write(stage, moves)
    except (OSError, ValueError) as error:
        (stage / journal.JOURNAL).unlink(missing_ok=True)
        raise blocked.failed(folder, new, error) from error.__cause__
    try:
        journal.forward(stage, folder, moves)
        _hold(folder, (), [m.name for m in moves if m.put], folder)
    except BaseException as error:
        with suppress(OSError):
            journal.write(stage, moves, "back")
        journal.back(stage, folder, moves)
        (stage / journal.JOURNAL).unlink()
        if isinstance(error, OSError):
            raise blocked.unwritable(
                Path(error.filename2 or error.filename or folder), error
            ) from error
        raise
    (stage / journal.JOURNAL).unlink()
    for move in moves:
        if move.keep:
            tell(_kept(folder / move.name, move.keep))


def _hold(at: Path, read: Sequence[str], needed: Sequence[str], folder: Path) -> None:
    """Hold that what is needed is there, and that what was written can be read back."""
    if not all(os.path.lexists(at / name) for name in needed):
        raise blocked.gone(folder)
    for name in read:
        for file in [at / name] if (at / name).is_file() else (at / name).rglob("*"):
            readback.read_back(file)


def _moves(folder: Path, names: Sequence[str], wish: _Wish) -> list[Move]:
    """Say what happens to every name; refuse what must not be touched.

    Raises
    ------
    InputError
        With every reason.
    """
    problems: list[Problem] = []
    moves: list[Move] = []
    plan_there = marks.state(folder, "run.json") == "ours"
    gone = [n for n in wish.stale if n not in names and os.path.lexists(folder / n)]
    for name in [*gone, *names]:
        path, put = folder / name, name not in gone
        if not os.path.lexists(path):
            moves.append(Move(name))
            continue
        wrong = blocked.refused(path, wish.inputs) or blocked.busy(path)
        if wrong is not None:
            problems.append(wrong)
            continue
        state = marks.state(folder, name, wish.listing)
        if state == "foreign" and not put and not plan_there:
            continue  # it was never an output
        if state == "foreign" and wish.foreign == "refuse" and put:
            problems.append(blocked.not_ours(path))
            continue
        keep = "" if state == "ours" else _free_name(path)
        moves.append(Move(name, put, True, keep))
    raise_all(problems)
    return moves


def _free_name(path: Path) -> str:
    """Name a file that is kept beside: ``report.kept-20260131-174500.docx``."""
    when = time.strftime("%Y%m%d-%H%M%S")
    for n in range(1, 1000):
        more = "" if n == 1 else f"-{n}"
        name = f"{path.stem}.kept-{when}{more}{path.suffix}"
        if not os.path.lexists(path.with_name(name)):
            return name
    raise FileExistsError(17, "too many files are kept", str(path))


def _kept(path: Path, name: str) -> Finding:
    return Finding(
        Text(f"had been changed or is none of ours; it is kept as {name}",
             f"被修改过或并非本软件所写，已另存为 {name}"),
        str(path), code="kept",
    )  # fmt: skip


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
