"""The files of a Marxan folder as Marxan splits them: keys of input.dat, tables, encodings.

Marxan takes commas, tabs and blanks alike, reads ``pu.dat`` and ``spec.dat`` by the names in their
heads, ``puvspr.dat`` and ``bound.dat`` by position, and knows no encoding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

import pandas as pd

from zoning.errors import Finding, InputError, Text

_SPLIT = re.compile(r"[\s,;]+")
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass
class Folder:
    """A folder, what its input file says, and what had to be told on the way.

    Parameters
    ----------
    path : Path
        The folder.
    words : dict of str to str
        Keys of the input file in capitals.
    inside : Path
        Where the tables are.
    notes : list of Finding
    files : list of Path
        What was read.
    """

    path: Path
    words: dict[str, str]
    inside: Path
    notes: list[Finding] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)

    def note(self, en: str, zh: str, where: str, code: str) -> None:
        """Tell what is read otherwise than one might think."""
        self.notes.append(Finding(Text(en, zh), where, code=code, level="note"))


def open_folder(path: Path, name: str | None = None) -> Folder:
    """Find the input file of a folder and read its keys.

    Parameters
    ----------
    path : Path
        A folder, or an input file itself.
    name : str, optional
        The input file, where there are several.

    Raises
    ------
    InputError
        If there is no folder, or several input files and none is named.
    """
    if path.is_file():
        path, name = path.parent, path.name
    if not path.is_dir():
        raise InputError.one("the folder is missing", "文件夹不存在", where=str(path),
                             code="missing-folder")  # fmt: skip
    file = _input_file(path, name)
    found = Folder(path, {}, path)
    if file is None:
        found.note(
            "there is no input.dat: files by their usual names, BLM 0",
            "没有 input.dat：按惯用文件名读取，BLM 取 0", str(path), "marxan-no-input",
        )  # fmt: skip
        return found
    found.files.append(file)
    found.words = _words(text_of(file, found.notes))
    found.inside = _inside(found, file)
    return found


def _input_file(path: Path, name: str | None) -> Path | None:
    if name is not None:
        file = path / name
        if not file.is_file():
            raise InputError.one("the input file is missing", "输入文件不存在", where=str(file),
                                 code="missing-file")  # fmt: skip
        return file
    here = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() == ".dat")
    exact = [p for p in here if p.name.lower() == "input.dat"]
    like = exact or [p for p in here if p.name.lower().startswith("input")]
    if len(like) > 1:
        names = ", ".join(p.name for p in like)
        raise InputError.one(
            f"there are several input files: {names}", f"存在多个输入文件：{names}",
            where=str(path), code="several-inputs",
            remedy=("name one with --input", "请用 --input 指定其中一个"),
        )  # fmt: skip
    return like[0] if like else None


def _words(text: str) -> dict[str, str]:
    """Read ``KEY value`` lines; of a key that stands twice the last counts, as in Marxan."""
    words = {}
    for line in text.splitlines():
        part = line.strip().split(None, 1)
        if len(part) == 2 and not part[0].startswith(("_", "#", "*")):
            words[part[0].upper()] = part[1].strip().strip('"')
    return words


def _inside(found: Folder, file: Path) -> Path:
    """Find the folder of the tables; a path of another machine is looked for by its last parts."""
    named = found.words.get("INPUTDIR", ".")
    parts = [p for p in PureWindowsPath(named).parts if p not in (".", "\\", "/")]
    straight = found.path / named.replace("\\", "/")
    if straight.is_dir():
        return straight
    ends = [parts[k:] for k in range(len(parts))]
    places = [found.path.joinpath(*end) for end in ends] + [found.path]
    for place in places:
        if place.is_dir():
            found.note(f"INPUTDIR {named} is not here; read from {place}",
                       f"INPUTDIR {named} 在本机不存在，改从 {place} 读取",
                       str(file), "marxan-inputdir")  # fmt: skip
            return place
    return found.path


def text_of(path: Path, notes: list[Finding]) -> str:
    """Decode a file: UTF-8, else GBK where that gives Chinese, else Latin-1; guesses are told."""
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8-sig":
            return text
        # Chinese characters are pairs of high bytes, accented letters mostly stand alone.
        runs = [len(r) for r in _HIGH.findall(raw)]
        if 2 * sum(n % 2 == 0 for n in runs) > len(runs):
            notes.append(_decoded(path, "GBK"))
            return text
    notes.append(_decoded(path, "Latin-1"))
    return raw.decode("latin-1")


def _decoded(path: Path, name: str) -> Finding:
    text = Text(f"the file is not UTF-8; read as {name}", f"文件不是 UTF-8，按 {name} 读取")
    return Finding(text, str(path), code="marxan-encoding", level="note")


def locate(found: Folder, key: str, usual: tuple[str, ...]) -> Path:
    """Give the path of a table; capitals of the name do not matter, as on Windows.

    Raises
    ------
    InputError
        If the file is missing.
    """
    names = (found.words[key].replace("\\", "/"),) if key in found.words else usual
    for name in names:
        straight = found.inside / name
        if straight.is_file():
            return straight
        folder = straight.parent
        if folder.is_dir():
            for one in sorted(folder.iterdir()):
                if one.name.lower() == straight.name.lower() and one.is_file():
                    return one
    raise InputError.one("the file is missing", "文件不存在",
                         where=str(found.inside / names[0]), code="missing-file")  # fmt: skip


def table_of(found: Folder, path: Path, position: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read a table as texts, with its line numbers as index.

    Parameters
    ----------
    found : Folder
    path : Path
    position : tuple of str
        Names of the first columns of a file that Marxan reads by position; a head is passed over.

    Raises
    ------
    InputError
        If a line has another number of values than the head, with its number.
    """
    found.files.append(path)
    lines = text_of(path, found.notes).splitlines()
    rows = [(k, line) for k, line in enumerate(lines, start=1) if line.strip()]
    if not rows:
        raise InputError.one("the file is empty", "文件为空", where=str(path), code="empty-file")
    first = rows[0][1]
    split = _splitter(first if position == () or len(rows) == 1 else rows[-1][1])
    head = [c.strip().strip('"').lower() for c in split(first)]
    if not position:
        return _by_head(path, head, [(k, split(line)) for k, line in rows[1:]])
    if all(_number(v) for v in head[: len(position)]):
        found.note("the file has no head; read by position", "文件没有表头，按位置读取", str(path),
                   "marxan-no-head")  # fmt: skip
    else:
        _order(found, path, head, position)
        rows = rows[1:]
    cells = [(k, split(line)[: len(position)]) for k, line in rows]
    return _by_head(path, list(position), cells)


def _order(found: Folder, path: Path, head: list[str], position: tuple[str, ...]) -> None:
    named = [c for c in head if c in position]
    if named and named != [c for c in position if c in named]:
        found.note(
            f"the head says {', '.join(head)}; Marxan reads {', '.join(position)} by position",
            f"表头为 {', '.join(head)}，而 Marxan 按位置读作 {', '.join(position)}",
            str(path), "marxan-position",
        )  # fmt: skip


def _splitter(line: str) -> Callable[[str], list[str]]:
    """Split as the line is written: a tab or comma keeps names of several words together."""
    mark = next((m for m in ("\t", ",", ";") if m in line), None)
    # Marxan takes several tabs as one; a single one keeps an empty cell apart.
    many = mark == "\t" and "\t\t" in line and "\t" not in line.replace("\t\t", "")

    def split(text: str) -> list[str]:
        if mark is None or mark not in text:
            return [v.strip('"') for v in _SPLIT.split(text.strip())]
        cells = text.rstrip("\r\n").split(mark * 2 if many else mark)
        return [v.strip().strip('"') for v in cells]

    return split


def _by_head(path: Path, head: list[str], rows: list[tuple[int, list[str]]]) -> pd.DataFrame:
    while head and not head[-1]:
        head.pop()
    cells = []
    for number, values in rows:
        while len(values) > len(head) and not values[-1]:
            values.pop()
        if len(values) > len(head) and head and head[-1] == "name":
            values = [*values[: len(head) - 1], " ".join(values[len(head) - 1 :])]
        if len(values) != len(head):
            raise InputError.one(
                f"line {number} has {len(values)} values, the head has {len(head)}",
                f"第 {number} 行有 {len(values)} 个值，而表头有 {len(head)} 列",
                where=f"{path}, line {number}", code="marxan-line",
            )  # fmt: skip
        cells.append(values)
    if len(set(head)) < len(head):
        raise InputError.one("a column is named twice", "表头存在重复字段", where=str(path),
                             code="duplicate-column")  # fmt: skip
    index = pd.Index([k for k, _ in rows], name="line")
    return pd.DataFrame(cells, columns=head, index=index, dtype="object")


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def numbers(table: pd.DataFrame, column: str, path: Path, whole: bool = False) -> pd.Series:
    """Give a column as numbers.

    Raises
    ------
    InputError
        If a value is missing or no number, with its line.
    """
    values = pd.to_numeric(table[column], errors="coerce")
    bad = values.isna() | ~(values.abs() < 2**53) | (whole & (values % 1 != 0))
    if bad.any():
        line = int(table.index[bad][0])
        value = str(table.loc[line, column])
        kind = ("a whole number", "整数") if whole else ("a number", "数值")
        raise InputError.one(
            f"{column}: '{value}' is not {kind[0]} ({int(bad.sum())} such lines)",
            f"{column}：“{value}”不是{kind[1]}（共 {int(bad.sum())} 行）",
            where=f"{path}, line {line}", code="marxan-number", measured=value,
        )  # fmt: skip
    return values.astype("int64") if whole else values.astype("float64")
