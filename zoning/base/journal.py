"""The swap: new files take the place of old ones, all or none, whenever the process dies.

What will be moved is written down first. From then on the new files count: a writer that dies
leaves a journal, and the next command that meets the place reads it and moves the rest. A move that
fails while the process lives turns the journal round, and everything goes back.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

#: Inside the folder of a writer: what is new, what was there, and the journal.
NEW, OLD, JOURNAL = "new", "old", "journal.json"
_FORMAT = 1


@dataclass(frozen=True)
class Move:
    """One name that changes.

    Parameters
    ----------
    name : str
        Relative to the place.
    put : bool
        Whether something new comes there; otherwise what is there only goes.
    had : bool
        Whether something was there when the journal was written.
    keep : str
        Name beside it under which what was there is kept; empty: it is not needed any more.
    """

    name: str
    put: bool = True
    had: bool = False
    keep: str = ""


def flush(path: Path) -> None:
    """Make a file, or the names in a folder, survive the loss of power."""
    if path.is_dir() and os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_all(folder: Path) -> None:
    """Flush every file and folder below, and the folder itself."""
    for path in sorted(folder.rglob("*")):
        if not path.is_symlink():
            flush(path)
    flush(folder)


def write(stage: Path, moves: Sequence[Move], direction: str = "forward") -> None:
    """Write the journal in one step; it is what decides."""
    text = json.dumps(
        {"format": _FORMAT, "direction": direction, "moves": [asdict(m) for m in moves]},
        ensure_ascii=False,
    )
    part = stage / (JOURNAL + ".part")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(stage / JOURNAL)
    flush(stage)


def read(stage: Path) -> tuple[list[Move], str] | None:
    """Read the journal of a folder; ``None`` where there is none."""
    try:
        data = json.loads((stage / JOURNAL).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    moves = [Move(**m) for m in data["moves"]]
    for move in moves:  # a folder from somewhere else must not reach beyond itself
        inner = PurePosixPath(move.name)
        if inner.is_absolute() or ".." in inner.parts or Path(move.keep).name != move.keep:
            raise ValueError(f"a move out of the folder: {move.name}")
        if Path(move.name).is_absolute() or Path(move.name).drive:
            raise ValueError(f"a move out of the folder: {move.name}")
    if data["direction"] not in ("forward", "back"):
        raise ValueError("no direction")
    return moves, str(data["direction"])


def forward(stage: Path, place: Path, moves: Sequence[Move]) -> None:
    """Move all that is new to its place; what is done already is left, so it can be run again."""
    for move in moves:
        target, new, old = place / move.name, stage / NEW / move.name, _aside(stage, place, move)
        if move.put and not os.path.lexists(new):
            continue  # it lies in its place
        if move.had and os.path.lexists(target) and not os.path.lexists(old):
            old.parent.mkdir(parents=True, exist_ok=True)
            target.rename(old)
        if move.put:
            target.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(target) and not move.had:
                raise FileExistsError(17, "has come there meanwhile", str(target))
            new.replace(target)
    _settle(place, moves)


def back(stage: Path, place: Path, moves: Sequence[Move]) -> None:
    """Move everything to where it was before; can be run again as well."""
    for move in reversed(moves):
        target, new, old = place / move.name, stage / NEW / move.name, _aside(stage, place, move)
        if move.put and not os.path.lexists(new) and os.path.lexists(target):
            new.parent.mkdir(parents=True, exist_ok=True)
            target.rename(new)
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
    _settle(place, moves)


def finish(stage: Path, place: Path) -> str | None:
    """Do what the journal of a dead writer says.

    Returns
    -------
    str or None
        ``"forward"`` or ``"back"``; ``None`` where nothing was to be done.
    """
    found = read(stage)
    if found is None:
        return None
    moves, direction = found
    (forward if direction == "forward" else back)(stage, place, moves)
    (stage / JOURNAL).unlink()
    return direction


def _aside(stage: Path, place: Path, move: Move) -> Path:
    return (place / move.name).with_name(move.keep) if move.keep else stage / OLD / move.name


def _settle(place: Path, moves: Sequence[Move]) -> None:
    """Flush the names of every folder that was changed."""
    for folder in {(place / m.name).parent for m in moves}:
        with suppress(OSError):
            flush(folder)
