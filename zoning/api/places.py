"""Places where results go, held up before any work is done."""

from __future__ import annotations

from pathlib import Path

from zoning.errors import InputError


def new_folder(path: str | Path) -> Path:
    """Refuse a place for a folder that is a file.

    Raises
    ------
    InputError
        If there is a file of that name.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise InputError.one(
            "is a file, not a folder", "是文件而不是文件夹", where=str(path), code="not-a-folder",
            remedy=("choose another place with -o", "请用 -o 另选位置"),
        )  # fmt: skip
    return path


def new_file(path: str | Path, *, parent_must_exist: bool = True) -> Path:
    """Refuse a place for a file that is a folder, or lies in none.

    Raises
    ------
    InputError
        If there is a folder of that name, or none to hold the file.
    """
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
    return path
