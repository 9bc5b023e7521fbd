"""Many plans in one go: shared rules, own overrides, failures listed, the rest goes on.

::

    [batch]
    name = "江苏省 13 市"
    common = "rules.toml"        # keys of plan.toml that all plans share

    [[plan]]
    code = "3211"                # name of its folder
    file = "zj/plan.toml"        # its own plan.toml; goes over the shared keys
    [plan.set.cap]               # goes over both
    share = 0.28
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.base.staged import recover, sha256
from zoning.errors import InputError, Problem, Text, ZoningError, raise_all
from zoning.inputs.source import is_data, sha256_of
from zoning.ledger.tiles import MapBlocks
from zoning.pipeline.summary import software

#: Beside the files of a plan: with what it was made, so that a batch can go on where it stopped.
MARK = "made.json"
_CODE = re.compile(r"[\w.-]+")
#: Makes and writes one plan: its rules, where its paths start, its folder. Gives its state.
Make = Callable[[Mapping[str, Any], Path, Path], str]


@dataclass(frozen=True, slots=True)
class Job:
    """One plan of a batch.

    Parameters
    ----------
    code : str
        Name of its folder.
    rules : dict
        What its plan.toml says after the shared keys and its own overrides.
    base : Path
        Where its relative paths start.
    out : Path
        Its folder.
    """

    code: str
    rules: Mapping[str, Any]
    base: Path
    out: Path


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one plan.

    Parameters
    ----------
    code : str
    state : {"made", "fails", "infeasible", "failed"}
        ``fails``: made, but a check fails. ``infeasible``: made without an allocation, because
        rules contradict each other. ``failed``: not made.
    problems : tuple of Problem
        Why it was not made.
    kept : bool
        Whether an earlier batch made it from the same rules, inputs and software.
    """

    code: str
    state: str
    problems: tuple[Problem, ...] = ()
    kept: bool = False


def read(path: Path, out: Path) -> tuple[str, list[Job]]:
    """Read a batch.

    Parameters
    ----------
    path : Path
        The TOML file.
    out : Path
        Folder that the folders of all plans lie in.

    Returns
    -------
    str, list of Job
        Name and plans in the order of the file. A plan whose own file cannot be read is a problem
        of that plan, told when it is worked; what is wrong with the batch itself is told here.

    Raises
    ------
    InputError
        With all problems of the file.
    """
    document = strict.read(path)
    top = strict.Reader(document.data, document.where, document=document, code="batch")
    about = top.child("batch", top.table("batch"))
    name = about.get("name", path.stem, kind=str) or path.stem
    shared = about.get("common", None, kind=str)
    about.close()
    jobs, seen = [], set()
    common: Mapping[str, Any] = {}
    if shared is not None:
        common = _read(path.parent / shared)
    for part in top.tables("plan"):
        code = part.get("code", kind=str) or ""
        file = part.get("file", kind=str) or ""
        own = part.table("set")
        part.close()
        if code and not _CODE.fullmatch(code):
            part.fail(
                f"code {code!r} cannot name a folder", f"代码“{code}”不能作为文件夹名", key="code"
            )
        if code and code.casefold() in seen:
            part.fail(f"code {code!r} occurs twice", f"代码“{code}”重复", key="code")
        seen.add(code.casefold())
        base = (path.parent / file).parent
        rules = {"file": str(path.parent / file), "set": own}
        if common:
            rules["common"] = _moved(common, (path.parent / str(shared)).parent, base)
        jobs.append(Job(code, rules, base, out / code))
    if not jobs:
        top.fail("no [[plan]]", "没有 [[plan]]")
    top.close()
    raise_all(top.problems)
    return str(name), jobs


def _read(path: Path) -> Mapping[str, Any]:
    return strict.read(path).data


def _moved(value: Any, here: Path, there: Path) -> Any:
    """Let the names of files in shared keys start at the folder of a plan."""
    if isinstance(value, Mapping):
        return {k: _moved(v, here, there) for k, v in value.items()}
    if isinstance(value, list):
        return [_moved(v, here, there) for v in value]
    if isinstance(value, str) and Path(value).suffix and is_data(here / value):
        try:
            return Path(os.path.relpath(here / value, there)).as_posix()
        except ValueError:  # another drive
            return (here / value).resolve().as_posix()
    return value


def merged(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """Lay tables over one another, the last on top; lists are replaced as a whole.

    A number that replaces another does not take its source: where a table on top has a new number
    and no source, that of the table below is dropped.

    Examples
    --------
    >>> merged({"cap": {"share": 0.3, "survey": "A"}}, {"cap": {"share": 0.2}})
    {'cap': {'share': 0.2, 'survey': 'A'}}
    >>> merged({"share": 0.3, "source": "document 7", "evidence": "S"}, {"share": 0.2})
    {'share': 0.2}
    """
    out: dict[str, Any] = {}
    for table in tables:
        fresh = any(
            isinstance(v, int | float) and k in out and out[k] != v for k, v in table.items()
        )
        if fresh and "source" not in table:
            out = {k: v for k, v in out.items() if k not in ("source", "evidence")}
        for key, value in table.items():
            both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
            out[key] = merged(out[key], value) if both else value
    return out


def work(jobs: list[Job], make: Make, map_blocks: MapBlocks) -> Iterator[Done]:
    """Make all plans that are not made yet.

    Parameters
    ----------
    jobs : list of Job
    make : callable
        A function of a module, so that other processes can call it.
    map_blocks : callable
        Runs the plans; each is made by one worker.

    Yields
    ------
    Done
        In the order of ``jobs``.
    """
    yield from map_blocks(_one, make, jobs)


def _one(make: Make, job: Job) -> Done:
    """Make one plan; whatever is wrong with it stays with it."""
    try:
        own = _read(Path(job.rules["file"]))
        rules = merged(job.rules.get("common", {}), own, job.rules["set"])
        mark = fingerprint(rules, job.base)
        before = _kept(job.out, mark)
        if before is not None:
            return Done(job.code, before, kept=True)
        state = make(rules, job.base, job.out)
    except ZoningError as error:
        return Done(job.code, "failed", tuple(error.problems))
    except Exception as error:  # one plan must not end the others
        text = Text(f"internal error: {error!r}", f"内部错误：{error!r}")
        return Done(job.code, "failed", (Problem(text, job.code, code="internal"),))
    sealed = {"mark": mark, "state": state, "run": sha256(job.out / "run.json")}
    (job.out / MARK).write_text(json.dumps(sealed), encoding="utf-8")
    return Done(job.code, state)


def fingerprint(rules: Mapping[str, Any], base: Path) -> str:
    """Name what a plan is made of: its rules, the bytes of its files, the versions of software."""
    digest = hashlib.sha256(json.dumps([rules, software()], sort_keys=True, default=str).encode())
    for file in sorted(set(_files(rules, base))):
        digest.update(f"{file.name}:{sha256_of(file)}".encode())
        if file.suffix.lower() == ".shp":
            continue  # its parts are known
        # What else has the name of a raster may place it: a world file, a CRS.
        for part in sorted(file.parent.glob(f"{_escaped(file.stem)}.*")):
            if part != file and part.is_file():
                digest.update(f"{part.name}:{sha256(part)}".encode())
    return digest.hexdigest()


def _escaped(stem: str) -> str:
    return re.sub(r"([*?[])", r"[\1]", stem)


def _files(value: Any, base: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _files(part, base)
    elif isinstance(value, str) and Path(value).suffix and is_data(base / value):
        yield base / value


def _kept(out: Path, mark: str) -> str | None:
    """Give the state of a plan whose folder is whole and was made of the same."""
    try:
        recover(out)
        sealed = json.loads((out / MARK).read_text(encoding="utf-8"))
        whole = sealed["mark"] == mark and sealed["run"] == sha256(out / "run.json")
        return str(sealed["state"]) if whole else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def none_made(done: list[Done]) -> InputError | None:
    """Give the error of a batch of which nothing was made, with every reason."""
    if any(d.state != "failed" for d in done):
        return None
    return InputError([p for d in done for p in d.problems])
