"""What was read: the record of a file for ``run.json``, and what was noticed while reading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoning.base.blocked import unspelled
from zoning.base.staged import recover
from zoning.base.strict import BACKSLASH
from zoning.errors import Finding, InputError, Problem, Spot, Text, raise_all
from zoning.inputs.offline import described, refuse_network

#: Problems of one kind that are listed one by one; the rest is counted.
LISTED = 20

#: What TOML makes of a backslash and the next letter.
_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\b": r"\b", "\f": r"\f"}

#: File kinds after which ``:layer`` may follow.
_WITH_LAYER = re.compile(
    r"^(?P<file>.*?\.(?:gpkg|shp|gdb|geojson|json|fgb|parquet|zip|shz|kml|gml|dxf|tab|sqlite))"
    r":(?P<layer>.+)$",
    re.IGNORECASE | re.DOTALL,
)


class Rows(tuple[int, ...]):
    """Numbers of rows that travel with a frame: pandas copies what it finds there all the time."""

    __slots__ = ()

    def __deepcopy__(self, memo: object) -> Rows:
        """Give itself: nothing of it can change."""
        return self


@dataclass(frozen=True, slots=True)
class Source:
    """One input as it stands in ``run.json``.

    Parameters
    ----------
    role : str
        What the file is for, such as ``"townships"``.
    path : str
        As the planner wrote it.
    layer : str or None
        Layer, sheet or band.
    sha256 : str
        Of the file; of one that has parts (shapefile, geodatabase, VRT, raster with its mask beside
        it): of all its files in the order of their names.
    features : int or None
        Rows that were read; of a raster the pixels of the window.
    crs : str or None
        Of the file, as ``EPSG:4549`` or WKT.
    findings : tuple of Finding
        What was noticed or mended while reading.
    areas : tuple of (int, float)
        Of a raster of classes: value and square metres inside the study area, -1 for no data.
    """

    role: str
    path: str
    layer: str | None
    sha256: str
    features: int | None
    crs: str | None
    findings: tuple[Finding, ...] = ()
    areas: tuple[tuple[int, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Give the six keys of ``run.json``."""
        return {
            "role": self.role,
            "path": self.path,
            "layer": self.layer,
            "sha256": self.sha256,
            "features": self.features,
            "crs": self.crs,
        }


def split_layer(text: str | Path) -> tuple[Path, str | None]:
    r"""Split ``FILE:layer``; the colon of a Windows drive belongs to the file.

    Examples
    --------
    >>> split_layer("towns.gpkg:街道")
    (...Path('towns.gpkg'), '街道')
    >>> str(split_layer(r"C:\规划\towns.gpkg:towns")[0])
    'C:\\规划\\towns.gpkg'
    >>> split_layer(r"C:\规划\towns.gpkg")[1] is None
    True
    """
    if isinstance(text, Path) or Path(text).exists():
        return Path(text), None
    match = _WITH_LAYER.match(text)
    if match:
        return Path(match["file"]), match["layer"]
    return Path(text), None


def existing(path: Path, role: str) -> Path:
    """Give the path if it exists, or say which near names lie in its folder.

    Raises
    ------
    InputError
        If there is no such file or folder, it sends its reader to the network, or its name is not
        UTF-8.
    """
    raise_all(unspelled(path))
    recover(path.parent)  # it may be what another command left half
    if path.exists():
        refuse_network(path)
        return path
    raise InputError(missing_file(path, role))


def missing_file(path: Path, role: str) -> Problem:
    """Say that a file is not there, and what lies beside it."""
    import difflib

    folder = path.parent
    if any(ord(c) < 32 for c in str(path)):
        # "data\towns" between double quotes holds a tab; the path was never in the file's mind.
        shown = "".join(_ESCAPES.get(c, c) for c in str(path))
        return Problem(
            Text(f"no such file ({role}): the path holds a control character",
                 f"没有这个文件（{role}）：路径中含有控制字符"),
            shown, remedy=Text(*BACKSLASH), code="backslash-path",
        )  # fmt: skip
    if not folder.is_dir():
        en, zh = f"folder {folder} does not exist", f"文件夹 {folder} 不存在"
    else:
        names = sorted(p.name for p in folder.iterdir())
        near = difflib.get_close_matches(path.name, names, n=3, cutoff=0.5)
        listed = ", ".join(near)
        en = f"did you mean {listed}" if near else "check the path; it resolves from plan.toml"
        zh = f"是否为 {listed}" if near else "请检查路径；相对路径以 plan.toml 为准"
    return Problem(
        Text(f"no such file ({role})", f"没有这个文件（{role}）"),
        str(path),
        remedy=Text(en, zh),
        code="missing-file",
    )


def is_data(path: Path) -> bool:
    """Whether data stand there: a file, or the folder of a geodatabase."""
    return path.is_file() or (path.suffix.lower() == ".gdb" and path.is_dir())


#: Files beside one that change what is read of it, by its ending. Pyramids, indexes and statistics,
#: which programs write when they only look, are none.
_PARTS: dict[str, tuple[str, ...]] = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind"),
    ".mif": (".mif", ".mid"),
    ".img": (".ige",),
    ".asc": (".prj",),
    ".bil": (".hdr", ".prj"),
    ".flt": (".hdr", ".prj"),
}


def sha256_of(path: Path) -> str:
    """Hash a file with its parts: those beside it, those in it (.gdb), those that it names (.vrt).

    A lone file gives the plain SHA-256 that every tool gives. Several files are hashed as name,
    a zero byte and content, one after the other in the order of their names.
    """
    files = [part for one in described(path) for part in _files_of(one)]
    digest = hashlib.sha256()
    for file in dict.fromkeys(files):
        if len(files) > 1:
            digest.update(file.name.encode("utf-8") + b"\0")
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _files_of(path: Path) -> list[Path]:
    if path.is_dir():
        # Lock files come and go while QGIS or ArcGIS looks at a geodatabase.
        files = (p for p in path.rglob("*") if p.is_file() and p.suffix != ".lock")
        return sorted(files, key=lambda p: p.relative_to(path).as_posix())
    parts = _PARTS.get(path.suffix.lower(), ())
    beside = (p for p in path.parent.iterdir() if p.stem == path.stem) if parts else ()
    kept = {path, *(p for p in beside if p.suffix.lower() in parts)}
    mask = path.with_name(f"{path.name}.msk")
    return sorted(kept | ({mask} if mask.is_file() else set()), key=lambda p: p.name)


def shorten(problems: Sequence[Problem], where: str) -> list[Problem]:
    """Keep the first problems of a long list and count the rest."""
    kept = list(problems[:LISTED])
    left = len(problems) - len(kept)
    if left:
        kept.append(
            Problem(
                Text(f"and {left} more like this", f"另有 {left} 处同类问题"),
                where,
                measured=len(problems),
                code=problems[-1].code,
                spots=tuple(s for p in problems[LISTED:] for s in _spots(p))[:2000],
            )
        )
    return kept


def _spots(problem: Problem) -> tuple[Spot, ...]:
    """Give the places of a problem; one without rows has its own."""
    lon, lat = problem.place or (None, None)
    return problem.spots or ((Spot("", "", lon, lat),) if problem.place else ())


def some(values: Iterable[object], limit: int = 5) -> str:
    """Write the first values of a list, for a message.

    Examples
    --------
    >>> some(["a", "b", "c"], limit=2)
    'a, b, … (3)'
    """
    listed = [str(v) for v in values]
    text = ", ".join(listed[:limit])
    return text if len(listed) <= limit else f"{text}, … ({len(listed)})"
