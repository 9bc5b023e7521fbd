"""The one reader of TOML: every problem of a file at once, with its line and what was meant.

A `Document` is a file that is valid TOML and knows on which line each key stands. A `Reader` walks
its tables and remembers which keys were asked for; what nobody asked for is unknown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from zoning.base.nesting import ends, loads
from zoning.errors import InputError, Problem, Text, meant, suggest

REQUIRED: Any = object()

#: Where a number comes from: official text; third-party code or article; a table of a standard;
#: memory of such a text, by confidence; our own inference; the choice of a plan.
EVIDENCE = ("S", "C", "T", "M-high", "M-med", "M-low", "I", "own")

#: A step to a value: the key of a table, or the place in a list from 0.
Path_ = Sequence[str | int]

#: What to do about a path of Windows between double quotes, where TOML reads \t as a tab.
BACKSLASH = (
    "a backslash between double quotes is no separator: write 'data\\towns.gpkg' between single "
    'quotes, or "data/towns.gpkg"',
    "双引号中的反斜杠不是路径分隔符：请用单引号 'data\\towns.gpkg'，或写作 \"data/towns.gpkg\"",
)

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True)
class Document:
    r"""A TOML file.

    Parameters
    ----------
    data : dict
        What it says.
    where : str
        The file, as messages name it.
    text : str
        Its text; empty where only data is known.

    Examples
    --------
    >>> plan = parse('[grid]\ncell_m = 500\n[[lock]]\ncode = "a"\n[[lock]]\ncode = "b"')
    >>> plan.line(["grid", "cell_m"]), plan.line(["lock", 1, "code"]), plan.at(["grid", "crs"])
    (2, 6, 'TOML:1')
    """

    data: dict[str, Any]
    where: str
    text: str = ""

    def line(self, path: Path_) -> int | None:
        """Give the line of a key, or of the nearest table around it."""
        for end in range(len(path), 0, -1):
            found = self._lines.get(tuple(path[:end]))
            if found is not None:
                return found
        return None

    def at(self, path: Path_) -> str:
        """Name the file and the line of a key."""
        line = self.line(path)
        return self.where if line is None else f"{self.where}:{line}"

    @cached_property
    def _lines(self) -> dict[tuple[str | int, ...], int]:
        return _lines_of(self.text)


class Located(dict[str, Any]):
    """A table that knows its file and where it stands there; it equals the bare table."""

    def __init__(self, data: Mapping[str, Any], document: Document, path: Path_) -> None:
        super().__init__(data)
        self.document, self.path = document, tuple(path)


def read(path: Path, *, remedy: Text | None = None) -> Document:
    """Read a TOML file in UTF-8, with or without a byte order mark.

    Parameters
    ----------
    path : Path
    remedy : Text, optional
        What to try where there is no such file.

    Raises
    ------
    InputError
        There is no such file, it is not in UTF-8, or not valid TOML (with the line).
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        absent = isinstance(error, FileNotFoundError)
        why = error.strerror or str(error)
        what = Text("no such file", "没有这个文件") if absent else Text(
            f"cannot be read: {why}", f"无法读取：{why}")  # fmt: skip
        if path.is_dir():
            what = Text("is a folder, not a file", "是文件夹而不是文件")
        problem = Problem(what, str(path), remedy=remedy if absent else None, code="missing-file")
        raise InputError(problem) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError.one(
            "not in UTF-8", "不是 UTF-8 编码", where=f"{path}:{line}", code="bad-encoding",
            remedy=("save it as UTF-8, not as GBK or ANSI", "请另存为 UTF-8，而非 GBK 或 ANSI"),
        ) from error  # fmt: skip
    return parse(text, str(path))


def _remedy(text: str, line: int, why: str) -> tuple[str, str]:
    """Say what to do about a line that is no TOML; paths of Windows are the usual trouble."""
    if "overwrite" in why or "twice" in why:
        return _twice(text.splitlines(), line)
    near = "\n".join(text.splitlines()[max(line - 2, 0) : line])
    if re.search(r'"[^"\n]*\\[^"\n]*"', near):
        return BACKSLASH
    return "check quotes and brackets near that line", "请检查该行附近的引号和括号"


def _twice(lines: list[str], line: int) -> tuple[str, str]:
    """Name the line above that states the same key, or the same table, as this one."""
    table, full, seen = "", "", dict[str, int]()
    for number, text in enumerate(lines[:line], start=1):
        hit = re.match(r"\s*\[+\s*([^\]]+?)\s*\]|\s*([\w.\"'-]+)\s*=", text)
        if hit:
            table = hit[1] or table
            full = hit[1] or f"{table}.{hit[2]}".strip(".")
            seen.setdefault(full, number)
    name, above = full.rpartition(".")[2], seen.get(full, line)
    at = (f", look at line {above}", f"，见第 {above} 行") if above < line else ("", "")
    return (f"'{name}' is stated before{at[0]}; keep one of the two",
            f"“{name}”在前面已写过{at[1]}，请只留一处")  # fmt: skip


def parse(text: str, where: str = "TOML") -> Document:
    """Read TOML from text; see `read`.

    Examples
    --------
    >>> parse("[grid", "plan.toml")
    Traceback (most recent call last):
    zoning.errors.InputError: plan.toml:1: not readable as TOML: Expected ']' at the end of a ...
    """
    try:
        return Document(loads(text), where, text)
    except (ValueError, RecursionError) as error:
        said = str(error)
        hit = _AT.search(said)
        last = max(len(text.splitlines()), 1)
        line = int(hit[1]) if hit and hit[1] else last
        column = f", column {hit[2]}" if hit and hit[2] else ""
        column_zh = f"第 {hit[2]} 列" if hit and hit[2] else ""
        why = _AT.sub("", said) if isinstance(error, ValueError) else "nested too deeply"
        raise InputError.one(
            f"not readable as TOML: {why}{column}",
            f"不是有效的 TOML：第 {line} 行{column_zh}（{why}）",
            where=f"{where}:{line}", code="bad-toml",
            remedy=_remedy(text, line, why),
        ) from error  # fmt: skip


def unknown_key(key: str, known: Collection[str], where: str, table: str = "") -> Problem:
    """Say that a key is not known, and which one was probably meant.

    Examples
    --------
    >>> unknown_key("cel_m", ["cell_m", "crs"], "plan.toml:3", "[grid]").tell()
    "plan.toml:3: [grid] unknown key 'cel_m'. Try: did you mean 'cell_m'?"
    """
    near, head = suggest(key, known), f"{table} " if table else ""
    listed = list(known)
    other = Text("known keys: " + ", ".join(listed), "可用的键：" + "、".join(listed))
    remedy = meant(near, other if listed else None)
    what = Text(f"{head}unknown key '{key}'", f"{head}未知的键“{key}”")
    return Problem(what, where, measured=key, remedy=remedy, code="unknown-key")


def wrong_evidence(tag: object, where: str) -> Problem:
    """Say that a tag of evidence is none of `EVIDENCE`."""
    listed = ", ".join(EVIDENCE)
    return Problem(
        Text(f"evidence {tag!r} is none of {listed}", f"证据标记 {tag!r} 不在 {listed} 之中"),
        where, measured=str(tag), limit=listed, code="evidence",
    )  # fmt: skip


def _lines_of(text: str) -> dict[tuple[str | int, ...], int]:
    """Find the line on which each key of valid TOML stands.

    Statement by statement, each read alone by the parser itself.
    """
    found: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    text, start = text.replace("\r\n", "\n"), 0
    lines = text.split("\n")
    for end in ends(text):
        told = loads("\n".join(lines[start:end]))
        if lines[start].lstrip().startswith("["):
            table = _table(told, found)
            found.setdefault(table, start + 1)
        else:
            _note(told, table, start + 1, found)
        start = end
    return found


def _table(told: Any, found: Mapping[tuple[str | int, ...], int]) -> tuple[str | int, ...]:
    """Give the path of a head such as ``[a.b]`` or ``[[a.b]]``, from its own small document."""
    path: tuple[str | int, ...] = ()
    while told:
        key, told = next(iter(told.items()))
        path = (*path, key)
        count = 0
        while (*path, count) in found:
            count += 1
        if isinstance(told, list):
            return (*path, count)
        # A table inside a list of tables belongs to the last of them.
        path = (*path, count - 1) if count and told else path
    return path


def _note(
    told: Any, path: tuple[str | int, ...], line: int, found: dict[tuple[str | int, ...], int]
) -> None:
    pairs: Iterable[tuple[str | int, Any]] = ()
    if isinstance(told, dict):
        pairs = told.items()
    elif isinstance(told, list):
        pairs = enumerate(told)
    for key, value in pairs:
        found.setdefault((*path, key), line)
        _note(value, (*path, key), line, found)


class Reader:
    """A table that remembers which keys were asked for.

    Parameters
    ----------
    data : mapping
        The table.
    where : str
        Where it stands, for messages.
    problems : list of Problem, optional
        Where problems are collected; left out, a new list.
    document : Document, optional
        The file, which knows the lines.
    path : sequence
        The way to the table inside the document.
    code : str
        Code of the problems.

    Examples
    --------
    >>> r = Reader({"weight": -1, "colour": "red"}, "ours.toml")
    >>> _ = r.number("weight", at_least=0)
    >>> r.close()
    >>> [p.tell() for p in r.problems]
    ["ours.toml: unknown key 'colour'. Try: known keys: weight",
     'ours.toml: weight = -1 is out of range']
    """

    def __init__(
        self, data: Any, where: str, problems: list[Problem] | None = None, *,
        document: Document | None = None, path: Path_ = (), code: str = "toml",
    ) -> None:  # fmt: skip
        self.name, self.document, self.path, self.code = where, document, tuple(path), code
        self.problems: list[Problem] = [] if problems is None else problems
        self.asked: dict[str, None] = {}
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        if not isinstance(data, Mapping):
            self.fail("must be a table", "须为表")

    def where(self, *steps: str | int) -> str:
        """Name the place of this table or of a key in it, with the line if it is known."""
        line = self.document.line((*self.path, *steps)) if self.document else None
        if line is None or self.document is None:
            return self.name
        inside = self.name.removeprefix(self.document.where).lstrip(":")
        return f"{self.document.where}:{line}" + (f" {inside}" if inside else "")

    def child(self, key: str, data: Any) -> Reader:
        """Read a part of the data; its problems join ours."""
        steps: list[str | int] = []
        for word in key.split("."):
            name, _, number = word.partition("[")
            steps += [name, int(number.rstrip("]")) - 1] if number else [name]
        return Reader(
            data, f"{self.name}:{key}", self.problems,
            document=self.document, path=(*self.path, *steps), code=self.code,
        )  # fmt: skip

    def fail(self, en: str, zh: str, remedy: Text | None = None, *, key: str = "") -> None:
        """Note a problem of this part, or of a key in it."""
        where = self.where(key) if key else self.where()
        self.problems.append(Problem(Text(en, zh), where, remedy=remedy, code=self.code))

    def get(self, key: str, default: Any = REQUIRED, *, kind: Any) -> Any:
        """Give a value of the right kind, or the default."""
        self.asked[key] = None
        if key not in self.data:
            if default is REQUIRED:
                self.fail(f"key {key!r} is missing", f"缺少键 {key!r}")
                return None
            return default
        value = self.data[key]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if isinstance(value, tuple) and list in kinds:
            value = list(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and bool not in kinds):
            self.fail(
                f"{key} = {value!r} is of the wrong kind", f"{key} = {value!r} 类型不对", key=key
            )
            return None if default is REQUIRED else default
        return value

    def number(
        self, key: str, default: Any = REQUIRED, *,
        above: float = -math.inf, at_least: float = -math.inf,
    ) -> float:  # fmt: skip
        """Give a finite number within bounds."""
        value = self.get(key, default, kind=(int, float))
        if value is None:
            return math.nan
        if not math.isfinite(value) or value <= above or value < at_least:
            self.fail(f"{key} = {value!r} is out of range", f"{key} = {value!r} 超出范围", key=key)
        return float(value)

    def numbers(self, key: str, values: Iterable[Any]) -> tuple[float, ...]:
        """Give finite numbers."""
        found: list[Any] = list(values)
        if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in found):
            self.fail(f"{key} must be numbers", f"{key} 须为数字", key=key)
            return ()
        if not all(math.isfinite(v) for v in found):
            self.fail(f"{key} must be finite", f"{key} 须为有限数", key=key)
        return tuple(float(v) for v in found)

    def words(self, key: str, values: Any) -> tuple[str, ...]:
        """Give a list of words."""
        if not isinstance(values, (list, tuple)) or not all(isinstance(v, str) for v in values):
            self.fail(f"{key} must be a list of words", f"{key} 须为词的列表", key=key)
            return ()
        return tuple(values)

    def choice(self, key: str, default: Any, allowed: Sequence[str]) -> str:
        """Give one of the allowed words."""
        value = self.get(key, default, kind=str)
        if value is not None and value not in allowed:
            close = suggest(value, allowed)
            self.fail(
                f"{key} = {value!r} is none of {', '.join(allowed)}",
                f"{key} = {value!r} 不在 {', '.join(allowed)} 之中",
                meant(close),
                key=key,
            )
        return value or ""

    def evidence(self, default: Any = REQUIRED) -> str:
        """Give the tag of evidence of this table; what stands above it was judged there."""
        tag: str | None = self.get("evidence", default, kind=str)
        if tag not in (None, default, *EVIDENCE):
            self.problems.append(wrong_evidence(tag, self.where("evidence")))
        return tag or ""

    def table(self, key: str) -> Mapping[str, Any]:
        """Give a table, empty if absent."""
        found: Mapping[str, Any] = self.get(key, {}, kind=Mapping)
        return found

    def tables(self, key: str) -> list[Reader]:
        """Give the tables of an array of tables."""
        found = self.get(key, [], kind=list)
        return [self.child(f"{key}[{i + 1}]", part) for i, part in enumerate(found)]

    def close(self) -> None:
        """Note every key that nobody asked for, before what else is wrong."""
        for key in [k for k in self.data if k not in self.asked]:
            first = sum(p.code == "unknown-key" for p in self.problems)
            self.problems.insert(first, unknown_key(key, tuple(self.asked), self.where(key)))
