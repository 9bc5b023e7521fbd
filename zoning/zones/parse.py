"""Read a method from plain data, strictly: every problem of a file at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from zoning.base.shipped import data_path, load_toml
from zoning.base.strict import REQUIRED, Document, Reader
from zoning.errors import InputError, Text, raise_all
from zoning.schemes import Scheme
from zoning.weights.scaling import Scale
from zoning.zones import reading as r
from zoning.zones.method import (
    Cube,
    Dimension,
    Evidence,
    Flag,
    Matrix,
    Method,
    OrderedRule,
    Special,
    Suitability,
    Term,
    Weighting,
)
from zoning.zones.outcomes import check_outcomes, spoken
from zoning.zones.overlay import lay_over

MISSING = ("unknown", "skip")
WEIGHTS = ("manual", "ahp", "entropy", "critic")


def parse_method(
    data: Mapping[str, Any],
    where: str = "method",
    document: Document | None = None,
    plan: Scheme | None = None,
    path: Sequence[str | int] = (),
) -> Method:
    """Read a method from plain data, as it stands in TOML.

    With ``base = "two-matrices"`` (or another shipped method) only what differs is written;
    numbers that are changed without a ``source`` of their own are marked as the plan's choice.
    The key ``scheme`` names the zones that it speaks of: a shipped scheme or that of the plan,
    which is also that of a method that names none.

    Parameters
    ----------
    data : mapping
    where : str
        How messages name it.
    document : Document, optional
        The file that it was read from, which knows the lines.
    plan : Scheme, optional
        Of the plan.
    path : sequence of str or int
        The way to the method inside the document.

    Raises
    ------
    InputError
        Every unknown or missing key, wrong value, and number without source, at once.

    Examples
    --------
    >>> parse_method({"name": "x", "zh": "x", "en": "x", "sorce": "?"})
    Traceback (most recent call last):
    zoning.errors.InputError: method: unknown key 'sorce'. Try: did you mean 'source'?
    ...
    """
    bare = Reader(data, where, document=document, path=path)
    whole = _on_base(data, bare.where("base"))
    d = Reader(whole, where, document=document, path=path, code="method")
    why = _why(d)
    dimensions = tuple(
        _dimension(d.child(f"dimension.{name}", part), name, why)
        for name, part in d.table("dimension").items()
    )
    by_name = {x.name: x.grades for x in dimensions}
    matrices = []
    for part in d.tables("matrix"):
        matrix = _matrix(part, by_name, why)
        values = [v for row in matrix.cells.values() for v in row]
        by_name[matrix.name] = tuple(sorted(set(values), key=r.by_level))
        matrices.append(matrix)
    cube_data = d.get("cube", None, kind=Mapping)
    cube = _cube(d.child("cube", cube_data), by_name, why) if cube_data else None
    rules = tuple(_rule(part, why) for part in d.tables("rule"))
    suitability_data = d.get("suitability", None, kind=Mapping)
    suitability = (
        _suitability(d.child("suitability", suitability_data), why, dimensions)
        if suitability_data
        else None
    )
    scheme = spoken(d, plan)
    _check_names([*(x.name for x in dimensions), *(m.name for m in matrices[:-1])], d)
    method = Method(
        name=d.get("name", kind=str),
        en=d.get("en", kind=str),
        zh=d.get("zh", kind=str),
        why=why,
        dimensions=dimensions,
        matrices=tuple(matrices),
        cube=cube,
        rules=rules,
        suitability=suitability,
        notes=d.get("notes", "", kind=str),
        scheme=scheme,
    )
    if sum(bool(x) for x in (matrices, cube, rules)) != 1:
        d.fail(
            "exactly one of [[matrix]], [cube] and [[rule]] decides",
            "[[matrix]]、[cube]、[[rule]] 须恰有其一",
        )
    check_outcomes(method, d)
    d.close()
    raise_all(d.problems)
    return method


def _on_base(data: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Lay the data over the shipped method that it names."""
    if not isinstance(data, Mapping) or "base" not in data:
        return data
    base = str(data["base"])
    known = sorted(p.stem for p in data_path("methods").glob("*.toml"))
    if base not in known:
        raise InputError.one(
            f"no method {base!r} to start from; known: {', '.join(known)}",
            f"没有可作基础的方法 {base!r}；可用：{', '.join(known)}",
            where=where,
            code="no-method",
        )
    changes = {k: v for k, v in data.items() if k != "base"}
    return lay_over(load_toml("methods", f"{base}.toml"), changes, base)


def _check_names(names: list[str], d: Reader) -> None:
    """Names become columns, and words of the rule language."""
    for name in names:
        if not (isinstance(name, str) and name.isidentifier()) or name in r.RESERVED:
            d.fail(f"{name!r} cannot be the name of a dimension", f"{name!r} 不能作维度名")
    if len(set(names)) != len(names):
        d.fail("two dimensions or matrices have the same name", "维度或矩阵重名")


def _why(d: Reader, parent: Evidence | None = None) -> Evidence:
    source = d.get("source", parent.source if parent else REQUIRED, kind=str)
    tag = d.evidence(parent.evidence if parent else REQUIRED)
    return Evidence(source or "", tag)


def _dimension(d: Reader, name: str, parent: Evidence) -> Dimension:
    why = _why(d, parent if d.get("cuts", (), kind=(list, str)) == () else None)
    cuts = d.get("cuts", (), kind=(list, str))
    breaks = cuts == "breaks"
    numbers = () if breaks else d.numbers("cuts", cuts)
    default = {0: ["any"], 1: ["low", "high"], 2: ["low", "mid", "high"]}.get(
        len(numbers), [str(i + 1) for i in range(len(numbers) + 1)]
    )
    given = d.get("grades", ["low", "mid", "high"] if breaks else default, kind=list)
    grades = d.words("grades", given)
    if len(set(grades)) != len(grades):
        d.fail("grades repeat", "等级重复")
    if not breaks and len(grades) != len(numbers) + 1:
        d.fail("needs one more grade than cuts", "等级数应比分界数多一")
    if list(numbers) != sorted(set(numbers)):
        d.fail("cuts must rise", "分界值必须递增")
    equal = d.get("equal", "above", kind=(str, list))
    single = isinstance(equal, str)
    equal = (equal,) * (len(grades) - 1) if single else d.words("equal", equal)
    if len(equal) != len(grades) - 1 or set(equal) - {"above", "below"}:
        d.fail(
            "equal is 'above' or 'below', once per cut", "equal 须为 above 或 below，每个分界一项"
        )
    terms = tuple(_term(t, why) for t in d.tables("term"))
    if not terms:
        d.fail("has no term", "没有指标项")
    combine = d.choice("combine", "mean", ("mean", "max", "min"))
    if combine == "mean" and terms and not sum(t.weight for t in terms) > 0:
        d.fail("weights add up to 0", "权重之和为 0")
    unit = d.choice("unit", "score", ("score", "share"))
    dimension = Dimension(
        name=name,
        en=d.get("en", kind=str),
        zh=d.get("zh", kind=str),
        combine=combine,
        terms=terms,
        cuts=numbers,
        equal=equal,
        breaks=breaks,
        grades=grades,
        span=d.number("span", 1.0 if unit == "share" else 100.0, above=0.0),
        unit=unit,
        why=why,
        weighting=_weighting(d, len(terms), why),
    )
    d.close()
    return dimension


def _weighting(parent: Reader, size: int, above: Evidence) -> Weighting | None:
    data = parent.get("weighting", None, kind=Mapping)
    if data is None:
        return None
    d = parent.child("weighting", data)
    use = d.words("use", d.get("use", kind=list) or [])
    if not use or set(use) - set(WEIGHTS) or len(set(use)) != len(use):
        d.fail(
            f"use names some of {', '.join(WEIGHTS)}, each once", f"use 须取自 {', '.join(WEIGHTS)}"
        )
    shares = d.numbers("shares", d.get("shares", [], kind=list))
    if shares and (len(shares) != len(use) or min(shares) < 0 or not sum(shares) > 0):
        d.fail("shares need one number per set, none negative", "shares 每组一个数，不得为负")
    given = d.get("ahp", [], kind=(list, str))
    if isinstance(given, str):
        d.fail(
            "name the file beside the plan, or write the matrix here",
            "请将文件放在方案旁或直接写出矩阵",
        )
        given = []
    lists = [row if isinstance(row, list) else [row] for row in given]
    matrix = tuple(tuple(_judgement(x, d) for x in row) for row in lists)
    square = len(matrix) == size and all(len(row) == size for row in matrix)
    if ("ahp" in use and not square) or ("ahp" not in use and matrix):
        d.fail(f"ahp needs a matrix of {size} by {size}", f"ahp 需要 {size}×{size} 判断矩阵")
    join = d.choice("join", "linear", ("linear", "product", "least-squares"))
    weighting = Weighting(use, join, shares, matrix, _why(d, above))
    d.close()
    return weighting


def _judgement(cell: Any, d: Reader) -> float:
    try:
        return float(Fraction(str(cell)))
    except (ValueError, ZeroDivisionError):
        d.fail(f"judgement {cell!r} is no number", f"判断值 {cell!r} 不是数字")
        return 1.0


def _term(d: Reader, parent: Evidence) -> Term:
    kind = d.choice("scale", "none", r.SCALES)
    at = d.numbers("at", d.get("at", [], kind=list))
    scores = d.numbers("scores", d.get("scores", [], kind=list))
    if kind == "table" and len(scores) != len(at) + 1:
        d.fail("a table needs one more score than edges", "分级表的得分数应比分界数多一")
    if kind == "points" and (len(scores) != len(at) or len(at) < 2):
        d.fail(
            "points need as many scores as values, at least 2", "points 的值与得分须等长且不少于 2"
        )
    if list(at) != sorted(set(at)):
        d.fail("'at' must rise", "'at' 必须递增")
    needs_ends = kind in ("linear", "log")
    low = d.number("low", REQUIRED if needs_ends else 0.0)
    high = d.number("high", REQUIRED if needs_ends else 1.0)
    if low == high:
        d.fail("low and high are equal", "low 与 high 相等")
    if kind == "log" and min(low, high) <= 0:
        d.fail("a log scale needs low and high above 0", "对数标度的 low 与 high 须大于 0")
    missing = d.get("missing", "unknown", kind=(str, int, float))
    if isinstance(missing, str) and missing not in MISSING:
        d.fail("missing is 'unknown', 'skip' or a number", "missing 须为 unknown、skip 或数字")
    term = Term(
        indicator=d.get("indicator", kind=str),
        weight=d.number("weight", 1.0, at_least=0.0),
        scale=Scale(
            kind,
            low,
            high,
            at,
            scores,
            d.choice("equal", "above", ("above", "below")),
            int(d.number("classes", 5, above=1)),
            d.get("reverse", False, kind=bool),
        ),
        missing=missing if isinstance(missing, str) else float(missing),
        why=_why(d, parent),
    )
    d.close()
    return term


def _matrix(d: Reader, grades: Mapping[str, tuple[str, ...]], parent: Evidence) -> Matrix:
    why = _why(d, parent)
    rows, columns = (d.choice(key, REQUIRED, tuple(grades)) for key in ("rows", "columns"))
    cells = {}
    for grade, values in d.table("cells").items():
        cells[grade] = d.words(f"cells.{grade}", values)
    row_grades, column_grades = grades.get(rows, ()), grades.get(columns, ())
    if set(cells) != set(row_grades) or any(len(v) != len(column_grades) for v in cells.values()):
        d.fail(
            f"cells need rows {', '.join(row_grades)}, each with {len(column_grades)} values",
            f"单元格需要 {', '.join(row_grades)} 各行，每行 {len(column_grades)} 个值",
        )
    exceptions = []
    for e in d.tables("exception"):
        other = e.choice("dimension", REQUIRED, tuple(grades))
        exceptions.append(
            Special(
                e.choice("row", REQUIRED, row_grades),
                e.choice("column", REQUIRED, column_grades),
                other,
                e.choice("grade", REQUIRED, grades.get(other, ())),
                e.get("value", kind=str),
            )
        )
        e.close()
    flags = []
    for f in d.tables("flag"):
        flags.append(
            Flag(
                f.choice("row", REQUIRED, row_grades),
                f.choice("column", REQUIRED, column_grades),
                f.get("code", kind=str),
                f.get("en", kind=str),
                f.get("zh", kind=str),
            )
        )
        f.close()
    name = d.get("name", kind=str) or ""
    d.close()
    return Matrix(name, rows, columns, cells, tuple(exceptions), tuple(flags), why)


def _cube(d: Reader, grades: Mapping[str, tuple[str, ...]], parent: Evidence) -> Cube:
    why = _why(d, parent)
    axes = d.words("axes", d.get("axes", kind=list) or [])
    cells = {
        k: tuple(d.words(f"cells.{k}", row) for row in (rows if isinstance(rows, list) else [rows]))
        for k, rows in d.table("cells").items()
    }
    if len(axes) != 3 or any(a not in grades for a in axes):
        d.fail("axes are three dimensions of the method", "axes 须为方法中的三个维度")
    else:
        first, second, third = (grades[a] for a in axes)
        full = set(cells) == set(first) and all(
            len(rows) == len(second) and all(len(row) == len(third) for row in rows)
            for rows in cells.values()
        )
        if not full:
            d.fail("the cube has missing or extra cells", "立方体的单元格有缺漏或多余")
    d.close()
    three = (*axes, "", "", "")[:3]
    return Cube((three[0], three[1], three[2]), cells, why)


def _rule(d: Reader, parent: Evidence) -> OrderedRule:
    rule = OrderedRule(
        d.get("id", kind=str),
        d.get("when", kind=str),
        d.get("zone", kind=str),
        d.get("en", "", kind=str),
        d.get("zh", "", kind=str),
        _why(d, parent),
    )
    d.close()
    return rule


def _suitability(d: Reader, parent: Evidence, dimensions: tuple[Dimension, ...]) -> Suitability:
    keys = ("guidance", "built", "not_farmland", "not_protected")
    weights = {k: d.number(k, 0.0, at_least=0.0) for k in keys}
    full = d.number("built_full_share", 1.0, above=0.0)
    names = tuple(x.name for x in dimensions)
    if weights["guidance"] and "guidance" not in names and "dimension" not in d.data:
        d.fail("the method has no dimension 'guidance' whose score could count",
               "方法中没有可计分的维度“guidance”", Text(
                   "name one: dimension = ..., or set guidance = 0",
                   "请写明 dimension = ...，或设 guidance = 0"), key="guidance")  # fmt: skip
    dimension = d.choice("dimension", "guidance", (*names, "guidance"))
    why = _why(d, parent)
    terms = tuple(_term(t, why) for t in d.tables("term"))
    for term in terms:
        if term.scale.kind in ("minmax", "zscore", "breaks"):
            d.fail(f"'{term.indicator}': a scale read off the data is not for units",
                   f"“{term.indicator}”：单元的适宜性不用由数据定标的标度")  # fmt: skip
    if not sum(weights.values()) + sum(t.weight for t in terms) > 0:
        d.fail("weights add up to 0", "权重之和为 0")
    d.close()
    return Suitability(
        weights["guidance"],
        weights["built"],
        full,
        weights["not_farmland"],
        weights["not_protected"],
        why,
        terms,
        dimension,
    )
