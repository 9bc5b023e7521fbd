"""Places where results go, held up before any work is done."""

from __future__ import annotations

from pathlib import Path

from zoning.errors import InputError, raise_all


def new_folder(path: str | Path) -> Path:
    """Refuse a place for a folder that could not take the files of a plan.

    Raises
    ------
    InputError
        If there is a file of that name, no right to write, or the path is too long.
    """
    from zoning.base.staged import place_problems

    raise_all(place_problems(Path(path)))
    return Path(path)


def new_file(path: str | Path, *, parent_must_exist: bool = True) -> Path:
    """Refuse a place for a file that is a folder, or lies in none.

    Raises
    ------
    InputError
        If there is a folder of that name, none to hold the file, or a file that is not ours.
    """
    from zoning.base.blocked import replaceable

    path = Path(path)
    if path.is_dir():
        raise InputError.one(
            "is a folder, not a file", "是文件夹而不是文件", where=str(path), code="not-a-file",
            remedy=("choose another file with -o", "请用 -o 另选文件"),
        )  # fmt: skip
    if parent_must_exist and not path.parent.is_dir():
        raise InputError.one(
            "the folder does not exist", "文件夹不存在", where=str(path.parent), code="no-folder",
            remedy=("make it first", "请先新建该文件夹"),
        )  # fmt: skip
    raise_all(replaceable(path))
    return path
