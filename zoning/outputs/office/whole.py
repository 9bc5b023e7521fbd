"""What Word and Excel files share: written whole, the same bytes twice, no text that acts.

Both formats are zip archives of XML. Their libraries stamp the present time on every entry, so an
archive is packed again with fixed times before it is written.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.marks import with_property
from zoning.base.staged import beside
from zoning.base.stamp import stamp as stamp

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Characters that XML 1.0 does not allow; a file that holds one cannot be opened.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PROPERTIES = "docProps/core.xml"
_TIME = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def clean(value: Any) -> str:
    r"""Write a value as text that XML can hold.

    Examples
    --------
    >>> clean("镇\x07江")
    '镇江'
    """
    text = str(value)
    return text if text.isprintable() else _ILLEGAL.sub("", text)


def repack(archive: bytes, when: datetime) -> bytes:
    """Pack an office file again with fixed times, so that the same content gives the same bytes.

    Parameters
    ----------
    archive : bytes
        A docx or xlsx file.
    when : datetime
        Time of creation and change for the document's properties.
    """
    iso = when.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        entries = {entry.filename: old.read(entry) for entry in old.infolist()}
    if _PROPERTIES in entries:
        entries[_PROPERTIES] = _TIME.sub(lambda m: m[1] + iso + m[3], entries[_PROPERTIES])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in with_property(entries).items():
            fixed = zipfile.ZipInfo(name, _ZIP_TIME)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o644 << 16
            new.writestr(fixed, data)
    return out.getvalue()


def write_whole(path: str | Path, data: bytes) -> Path:
    """Write a file beside its place and move it there, so that a reader never sees half of it.

    Returns
    -------
    Path
        Where the file now lies.

    Raises
    ------
    InputError
        If the place cannot be written, as when Word or Excel holds the file open on Windows.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder) / "成果 数据" / "a.txt", b"x").read_bytes()
    b'x'
    """
    path = Path(path)
    with beside(path) as part:
        part.write_bytes(data)
    return path


def notice(plan: Plan, lang: str) -> str:
    """Give the notice that must stand on every output, in a language if it exists in it."""
    chinese = plan.config.plan.notice_zh
    return (chinese if lang == "zh" and chinese else plan.notice) or ""
