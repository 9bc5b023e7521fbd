"""The house template of an office (红头): its page, styles, heads and words around the report.

What a template may hold is little: anything that runs, fetches or opens another file is refused,
for the report would carry it into other offices.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, Text, raise_all

if TYPE_CHECKING:
    from docx.document import Document

#: The paragraph of a template in whose place the report stands; without it, behind all text.
MARK = "{{report}}"
#: Bytes of a template, and of all its parts unpacked (our choice: pictures of a seal are small).
MOST_BYTES, MOST_UNPACKED = 20_000_000, 100_000_000
_EXTERNAL = re.compile(r"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>", re.I)
_FIELDS = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|MACROBUTTON|DATABASE|RD)\b"
)
_CODE = re.compile(r"<w:instrText[^>]*>(.*?)</w:instrText>|w:instr=\"([^\"]*)\"", re.DOTALL)
_RUNS = (
    ("vbaproject", Text("macros", "宏")), ("vbadata", Text("macros", "宏")),
    ("/activex/", Text("ActiveX controls", "ActiveX 控件")),
    ("/embeddings/", Text("embedded files", "嵌入的文件")),
    ("/afchunk", Text("chunks of other formats", "其他格式的内嵌片段")),
)  # fmt: skip


@dataclass
class House:
    """A template that was looked at.

    Parameters
    ----------
    document : docx Document
        With the words that stand before the report; those behind it are in ``behind``.
    styles : frozenset of str
        Names of its paragraph and table styles, in small letters.
    words : bool
        Whether words of its own stand before the report.
    behind : list
        Elements to put behind the report.
    heads : bool
        Whether its pages have heads or feet of their own.
    """

    document: Document
    styles: frozenset[str]
    words: bool
    behind: list[Any]
    heads: bool


def read(path: Path) -> bytes:
    """Read a template and refuse what may not be in one.

    Raises
    ------
    InputError
        With every reason: no docx, too large, something that runs, or that points elsewhere.
    """
    if not path.is_file():
        raise InputError.one(
            "the house template is not there", "找不到公文模板", where=path.name, code="no-file",
            remedy=("name a .docx in [report] template, beside plan.toml, or with --template",
                    "请在 [report] template 写明 plan.toml 旁的 .docx，或用 --template 指定"),
        )  # fmt: skip
    if path.stat().st_size > MOST_BYTES:
        raise InputError.one(
            f"the house template is larger than {MOST_BYTES // 1_000_000} MB",
            f"公文模板大于 {MOST_BYTES // 1_000_000} MB", where=path.name, code="template",
            measured=path.stat().st_size, limit=MOST_BYTES,
        )  # fmt: skip
    data = path.read_bytes()
    raise_all(list(problems(data, path.name)))
    return data


def problems(data: bytes, where: str) -> Iterator[Problem]:
    """Find what keeps a file from being a template, all reasons at once."""
    no_docx = Problem(
        Text("is no Word document (.docx)", "不是 Word 文档（.docx）"), where, code="template",
        remedy=Text("save it as .docx in Word or WPS", "请在 Word 或 WPS 中另存为 .docx"),
    )  # fmt: skip
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(e.file_size for e in entries) > MOST_UNPACKED:
                yield Problem(Text("unpacks to more than 100 MB", "解压后超过 100 MB"), where,
                              code="template")  # fmt: skip
                return
            parts = {e.filename: archive.read(e) for e in entries}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError):
        yield no_docx
        return
    if "word/document.xml" not in parts:
        yield no_docx
        return
    names = "\n".join(f"/{name.lower()}" for name in parts)
    found = {word: None for piece, word in _RUNS if piece in names}
    for word in found:
        yield _refused(Text(f"holds {word.en}", f"含有{word.zh}"), where)
    for name, part in parts.items():
        if not name.lower().endswith((".xml", ".rels")):
            continue
        text = part.decode("utf-8", "replace").replace("\x00", "")
        yield from _outside(name, text, where)


def _outside(name: str, text: str, where: str) -> Iterator[Problem]:
    """Find what points out of the document: entities, relations, fields."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield _refused(Text(f"declares entities in {name}", f"在 {name} 中声明了实体"), where)
    for hit in _EXTERNAL.finditer(text):
        kind = re.search(r"Type\s*=\s*[\"'][^\"']*/(\w+)[\"']", hit[0])
        kind_name = kind[1] if kind else "?"
        if kind_name != "hyperlink":
            target = re.search(r"Target\s*=\s*[\"']([^\"']*)", hit[0])
            shown = target[1][:60] if target else "?"
            yield _refused(Text(f"fetches {kind_name} from {shown}",
                                f"引用外部内容（{kind_name}）：{shown}"), where)  # fmt: skip
    codes = "".join(a or b for a, b in _CODE.findall(text))
    fields = _FIELDS.search(codes)
    if fields:
        yield _refused(Text(f"has a field that opens other files ({fields[1]})",
                            f"含有会打开其他文件的域（{fields[1]}）"), where)  # fmt: skip


def _refused(what: Text, where: str) -> Problem:
    return Problem(
        what, where, code="template",
        remedy=Text("take it out and save the template again", "请删除后重新保存模板"),
    )  # fmt: skip


def opened(data: bytes) -> House:
    """Open a template that :func:`read` let pass; split its words at the mark."""
    import docx
    from docx.oxml.ns import qn

    try:
        document = docx.Document(io.BytesIO(data))
    except Exception as error:  # parts that python-docx cannot read fail in many ways
        raise InputError.one(
            f"the house template cannot be read ({type(error).__name__})", "公文模板无法读取",
            where="[report] template", code="template",
            remedy=("save it again in Word or WPS", "请在 Word 或 WPS 中重新保存"),
        ) from error  # fmt: skip
    body = document.element.body
    elements = [e for e in body if e.tag != qn("w:sectPr")]
    place = next((i for i, e in enumerate(elements) if _words(e).strip() == MARK), None)
    behind: list[Any] = []
    if place is not None:
        behind = elements[place + 1 :]
        for element in elements[place:]:
            body.remove(element)
    else:
        while elements and not _words(elements[-1]).strip() and not _drawn(elements[-1]):
            body.remove(elements.pop())  # empty lines at the end of an empty template
    before = elements[:place] if place is not None else elements
    section = document.sections[0]
    heads = any(
        not part.is_linked_to_previous and (_words(part._element).strip() or _drawn(part._element))
        for part in (section.header, section.footer, section.first_page_header)
    )
    styles = frozenset(str(style.name).lower() for style in document.styles if style.name)
    words = any(_words(e).strip() or _drawn(e) for e in before)
    return House(document, styles, words, behind, heads)


def _words(element: Any) -> str:
    from docx.oxml.ns import qn

    return "".join(t.text or "" for t in element.iter(qn("w:t")))


def _drawn(element: Any) -> bool:
    from docx.oxml.ns import qn

    return any(True for tag in ("w:drawing", "w:pict", "w:tbl") for _ in element.iter(qn(tag)))
