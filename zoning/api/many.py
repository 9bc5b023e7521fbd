"""Many plans in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.places import new_folder
from zoning.api.speech import chosen

if TYPE_CHECKING:
    import pandas as pd

    from zoning.scale.batch import Done


@dataclass(frozen=True)
class Batch:
    """What a batch left.

    Parameters
    ----------
    name : str
    folder : Path
    done : tuple of Done
        What became of each plan, in the order of the file.
    table : DataFrame
        The figures of all plans, areas in m2.
    files : tuple of Path
        What stands beside the plans.
    """

    name: str
    folder: Path
    done: tuple[Done, ...]
    table: pd.DataFrame
    files: tuple[Path, ...]

    @property
    def ok(self) -> bool:
        """Whether every plan was made and its checks hold."""
        return all(d.state == "made" for d in self.done)


def batch(
    file: str | Path,
    out: str | Path | None = None,
    *,
    workers: int = 1,
    engine: str | None = None,
    scheduler: str | None = None,
    lang: str = "zh",
    progress: Callable[[int, int], None] | None = None,
) -> Batch:
    """Make many plans with shared rules and own overrides.

    Parameters
    ----------
    file : str or Path
        A TOML file: ``[batch]`` with ``name`` and ``common`` (a file of keys of plan.toml that all
        plans share), and for each plan ``[[plan]]`` with ``code``, ``file`` (its plan.toml) and
        ``[plan.set]`` (keys that go over both).
    out : str or Path, optional
        Folder of the folders of all plans; by default ``NAME-out`` beside the file.
    workers : int
        Plans that are made at the same time.
    engine, scheduler
        As for `run`.
    lang : {"zh", "en"}
        Language of the page and the workbook.
    progress : callable, optional
        Called with (plans done, all plans).

    Returns
    -------
    Batch
        A plan that cannot be made is listed with its reasons, and the rest goes on. Asked again,
        plans whose rules, inputs and software are the same are kept.

    Raises
    ------
    InputError
        If the file itself is wrong, or nothing at all could be made.
    """
    from zoning.outputs import many
    from zoning.scale import batch as room
    from zoning.scale.engine import choose

    file, lang = Path(file), chosen(lang, "zh")
    folder = new_folder(out or file.parent / f"{file.stem}-out")
    name, jobs = room.read(file, folder)
    run = choose(workers, engine, scheduler, done=progress)
    done = tuple(room.work(jobs, make_one, run))
    nothing = room.none_made(list(done))
    if nothing is not None:
        raise nothing
    rows = [(d.code, d.state, folder / d.code) for d in done]
    table = many.overview(rows)
    files = many.write(folder, name, rows, {d.code: d.problems for d in done}, lang)
    return Batch(name, folder, done, table, tuple(files))


def make_one(rules: Mapping[str, Any], base: Path, out: Path) -> str:
    """Make and write one plan of a batch; give its state."""
    from zoning.api.making import run
    from zoning.planfile.read import parse

    plan = run(parse(dict(rules), str(base)), out, folder=base)
    return "infeasible" if "infeasible" in plan.run else "made" if plan.ok else "fails"
