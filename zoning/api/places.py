"""Places where results go and inputs start, held up before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.errors import InputError, raise_all

if TYPE_CHECKING:
    from zoning.plan import Plan


def new_folder(path: str | Path, asked: Sequence[str | Path] = ()) -> Path:
    """Refuse a place for a folder that could not take the files of a plan.

    Parameters
    ----------
    path : str or Path
    asked : sequence of str or Path
        Plans that the new one is made of: what is read is never what is written.

    Raises
    ------
    InputError
        If there is a file of that name, no right to write, the path is too long, or it is a plan
        that is asked.
    """
    from zoning.base.staged import place_problems

    place = Path(path)
    raise_all(place_problems(place))
    if place.exists() and any(Path(p).exists() and place.samefile(p) for p in asked):
        raise InputError.one(
            "is the plan that is asked; what it answers is another plan",
            "是被提问的方案；推演结果是另一套方案", where=str(place), code="is-an-input",
            remedy=("choose another folder with -o", "请用 -o 另选文件夹"),
        )  # fmt: skip
    return place


def new_file(
    path: str | Path, *, parent_must_exist: bool = True, ending: str = "", part: str = ""
) -> Path:
    """Refuse a place for a file that is a folder, or lies in none.

    Parameters
    ----------
    path : str or Path
    parent_must_exist : bool
    ending : str
        What its name must end in.
    part : str
        The file of a plan's folder that this writer makes, and may make anew there.

    Raises
    ------
    InputError
        If there is a folder of that name, none to hold the file, or a file that is not ours or one
        of a plan.
    """
    from zoning.base.blocked import replaceable

    path = Path(path)
    if path.is_dir():
        raise InputError.one(
            "is a folder, not a file", "是文件夹而不是文件", where=str(path), code="not-a-file",
            remedy=("choose another file with -o", "请用 -o 另选文件"),
        )  # fmt: skip
    if ending and path.suffix.lower() != ending:
        other = path.with_suffix(ending)
        raise InputError.one(
            f"its name does not end in {ending}", f"文件名应以 {ending} 结尾", where=str(path),
            code="ending", remedy=(f"-o {other}", f"请写 -o {other}"),
        )  # fmt: skip
    if parent_must_exist and not path.parent.is_dir():
        raise InputError.one(
            "the folder does not exist", "文件夹不存在", where=str(path.parent), code="no-folder",
            remedy=("make it first", "请先新建该文件夹"),
        )  # fmt: skip
    raise_all(replaceable(path, part))
    return path


def own_file(path: str | Path, plan: Plan) -> None:
    """Refuse the place of a file that belongs to another plan.

    A writer that makes a file of a plan's folder, such as the map, may make it anew for the plan
    that lies there: the one with the same digest.

    Raises
    ------
    InputError
        If a plan lies there with another digest.
    """
    from zoning.base.marks import plan_with
    from zoning.digest import digest

    there = (plan_with(Path(path)) or {}).get("digest")
    if there is not None and there != (plan.run.get("digest") or digest(plan)):
        raise InputError.one(
            "is a file of another plan", "是另一方案的文件", where=str(path), code="of-a-plan",
            remedy=("choose another file with -o", "请用 -o 另选文件"),
        )  # fmt: skip


def inputs_start(path: str | Path, option: str = "--inputs") -> Path:
    """Give the folder where the paths of inputs start, of it or of the plan's file that lies in it.

    Raises
    ------
    InputError
        If there is neither.

    Examples
    --------
    >>> inputs_start("nowhere/plan.toml")
    Traceback (most recent call last):
    zoning.errors.InputError: --inputs: nowhere/plan.toml is not there. Try: give the folder of
    plan.toml, or the plan's file
    """
    path = Path(path)
    if not path.exists():
        raise InputError.one(
            f"{path} is not there", f"{path} 不存在", where=option, code="no-folder",
            remedy=("give the folder of plan.toml, or the plan's file",
                    "请给出 plan.toml 所在文件夹，或方案文件本身"),
        )  # fmt: skip
    return path.parent if path.is_file() else path


def plan_of(path: str | Path) -> Path:
    """Give the plan.toml of a folder, or the path itself."""
    given = Path(path)
    return given / "plan.toml" if (given / "plan.toml").is_file() else given
