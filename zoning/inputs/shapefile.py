"""Text of shapefiles: which encoding it has, and how to read it when the file lies about it.

A .dbf holds bytes; the .cpg beside it should name the encoding, and is often missing or wrong.
Field names are cut at 10 bytes, which may split a Chinese character, and GDAL's Python readers
stop at such a name. So the bytes are read one to one (Latin-1) and decoded here.
"""

from __future__ import annotations

import codecs
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from zoning.errors import Finding, InputError, Problem, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

#: Byte 29 of a .dbf names the code page; these are the ones met in China (dBASE language drivers).
_LANGUAGE_DRIVERS = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5", 0x78: "big5"}
#: Esri writes "OEM" or code-page numbers into .cpg files.
_ALIASES = {"936": "gb18030", "gbk": "gb18030", "gb2312": "gb18030", "65001": "utf-8"}
#: What is looked for in the folders of an archive.
_PACKED = (".shp", ".gpkg", ".geojson", ".fgb")
#: Field names in a .dbf have 10 bytes.
_NAME_BYTES = 10


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive by its name."""
    return path.suffix.lower() in (".zip", ".shz")


def is_shapefile(path: Path) -> bool:
    """Whether a file is a shapefile, or an archive with one. Archives are never unpacked.

    Examples
    --------
    >>> is_shapefile(Path("towns.SHP")), is_shapefile(Path("towns.gpkg"))
    (True, False)
    """
    if not is_archive(path):
        return path.suffix.lower() == ".shp"
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.lower().endswith(".shp") for name in archive.namelist())


def packed_layers(path: Path) -> dict[str, str]:
    """Give the layers of an archive whose files lie in a folder inside it: layer -> path for GDAL.

    Empty where GDAL opens the archive by itself (the files lie at its top) and for other files.
    """
    if not is_archive(path) or not zipfile.is_zipfile(path):
        return {}
    import pyogrio

    with zipfile.ZipFile(path) as archive:
        names = [PurePosixPath(n) for n in archive.namelist()]
    if any(n.suffix.lower() in _PACKED and len(n.parts) == 1 for n in names):
        return {}
    # GDAL and Python disagree on names that are neither UTF-8 nor ASCII; those of GDAL are asked.
    inside = pyogrio.vsi_listtree(f"/vsizip/{path.as_posix()}")
    found = sorted(n for n in inside if PurePosixPath(n).suffix.lower() in _PACKED)
    return {str(layer): name for name in found for layer, _ in pyogrio.list_layers(name)}


def decode_frame(
    frame: pd.DataFrame, path: Path, encoding: str | None = None, layer: str | None = None
) -> tuple[pd.DataFrame, list[Finding]]:
    """Decode names and texts of a shapefile that was read as Latin-1.

    Parameters
    ----------
    frame : DataFrame
        Read with ``encoding="ISO-8859-1"``, so each character is one byte of the file.
    path : Path
        The ``.shp`` or an archive; the ``.cpg`` and ``.dbf`` are looked at for the encoding.
    encoding : str, optional
        What the planner says; goes before everything else.
    layer : str, optional
        Which of several shapefiles in an archive.

    Returns
    -------
    DataFrame, list of Finding
        The same rows with names and texts decoded; notes about a missing or wrong ``.cpg`` and
        about names that may have been cut.

    Raises
    ------
    InputError
        If the text fits no encoding, or not the one that the planner states.
    """
    names = [c for c in frame.columns if c != "geometry"]
    texts = [c for c in names if frame[c].dtype.kind in "OUT" or str(frame[c].dtype) == "str"]
    raw = [_raw(n) for n in names]
    values = [_raw(v) for c in texts for v in frame[c].dropna().unique() if isinstance(v, str)]
    used, findings = choose_encoding([*raw, *values], path, encoding, layer)

    out = frame.copy()
    for column in texts:
        out[column] = out[column].map(lambda v: decode(_raw(v), used) if isinstance(v, str) else v)
    new = _unique([decode(n, used) for n in raw])
    out = out.rename(columns=dict(zip(names, new, strict=True)))
    cut = [
        n for n, b in zip(new, raw, strict=True) if len(b) >= _NAME_BYTES - 1 and not b.isascii()
    ]
    if cut:
        findings.append(
            Finding(
                Text(
                    f"field names may have been cut at {_NAME_BYTES} bytes: {some(cut)}",
                    f"字段名可能在 {_NAME_BYTES} 字节处被截断：{some(cut)}",
                ),
                str(path),
                remedy=Text("GeoPackage keeps long names", "GeoPackage 可保留长字段名"),
                code="cut-names",
                level="note",
            )
        )
    return out, findings


def choose_encoding(
    texts: Iterable[bytes], path: Path, encoding: str | None = None, layer: str | None = None
) -> tuple[str, list[Finding]]:
    """Choose the encoding that fits all texts: stated, .cpg, .dbf header, UTF-8, GB 18030.

    Raises
    ------
    InputError
        If none fits, or the stated one does not.
    """
    blocks = [t for t in set(texts) if not t.isascii()]
    if encoding is not None:
        if _known(encoding) and _fits(blocks, encoding):
            return encoding, []
        raise InputError(_misfit(path, encoding))
    declared = _declared(path, layer)
    if not blocks:
        return declared or "utf-8", []
    if declared not in (None, "utf-8") and _surely_utf8(blocks):
        return "utf-8", _remarks(path, declared, "utf-8")
    for candidate in dict.fromkeys([declared, _header(path, layer), "utf-8", "gb18030"]):
        if candidate and _fits(blocks, candidate):
            return candidate, _remarks(path, declared, candidate)
    raise InputError(_misfit(path, declared or "UTF-8, GB 18030"))


def decode(raw: bytes, encoding: str) -> str:
    """Decode bytes; a character that was cut at the end is left away.

    Examples
    --------
    >>> decode("主体功能区".encode()[:10], "utf-8")
    '主体功'
    """
    return codecs.getincrementaldecoder(encoding)("strict").decode(raw, final=False)


def _raw(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _fits(blocks: Iterable[bytes], encoding: str) -> bool:
    try:
        for block in blocks:
            decode(block, encoding)
    except UnicodeDecodeError:
        return False
    return True


def _surely_utf8(blocks: Iterable[bytes]) -> bool:
    """Whether texts are UTF-8 whatever the .cpg says.

    Two Chinese characters of GBK have four bytes and never make the three-byte characters of
    UTF-8 all through, so Chinese that decodes cleanly is no accident.
    """
    if not _fits(blocks, "utf-8"):
        return False
    signs = {c for block in blocks for c in decode(block, "utf-8") if not c.isascii()}
    return bool(signs) and all("\u2e80" <= c <= "\uffef" or c >= "\U00020000" for c in signs)


def _known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _declared(path: Path, layer: str | None) -> str | None:
    raw = _sidecar(path, layer, ".cpg", 64)
    if raw is None:
        return None
    name = raw.decode("latin-1").strip().lower().removeprefix("ansi ").strip()
    name = _ALIASES.get(name, name)
    return name if _known(name) else None


def _header(path: Path, layer: str | None) -> str | None:
    head = _sidecar(path, layer, ".dbf", 32)
    return _LANGUAGE_DRIVERS.get(head[29]) if head and len(head) == 32 else None


def _sidecar(path: Path, layer: str | None, suffix: str, size: int = -1) -> bytes | None:
    """Read (the beginning of) a file beside the .shp, in its folder or in the same archive."""
    if not is_archive(path):
        beside = [path.with_suffix(suffix), path.with_suffix(suffix.upper())]
        found = next((p for p in beside if p.exists()), None)
        if found is None:
            return None
        with found.open("rb") as stream:
            return stream.read(size)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            member = PurePosixPath(name)
            if member.suffix.lower() == suffix and layer in (None, member.stem):
                with archive.open(name) as packed:
                    return packed.read(size)
    return None


def _unique(names: list[str]) -> list[str]:
    """Cutting may make two names equal; the later one gets a number."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


def _remarks(path: Path, declared: str | None, used: str) -> list[Finding]:
    if declared == used:
        return []
    said = Text(f".cpg says {declared}", f".cpg 写的是 {declared}")
    none = Text("there is no .cpg file", "没有 .cpg 文件")
    what = said if declared else none
    return [
        Finding(
            Text(f"{what.en}; the text was read as {used}", f"{what.zh}；文本按 {used} 读取"),
            str(path),
            remedy=Text(f'set encoding = "{used}"', f'请设置 encoding = "{used}"'),
            code="encoding-guessed",
            level="warning" if declared else "note",
        )
    ]


def _misfit(path: Path, tried: str) -> Problem:
    return Problem(
        Text(f"the text is not {tried}", f"文本编码不是 {tried}"),
        str(path),
        remedy=Text(
            'name the encoding, such as encoding = "gb18030"',
            '请指明编码，例如 encoding = "gb18030"',
        ),
        code="encoding",
    )
