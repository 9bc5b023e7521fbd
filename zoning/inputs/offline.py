"""Files that send their reader to the network: refused, whoever opens them."""

from __future__ import annotations

import re
from pathlib import Path

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
    for name in dict.fromkeys(_NEAR.findall(text)):
        there = Path(name.decode("utf-8", "replace"))
        refuse_network(there if there.is_absolute() else path.parent / there, _depth + 1)
