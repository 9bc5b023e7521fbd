"""Reading a policy file: every problem at once, with its line and what was meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoning.base import strict, words
from zoning.base.shipped import data_path
from zoning.base.strict import Reader
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.policy.kinds import Block
from zoning.policy.model import (
    Column,
    Computed,
    Grouping,
    Parameter,
    Policy,
    Rounding,
    Rule,
    Show,
    Table,
)
from zoning.policy.steps import Steps, parse_steps
from zoning.policy.units import Unit, parse_unit

_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_TEXT = "text"
_MISSING = ("unknown", "redistribute", "zero")
_LEVELS = ("error", "warning", "note")


def shipped() -> tuple[str, ...]:
    """Give the names of the policy files that ship with the package.

    Examples
    --------
    >>> "compensation-hainan" in shipped()
    True
    """
    return tuple(sorted(p.stem for p in data_path("policies").glob("*.toml") if _is_policy(p)))


def _is_policy(path: Path) -> bool:
    return path.stem != "functions"


def find(name: str, folder: Path | None = None) -> Path:
    """Find a policy file: a path, or the name of a shipped one.

    Raises
    ------
    InputError
        If there is neither; with the nearest name.
    """
    path = (folder or Path()) / name
    if path.is_file():
        return path
    if name in shipped():
        return data_path("policies", f"{name}.toml")
    near = suggest(name, shipped())
    raise InputError.one(
        f"no policy file '{name}', and none of that name ships",
        f"没有政策文件“{name}”，随附文件中也没有",
        where=str(path), code="no-policy", measured=name,
        remedy=meant(near, Text("zoning policy list shows what ships",
                                "zoning policy list 列出随附文件")),
    )  # fmt: skip


def read_policy(path: Path) -> Policy:
    """Read a policy file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Policy

    Raises
    ------
    InputError
        With all problems of its form: unknown keys, units, weights that do not add up, step tables
        with gaps or overlaps. Formulas are checked by
        :func:`zoning.policy.compiled.compile_policy`.

    Examples
    --------
    >>> p = read_policy(find("compensation-hainan"))
    >>> p.main, p.blocks["base"].total
    ('counties', 100.0)
    """
    document = strict.read(path)
    top = Reader(document.data, document.where, document=document, code="policy")
    policy = _policy(top, path)
    top.close()
    raise_all(top.problems)
    return policy


def _policy(top: Reader, path: Path) -> Policy:
    head = top.child("policy", top.table("policy"))
    title = _words(head, needed=True)
    main = head.get("main", kind=str) or ""
    about = _words(head, "about_", needed=True)
    notice = _words(head, "notice_")
    source, evidence = head.get("source", kind=str) or "", head.evidence()
    source_zh = head.get("source_zh", source, kind=str)
    head.close()
    parameters = {n: _parameter(n, r) for n, r in _named(top, "parameters")}
    tables = {n: _table(n, r) for n, r in _named(top, "tables")}
    sources: dict[str, tuple[str, str]] = {}
    blocks = {n: _block(n, r, sources) for n, r in _named(top, "weights")}
    steps = {n: s for n, r in _named(top, "steps") if (s := _steps(n, r, sources)) is not None}
    checks = tuple(_rule(r, main) for r in top.tables("checks"))
    shown = top.child("show", top.table("show"))
    show = _show(shown)
    shown.close()
    if main and main not in tables:
        near = suggest(main, tables)
        head.fail(
            f"main = {main!r} is no table of the file", f"main = {main!r} 不是本文件的表",
            meant(near), key="main",
        )  # fmt: skip
    _clashes(top, parameters, tables)
    return Policy(
        path.stem, title, about, source, source_zh, evidence, notice if notice.en else None, main,
        tables, parameters, blocks, steps, sources, checks, show, path,
    )  # fmt: skip


def _named(top: Reader, key: str) -> list[tuple[str, Reader]]:
    """Give the named tables of a part, each under a name that formulas can use."""
    found = []
    for name, data in top.table(key).items():
        part = top.child(f"{key}.{name}", data)
        if not _NAME.fullmatch(name):
            part.fail(
                f"a name has small letters, digits and _ only, not {name!r}",
                f"名称只能含小写字母、数字和下划线，而非 {name!r}",
            )  # fmt: skip
        found.append((name, part))
    return found


def _words(part: Reader, prefix: str = "", *, needed: bool = False) -> Text:
    """Give a text in both languages; one alone is an error."""
    en = part.get(f"{prefix}en", "", kind=str)
    zh = part.get(f"{prefix}zh", "", kind=str)
    if bool(en) != bool(zh) or (needed and not en):
        missing = f"{prefix}zh" if en else f"{prefix}en"
        part.fail(f"key {missing!r} is missing", f"缺少键 {missing!r}")
    return Text(en, zh)


def _unit(part: Reader, key: str = "unit", default: Any = strict.REQUIRED) -> Unit | None:
    """Give a unit; ``text`` is none."""
    text = part.get(key, default, kind=str)
    if text is None or text == _TEXT:
        return None
    try:
        return parse_unit(text, part.where(key))
    except InputError as error:
        part.problems.extend(error.problems)
        return None


def _label(part: Reader, name: str) -> Text:
    given = _words(part)
    return given if given.en else Text(name, name)


def _parameter(name: str, part: Reader) -> Parameter:
    value = part.get("value", kind=(int, float, str))
    unit = _unit(part)
    if value is not None and isinstance(value, str) != (unit is None):
        part.fail(
            'a word has unit = "text", a number a unit', '文字的 unit 须为 "text"，数值须有单位'
        )
    if isinstance(value, int | float) and not math.isfinite(value):
        part.fail("value must be finite", "value 须为有限数", key="value")
    found = Parameter(
        name, _label(part, name), value if isinstance(value, str) else float(value or 0), unit,
        part.get("source", kind=str) or "", part.evidence(),
    )  # fmt: skip
    part.close()
    return found


def _table(name: str, part: Reader) -> Table:
    label = _label(part, name)
    kinds = [k for k in ("plan", "file", "rows", "group") if k in part.data]
    if len(kinds) != 1:
        part.fail(
            "a table has one of plan, file, rows, group", "每张表须有 plan、file、rows、group 之一"
        )
    kind = kinds[0] if kinds else "rows"
    origin = ""
    rows: tuple[Mapping[str, object], ...] = ()
    if kind == "rows":
        listed = part.get("rows", [], kind=list)
        rows = tuple(r for r in listed if isinstance(r, Mapping))
        if len(rows) != len(listed):
            part.fail("rows must be tables", "rows 须为表的列表", key="rows")
    else:
        origin = part.get(kind, kind=str) or ""
    key = part.get("key", kind=(str, list))
    keys = (key,) if isinstance(key, str) else part.words("key", key or [])
    columns = tuple(
        _column(n, part.child(f"columns.{n}", d), kind) for n, d in part.table("columns").items()
    )
    groupings = tuple(
        _grouping(n, part.child(f"groups.{n}", d)) for n, d in part.table("groups").items()
    )
    computed = tuple(_computed(r) for r in part.tables("formulas"))
    found = Table(
        name, label, kind, origin, keys, columns, rows, groupings, computed,
        part.get("sheet", None, kind=str), part.get("example", "", kind=str),
        part.get("optional", False, kind=bool),
        part.words("place", part.get("place", [], kind=list)), part.where(),
    )  # fmt: skip
    names = [c.name for c in columns] + [g.name for g in groupings] + [c.name for c in computed]
    for twice in sorted({n for n in names if names.count(n) > 1}):
        part.fail(f"column {twice!r} occurs twice", f"字段 {twice!r} 重复")
    part.close()
    return found


def _column(name: str, part: Reader, kind: str) -> Column:
    origin = part.get("from", name, kind=str) or name
    label = _words(part)
    if not label.en and kind == "plan":  # the plan has words for its own columns
        label = Text(words.label(origin, "en"), words.label(origin, "zh"))
    elif not label.en:
        label = Text(name, origin)
    found = Column(name, label, origin, _unit(part))
    _check_name(name, part)
    part.close()
    return found


def _check_name(name: str, part: Reader) -> None:
    if not _NAME.fullmatch(name):
        part.fail(
            f"a column of formulas has small letters, digits and _ only, not {name!r}",
            f"公式中的字段名只能含小写字母、数字和下划线，而非 {name!r}",
            Text('write it as name = { from = "..." }', '请写作 名称 = { from = "..." }'),
        )  # fmt: skip


def _grouping(name: str, part: Reader) -> Grouping:
    codes = part.table("map")
    wrong = [k for k, v in codes.items() if not isinstance(v, str)]
    if wrong:
        part.fail(f"map.{wrong[0]} must be a word", f"map.{wrong[0]} 须为文字", key="map")
    found = Grouping(
        name, _label(part, name), part.get("from", kind=str) or "",
        part.get("scheme", "", kind=str), dict(codes), part.get("other", None, kind=str),
    )  # fmt: skip
    _check_name(name, part)
    part.close()
    return found


def _computed(part: Reader) -> Computed:
    name = part.get("name", kind=str) or ""
    rounding = None
    if "round" in part.data:
        inner = part.child("round", part.table("round"))
        rounding = Rounding(
            inner.number("step", 1.0, above=0), inner.get("total", None, kind=str),
            inner.get("by", None, kind=str),
        )  # fmt: skip
        inner.close()
    found = Computed(
        name, _label(part, name), part.get("formula", kind=str) or "", _unit(part), rounding,
        part.get("source", "", kind=str), part.evidence("") if "evidence" in part.data else "",
        part.where("formula"),
    )  # fmt: skip
    _check_name(name, part)
    if rounding and found.unit is None:
        part.fail("a text cannot be rounded", "文字不能取整", key="round")
    part.close()
    return found


def _block(name: str, part: Reader, sources: dict[str, tuple[str, str]]) -> Block:
    by, total = part.get("by", None, kind=str), part.number("total", 100, above=0)
    missing = part.choice("missing", "unknown", _MISSING)
    rows: dict[str, dict[str, float]] = {}
    for group, data in part.table("rows").items():
        inner = part.child(f"rows.{group}", data)
        rows[group] = {item: inner.number(item, at_least=0) for item in inner.data}
        inner.close()
    sources[f"weights.{name}"] = (part.get("source", kind=str) or "", part.evidence())
    part.close()
    if not rows or (by is None and len(rows) != 1):
        part.fail(
            "weights without by have one row, rows.all", "未给出 by 的权重须只有一行 rows.all"
        )
    for group, row in rows.items():
        found = math.fsum(row.values())
        if abs(found - total) > 1e-9 * total:
            part.problems.append(
                Problem(
                    Text(f"the weights of '{group}' add up to {found:g}, not to {total:g}",
                         f"“{group}”的权重合计为 {found:g}，而非 {total:g}"),
                    part.where("rows", group), found, total, code="weights-total",
                )
            )  # fmt: skip
    return Block(name, by, total, missing, rows)


def _steps(name: str, part: Reader, sources: dict[str, tuple[str, str]]) -> Steps | None:
    unit = _unit(part, default="1")
    rows = part.get("rows", kind=list) or []
    sources[f"steps.{name}"] = (part.get("source", kind=str) or "", part.evidence())
    part.close()
    try:
        found = parse_steps(name, [r if isinstance(r, list) else [r] for r in rows],
                            part.where("rows"), unit.factor if unit else 1.0)  # fmt: skip
    except InputError as error:
        part.problems.extend(error.problems)
        return None
    part.problems.extend(found.problems(part.where("rows")))
    return found


def _rule(part: Reader, main: str) -> Rule:
    found = Rule(
        part.get("name", kind=str) or "", part.get("table", main, kind=str),
        part.get("rule", kind=str) or "", part.choice("level", "error", _LEVELS),
        _words(part, needed=True), part.where("rule"),
    )  # fmt: skip
    part.close()
    return found


def _show(part: Reader) -> Show:
    words: dict[str, dict[str, Text]] = {}
    for column, codes in part.table("words").items():
        inner = part.child(f"words.{column}", codes)
        words[column] = {}
        for code, data in inner.data.items():
            inner.asked[code] = None
            one = part.child(f"words.{column}.{code}", data)
            words[column][code] = _words(one, needed=True)
            one.close()
    paragraphs = tuple(_paragraph(r) for r in part.tables("paragraphs"))
    return Show(
        part.words("columns", part.get("columns", [], kind=list)),
        part.get("order", "", kind=str), part.get("theme", "", kind=str),
        part.get("colours", "YlGn", kind=str), words, dict(part.table("hues")), paragraphs,
        part.words("tables", part.get("tables", [], kind=list)), part.get("rank", "", kind=str),
        part.words("limits", part.get("limits", [], kind=list)),
        part.get("chart", "", kind=str),
    )  # fmt: skip


def _paragraph(part: Reader) -> Text:
    text = _words(part, needed=True)
    part.close()
    return text


def _clashes(top: Reader, parameters: Mapping[str, Any], tables: Mapping[str, Table]) -> None:
    """Find names that mean two things in a formula."""
    for table in tables.values():
        for name in sorted(set(table.kinds) & set(parameters)):
            top.problems.append(
                Problem(
                    Text(f"'{name}' is a parameter and a column of '{table.name}'",
                         f"“{name}”既是参数，又是“{table.name}”的字段"),
                    table.where, code="policy",
                )
            )  # fmt: skip
