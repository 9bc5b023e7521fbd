"""Access lists: which industry may come where, as the planner's tables; codes as facts."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import data_path
from zoning.base.strict import EVIDENCE
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.inputs.source import shorten

if TYPE_CHECKING:
    import pandas as pd

    from zoning.inputs.source import Source

#: Columns of a list, in order; all but those in _NEEDED may be left out.
COLUMNS = (
    "list", "scope", "scope_id", "code_prefix", "catalogue_item", "status", "dimension", "rule",
    "text_zh", "text_en", "source", "evidence", "valid_from", "valid_to",
)  # fmt: skip
_NEEDED = ("scope", "status", "source")
SCOPES = ("all", "zone", "overlay", "env_unit", "env_class", "park")
#: From the worst to the best.
STATUSES = ("forbidden", "restricted", "condition", "allowed", "encouraged")
DIMENSIONS = ("industry", "space", "emission", "risk", "efficiency")
_WORDS = {
    "禁止": "forbidden", "限制": "restricted", "条件": "condition", "有条件": "condition",
    "允许": "allowed", "鼓励": "encouraged",
}  # fmt: skip
#: Any industry.
ANY = "*"
_CODE = re.compile(r"([A-Z]?)(\d{0,4})")


@cache
def industries() -> pd.DataFrame:
    """Give the sections and divisions of the industrial classification (GB/T 4754-2017).

    Returns
    -------
    DataFrame, index ``code``
        ``parent`` (section of a division, else ``<NA>``), ``zh``, ``en``.

    Examples
    --------
    >>> industries().loc["30", ["parent", "zh"]].tolist()
    ['C', '非金属矿物制品业']
    """
    import pandas as pd

    table = pd.read_csv(data_path("access", "industries.csv"), dtype="string", encoding="utf-8")
    return table.set_index("code")


def industry_code(text: str, where: str = "--industry") -> str:
    """Bring a code of an industry to one form: section and digits.

    Parameters
    ----------
    text : str
        ``C``, ``C30``, ``C301``, ``C3011`` or without the section, ``3011``; ``*`` for any.
    where : str
        For messages.

    Raises
    ------
    InputError
        If it is no code, there is no such division, or the section is another.

    Examples
    --------
    >>> industry_code("3011"), industry_code("c30"), industry_code("B")
    ('C3011', 'C30', 'B')
    >>> industry_code("B30")
    Traceback (most recent call last):
    zoning.errors.InputError: --industry: B30: division 30 belongs to section C. Try: C30
    """
    given = str(text).strip().upper()
    if given == ANY:
        return ANY
    hit = _CODE.fullmatch(given)
    known = industries()
    section, digits = (hit[1], hit[2]) if hit else ("", "")
    if not hit or not given or (section and section not in known.index) or len(digits) == 1:
        raise InputError.one(
            f"'{text}' is no code of GB/T 4754", f"“{text}”不是国民经济行业分类代码", where=where,
            code="industry-code", measured=str(text),
            remedy=("a section, or two to four digits behind it: C, C30, C301, C3011",
                    "门类字母，或其后两至四位数字：C、C30、C301、C3011"),
        )  # fmt: skip
    if not digits:
        return section
    if digits[:2] not in known.index:
        raise InputError.one(
            f"{text}: there is no division {digits[:2]}", f"{text}：没有大类 {digits[:2]}",
            where=where, code="industry-code", measured=str(text), limit="01–97",
            remedy=("divisions go from 01 to 97", "大类代码为 01 至 97"),
        )  # fmt: skip
    right = str(known.at[digits[:2], "parent"])
    if section and section != right:
        raise InputError.one(
            f"{text}: division {digits[:2]} belongs to section {right}",
            f"{text}：大类 {digits[:2]} 属于门类 {right}", where=where, code="industry-code",
            measured=section, limit=right, remedy=(right + digits, right + digits),
        )  # fmt: skip
    return right + digits


def has_prefix(code: str, prefix: str) -> bool:
    """Say whether a code lies under a prefix; both in the form of :func:`industry_code`.

    Examples
    --------
    >>> has_prefix("C3011", "C30"), has_prefix("C3011", "C"), has_prefix("C30", "C301")
    (True, True, False)
    """
    return prefix == ANY or code.startswith(prefix)


def industry_name(code: str, lang: str) -> str:
    """Name the division, or the section, of a code.

    Examples
    --------
    >>> industry_name("C3011", "en"), industry_name("C", "zh")
    ('non-metallic mineral products', '制造业')
    """
    known = industries()
    key = code[1:3] if len(code) > 1 else code
    return str(known.at[key, lang]) if key in known.index else ""


def read_access(path: str | Path) -> tuple[pd.DataFrame, Source]:
    """Read an access list.

    Parameters
    ----------
    path : str or Path
        CSV or XLSX with the columns of :data:`COLUMNS`; statuses may stand in Chinese (鼓励 ...).

    Returns
    -------
    DataFrame
        :data:`COLUMNS` as text in one form (``""`` where nothing stands), dates as ``YYYY-MM-DD``.
    Source

    Raises
    ------
    InputError
        With all problems of the file, each with its row.
    """
    from zoning.inputs.tables import read_table

    table, source = read_table(path, role="access")
    where = str(path)
    unknown = [c for c in table.columns if str(c) not in COLUMNS]
    problems = [_unknown(str(c), where) for c in unknown]
    problems += [
        Problem(Text(f"no column '{c}'", f"缺少字段“{c}”"), where, code="missing-column",
                remedy=Text("columns: " + ", ".join(COLUMNS), "字段：" + "、".join(COLUMNS)))
        for c in _NEEDED if c not in table.columns
    ]  # fmt: skip
    raise_all(problems)
    frame = table.reindex(columns=list(COLUMNS)).astype("string").apply(lambda c: c.str.strip())
    frame = frame.fillna("")
    frame["list"] = frame["list"].mask(frame["list"] == "", Path(path).stem)
    frame["scope_id"] = frame["scope_id"].str.replace(r"^(\d+)\.0$", r"\1", regex=True)
    frame["status"] = frame["status"].replace(_WORDS)
    frame["dimension"] = frame["dimension"].mask(frame["dimension"] == "", "industry")
    frame["evidence"] = frame["evidence"].mask(frame["evidence"] == "", "own")
    found: list[Problem] = []
    for i, row in enumerate(frame.to_dict("records")):
        label = f"{where}, row {i + 2}"
        found += _row_problems(row, label)
        try:
            frame.at[i, "code_prefix"] = industry_code(row["code_prefix"] or ANY, label)
        except InputError as error:
            found += error.problems
        for name in ("valid_from", "valid_to"):
            frame.at[i, name] = _date(row[name], name, label, found)
    raise_all(shorten(found, where))
    return frame, source


def _unknown(column: str, where: str) -> Problem:
    near = suggest(column, COLUMNS)
    return Problem(
        Text(f"unknown column '{column}'", f"未知的字段“{column}”"), where, code="unknown-key",
        remedy=meant(near, Text(
            "columns: " + ", ".join(COLUMNS), "字段：" + "、".join(COLUMNS))),
    )  # fmt: skip


def _row_problems(row: dict[str, Any], where: str) -> list[Problem]:
    """Find what no rule could be read from."""
    problems = []
    for name, allowed in (
        ("scope", SCOPES), ("status", STATUSES), ("dimension", DIMENSIONS), ("evidence", EVIDENCE),
    ):  # fmt: skip
        if row[name] not in allowed:
            near = suggest(row[name], allowed)
            listed = ", ".join(allowed)
            problems.append(Problem(
                Text(f"{name} is '{row[name]}'", f"{name} 为“{row[name]}”"), where,
                measured=row[name], limit=listed, code="access-word",
                remedy=meant(near, Text(f"one of {listed}", f"须为 {listed} 之一")),
            ))  # fmt: skip
    if (row["scope"] == "all") != (row["scope_id"] == ""):
        need = row["scope"] != "all"
        problems.append(Problem(
            Text(f"scope {row['scope']} {'needs' if need else 'takes no'} scope_id",
                 f"scope 为 {row['scope']} 时{'须填写' if need else '不填'} scope_id"),
            where, code="access-scope",
            remedy=Text("the code of the zone, unit or park", "请填写分区、管控单元或园区的代码")
            if need else Text("leave it empty", "请留空"),
        ))  # fmt: skip
    if not row["source"]:
        problems.append(Problem(Text("no source", "没有来源"), where, code="no-source",
                                remedy=Text("title, number and date of the document",
                                            "请填写文件名称、文号和日期")))  # fmt: skip
    return problems


def _date(text: str, name: str, where: str, problems: list[Problem]) -> str:
    """Read a date; an empty one is open."""
    if not text:
        return ""
    head = text.split(" ")[0].replace("/", "-").replace(".", "-")
    try:
        return datetime.date(*[int(p) for p in head.split("-")]).isoformat()
    except (ValueError, TypeError):
        problems.append(Problem(
            Text(f"{name} is '{text}'", f"{name} 为“{text}”"), where, measured=text, code="date",
            remedy=Text("write it as 2024-02-01", "请写作 2024-02-01"),
        ))  # fmt: skip
        return ""


def read_lists(paths: Iterable[str | Path]) -> tuple[pd.DataFrame | None, list[Source]]:
    """Read several lists into one table; the shipped made-up one is called ``made-up``.

    Raises
    ------
    InputError
        With the problems of all files.
    """
    import pandas as pd

    frames, sources = [], []
    problems: list[Problem] = []
    for path in paths:
        file = data_path("access", "made-up.csv") if str(path) == "made-up" else Path(path)
        try:
            frame, source = read_access(file)
        except InputError as error:
            problems += error.problems
            continue
        frames.append(frame)
        sources.append(source)
    raise_all(problems)
    return (pd.concat(frames, ignore_index=True) if frames else None), sources
