"""What is ours: marks and checksums that tell a file we wrote from one that somebody changed.

HTML pages, projects and office files carry their mark in themselves. The checksums of all others
stand in a list beside them: ``run.json`` of a plan, ``zoning.json`` of a folder,
``NAME.zoning.json`` of a single file.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

#: List of the files of a folder that is no plan, and the ending of that of a single file.
LIST = "zoning.json"
#: How long things took: the one file of a plan that differs between two equal runs.
TIMES = "times.json"
State = Literal["absent", "ours", "edited", "foreign"]

_PAGE = re.compile(rb"<!-- zoning:sha256=([0-9a-f]{64}) -->\n?\Z")
_ZIPPED = (".docx", ".xlsx", ".qgz")
_CORE = "docProps/core.xml"
#: The name space is told on the element itself: not every writer tells it above.
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_IN_CORE = re.compile(
    rb"<dc:identifier(?: xmlns:dc=\"[^\"]*\")?>zoning:sha256=([0-9a-f]{64})</dc:identifier>"
)
_IN_COMMENT = re.compile(rb"zoning:sha256=([0-9a-f]{64})")


def sha256(path: Path) -> str:
    """Give the checksum of a file; of a folder (a file geodatabase) that of all its files.

    Lock files of other programs do not count.
    """
    if not path.is_dir():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    whole = hashlib.sha256()
    for one in sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock"):
        whole.update(f"{one.relative_to(path).as_posix()} {sha256(one)}\n".encode())
    return whole.hexdigest()


def seal(path: Path) -> bool:
    """Put the mark into a file that can carry it.

    Returns
    -------
    bool
        Whether it carries one now.
    """
    kind = path.suffix.lower()
    if kind == ".html":
        text = _PAGE.sub(b"", path.read_bytes())
        mark = f"<!-- zoning:sha256={hashlib.sha256(text).hexdigest()} -->\n"
        path.write_bytes(text + mark.encode())
        return True
    if kind == ".qgz":
        with zipfile.ZipFile(path, "a") as archive:
            archive.comment = f"zoning:sha256={_entries(archive)}".encode()
        return True
    return kind in _ZIPPED


def with_property(entries: dict[str, bytes]) -> dict[str, bytes]:
    """Put the mark into the properties of an office file, as the identifier of the document.

    Parameters
    ----------
    entries : dict of str to bytes
        The files of the archive.
    """
    core = _IN_CORE.sub(b"", entries.get(_CORE, b""))
    end = core.rfind(b"</cp:coreProperties>")
    if end < 0:
        return entries
    known = {**entries, _CORE: core}
    mark = f"<dc:identifier {_DC}>zoning:sha256={_hash(known.items())}</dc:identifier>".encode()
    return {**known, _CORE: core[:end] + mark + core[end:]}


def listed(folder: Path, name: str, listing: str | None = None) -> set[str]:
    """Give the checksums that any list in a folder has for a file."""
    found = set()
    for file in {"run.json", LIST, f"{name}.{LIST}", listing or LIST}:
        sums = _files(folder / file)
        if isinstance(sums.get(name), str):
            found.add(sums[name])
    return found


def state(folder: Path, name: str, listing: str | None = None) -> State:
    """Say whose a file or file geodatabase is.

    Parameters
    ----------
    folder : Path
    name : str
        Relative to it.
    listing : str, optional
        A list to look into beside the usual ones: the parts of a shapefile stand in that of .shp.

    Returns
    -------
    {"absent", "ours", "edited", "foreign"}
        ``edited``: it was ours and has changed since.
    """
    path = folder / name
    if not path.exists():
        return "absent"
    if name in (LIST, "run.json") or name.endswith(f".{LIST}"):
        return "ours" if "files" in _json(path) else "foreign"
    if name == TIMES and (times := _json(path)):
        return "ours" if times.get("seal") == _seal(times.get("seconds")) else "edited"
    inside = None if path.is_dir() else _inside(path)
    if inside:
        return "ours"
    known = listed(folder, name, listing)
    if known and sha256(path) in known:
        return "ours"
    return "edited" if known or inside is False else "foreign"


def of_a_plan(path: Path) -> bool:
    """Whether a file is one of those that make a plan: run.json, times.json and what it lists."""
    return plan_with(path) is not None


def plan_with(path: Path) -> dict[str, Any] | None:
    """Give ``run.json`` of the plan that a file belongs to; None where it belongs to none."""
    told = _json(path.parent / "run.json")
    files = told.get("files")
    if not isinstance(files, dict) or "config" not in told:
        return None
    # Not every disk tells capitals apart.
    mine = {n.casefold() for n in (*files, "run.json", TIMES)}
    return told if path.name.casefold() in mine else None


def write_times(folder: Path, seconds: Any) -> None:
    """Write how long things took into a file of its own, which carries its mark in itself.

    Parameters
    ----------
    folder : Path
    seconds : mapping of str to float
    """
    data = {"seconds": seconds, "seal": _seal(seconds)}
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (folder / TIMES).write_text(text, encoding="utf-8", newline="\n")


def _seal(seconds: Any) -> str:
    text = json.dumps(seconds, sort_keys=True, default=str)
    return hashlib.sha256(f"zoning times {text}".encode()).hexdigest()


def ours(folder: Path) -> list[str] | None:
    """Give the files of ours in a folder that holds one result.

    Returns
    -------
    list of str or None
        Empty where nothing is there yet; ``None`` where the folder is somebody else's.
    """
    if not folder.exists() or not any(p for p in folder.iterdir() if not p.name.startswith(".")):
        return []
    return [str(n) for n in _files(folder / LIST)] or None


def write_list(folder: Path, names: Iterable[str], target: Path, before: Path) -> None:
    """Write the list of files of a folder.

    Parameters
    ----------
    folder : Path
        Where the files lie now.
    names : iterable of str
        What is listed, relative to it.
    target : Path
        The list.
    before : Path
        The list that is replaced; what it says of other files stays.
    """
    sums = {**_files(before), **{n: sha256(folder / n) for n in names}}
    data = {
        "about": "Files that zoning wrote here. One that has changed since is kept when it is "
                 "written anew. / zoning 写出的文件清单。改动过的文件在重写时另存保留。",
        "files": dict(sorted(sums.items())),
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    target.write_text(text, encoding="utf-8", newline="\n")


def _inside(path: Path) -> bool | None:
    """Whether the mark inside a file fits; ``None`` where there is none."""
    kind = path.suffix.lower()
    try:
        if kind == ".html":
            text = path.read_bytes()
            hit = _PAGE.search(text)
            return None if hit is None else _same(hit[1], hashlib.sha256(text[: hit.start()]))
        if kind not in _ZIPPED:
            return None
        with zipfile.ZipFile(path) as archive:
            hit = _IN_COMMENT.search(archive.comment)
            if hit is None and _CORE in archive.namelist():
                hit = _IN_CORE.search(archive.read(_CORE))
            return None if hit is None else hit[1].decode() == _entries(archive)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return None


def _same(mark: bytes, found: Any) -> bool:
    return bool(mark.decode() == found.hexdigest())


def _entries(archive: zipfile.ZipFile) -> str:
    return _hash((name, archive.read(name)) for name in archive.namelist())


def _hash(entries: Iterable[tuple[str, bytes]]) -> str:
    whole = hashlib.sha256()
    for name, data in sorted(entries):
        plain = _IN_CORE.sub(b"", data) if name == _CORE else data
        whole.update(f"{name} {hashlib.sha256(plain).hexdigest()}\n".encode())
    return whole.hexdigest()


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _files(path: Path) -> dict[str, Any]:
    files = _json(path).get("files")
    return files if isinstance(files, dict) else {}
