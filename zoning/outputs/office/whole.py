"""What Word and Excel files share: written whole, the same bytes twice, no text that acts.

Both formats are zip archives of XML. Their libraries stamp the present time on every entry, so an
archive is packed again with fixed times before it is written.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, Text

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Characters that XML 1.0 does not allow; a file that holds one cannot be opened.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PROPERTIES = "docProps/core.xml"
_TIME = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def stamp() -> datetime:
    """Give the time that is written into files: ``SOURCE_DATE_EPOCH`` where set, else now (UTC).

    References
    ----------
    Reproducible Builds project, SOURCE_DATE_EPOCH specification, version 1.1.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)


def clean(value: Any) -> str:
    r"""Write a value as text that XML can hold.

    Examples
    --------
    >>> clean("镇\x07江")
    '镇江'
    """
    return _ILLEGAL.sub("", str(value))


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
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == _PROPERTIES:
                data = _TIME.sub(lambda m: m[1] + iso + m[3], data)
            fixed = zipfile.ZipInfo(entry.filename, _ZIP_TIME)
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
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    except OSError as error:
        raise _unwritable(path, error) from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as f:
            f.write(data)
        beside.chmod(0o644)  # mkstemp makes files that only the owner can read
        beside.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        beside.unlink(missing_ok=True)
    return path


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        Problem(
            Text(f"cannot be written: {reason}", f"无法写入:{reason}"), str(path),
            remedy=Text("close the file in other programs, or choose another folder",
                        "请在其他程序中关闭该文件,或换一个文件夹"), code="unwritable",
        )
    )  # fmt: skip


def notice(plan: Plan, lang: str) -> str:
    """Give the notice that must stand on every output, in a language if it exists in it."""
    chinese = plan.config.plan.notice_zh
    return (chinese if lang == "zh" and chinese else plan.notice) or ""
