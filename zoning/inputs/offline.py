"""Files that send their reader to the network: refused, whoever opens them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import unescape

from zoning.errors import InputError, Problem, Text

#: File systems of GDAL that stay on this machine; every other one asks somewhere.
_LOCAL = "zip|gzip|tar|7z|rar|mem|subfile|sparse|cached|crypt|stdin|stdout"
_FAR = re.compile(
    rb"/vsi(?!(?:" + _LOCAL.encode() + rb")[/_])[a-z0-9]+"
    rb"|<(?:SourceFilename|SourceDataset|SrcDataSource|SourceDS|SourceURL|ServerUrl|URL|"
    rb"ServiceURL|GetCapabilitiesUrl|CoverageURL)\b[^>]*>\s*(?:[A-Za-z]+:)?(?:https?|ftp)://[^<]*"
    rb"|<(?:GDAL_WMS|WCS_GDAL|GDAL_WMTS|WFSDataSource|OGRWFSDataSource)\b",
    re.IGNORECASE,
)
_NEAR = re.compile(
    rb"<(?:SourceFilename|SrcDataSource|SourceDataset)\b[^>]*>\s*([^<]+?)\s*</", re.IGNORECASE
)
#: What is read of a description of sources; and how deep one may name another.
_MOST, _DEEP = 8 << 20, 8


def refuse_network(path: Path, _depth: int = 0) -> None:
    """Refuse a file that names an address instead of data (VRT, WMS, ``/vsicurl``).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.vrt")
    ...     _ = path.write_text("<VRTDataset><SourceFilename>/vsicurl/http://x/a.tif</SourceFilename>")
    ...     try:
    ...         refuse_network(path)
    ...     except InputError as error:
    ...         print(error.problems[0].code, error.problems[0].measured)
    network-source /vsicurl
    """
    if not path.is_file() or _depth > _DEEP:
        return
    with path.open("rb") as stream:
        if not stream.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            return
        stream.seek(0)
        text = stream.read(_MOST)
    far = _FAR.search(text)
    if far is not None:
        shown = far[0][:120].decode("utf-8", "replace")
        raise InputError(Problem(
            Text(f"the file sends its reader to the network: {shown}",
                 f"文件指向网络地址：{shown}"),
            str(path), measured=shown, code="network-source",
            remedy=Text("download the data, and name the file on this machine: no request is made",
                        "请先下载数据，再指定本机文件；本软件不发出网络请求"),
        ))  # fmt: skip
    for there in _named(text, path):
        refuse_network(there, _depth + 1)


def described(path: Path, _depth: int = 0) -> list[Path]:
    """Give the files that a description of sources (VRT) stands for, itself first.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path, tile = pathlib.Path(folder, "a.vrt"), pathlib.Path(folder, "a.tif")
    ...     _ = tile.write_bytes(b"")
    ...     _ = path.write_text("<VRTDataset><SourceFilename>a.tif</SourceFilename>")
    ...     [file.name for file in described(path)]
    ['a.vrt', 'a.tif']
    """
    found = [path]
    if path.suffix.lower() == ".vrt" and path.is_file() and _depth <= _DEEP:
        with path.open("rb") as stream:
            text = stream.read(_MOST)
        for there in _named(text, path):
            found += described(there, _depth + 1) if there.is_file() else []
    return list(dict.fromkeys(found))


def _named(text: bytes, path: Path) -> list[Path]:
    """Give the files that a description names, seen from its folder."""
    names = (unescape(n.decode("utf-8", "replace")) for n in dict.fromkeys(_NEAR.findall(text)))
    return [path.parent / name for name in names]
