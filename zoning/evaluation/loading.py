"""From the TOML of a preset to its frozen form, with all problems at once."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.base.shipped import data_path, load_toml
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.evaluation.presets import Correction, Flow, Item, PatchRule, Preset, Screen
from zoning.evaluation.tables import BEST, WORST, Bands, Table

#: Keys of a preset.
_TOP = (
    "name title_en title_zh kind scale sources relief_window tables factors matrices corrections "
    "town agriculture ecology patches hazard_weights comfort soil_limits"
)
_CHANGES = {"worst": WORST, "best": BEST}


class _Guide:
    """A TOML document that is being read, and what was wrong with it."""

    def __init__(self, document: strict.Document):
        self.document, self.data = document, document.data
        self.problems: list[Problem] = []

    def where(self, key: str, *more: str) -> str:
        """Name a table or a key of it, with its line."""
        line = self.document.at([*(key.split(".") if key else ()), *more])
        return f"{line}: {key}" if key else line

    def wrong(self, key: str, en: str, zh: str, hint: str | None = None) -> None:
        remedy = meant(hint)
        self.problems.append(
            Problem(
                Text(en, zh),
                self.where(key),
                remedy=remedy,
                code="preset",
            )
        )

    def bands(self, key: str, raw: Mapping[str, Any], values: int) -> Bands:
        edges = tuple(float(e) for e in raw.get("edges", ()))
        side = raw.get("edge_in")
        sides = (side,) * len(edges) if isinstance(side, str) else tuple(side or ())
        if any(a >= b for a, b in pairwise(edges)):
            self.wrong(key, "edges do not rise", "分界值须递增")
        if len(sides) != len(edges) or not set(sides) <= {"lower", "upper"}:
            self.wrong(key, "edge_in needs lower or upper for every edge",
                       "edge_in 须为每个分界值指定 lower 或 upper")  # fmt: skip
        if values != len(edges) + 1:
            self.wrong(key, f"{len(edges)} edges need {len(edges) + 1} values, not {values}",
                       f"{len(edges)} 个分界值需要 {len(edges) + 1} 个取值")  # fmt: skip
        return Bands(edges, sides)

    def keys(self, key: str, raw: Mapping[str, Any], known: str) -> None:
        """Refuse keys that are not known; a typing slip must not pass for a default."""
        names = known.split()
        for name in sorted(set(raw) - set(names)):
            self.problems.append(strict.unknown_key(name, names, self.where(key, name)))

    def origin(self, key: str, raw: Mapping[str, Any]) -> tuple[str, str]:
        """Give source and evidence, both of which every number must have."""
        source, tag = str(raw.get("source", "")), str(raw.get("evidence", ""))
        known = self.data.get("sources", {})
        if source not in known:
            self.wrong(key, f"no source {source!r} in [sources]", f"[sources] 中没有 {source!r}",
                       suggest(source, known))  # fmt: skip
        if tag not in strict.EVIDENCE:
            self.problems.append(strict.wrong_evidence(tag, self.where(key, "evidence")))
        return str(known.get(source, source)), tag

    def known(self, key: str, name: str, names: Mapping[str, Any]) -> None:
        if name not in names:
            self.wrong(key, f"no {name!r}", f"没有 {name!r}", suggest(name, names))


def load_preset(name_or_path: str | Path) -> Preset:
    """Read a preset that ships (``"A"``, ``"B"``) or a TOML file of the same form.

    Parameters
    ----------
    name_or_path : str or Path
        To make your own, copy ``data/evaluation/preset-b.toml`` and change its numbers.

    Raises
    ------
    InputError
        No such preset, or a file that does not hold together; all problems at once.

    Examples
    --------
    >>> preset = load_preset("B")
    >>> preset.tables["town_slope"].bands.edges, preset.matrices["town_base"][0]
    ((3.0, 8.0, 15.0, 25.0), (1, 1, 1, 2, 3))
    """
    text = str(name_or_path)
    path = Path(name_or_path)
    if text.upper() in ("A", "B"):
        path = data_path("evaluation", f"preset-{text.lower()}.toml")
    document = strict.read(
        path, remedy=Text("A, B, or the path of a TOML file", "可用 A、B 或 TOML 文件路径")
    )
    try:
        return build(document)
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError.one(
            f"a value has the wrong form: {error}", f"取值形式有误：{error}", where=text,
            code="bad-preset",
        ) from error  # fmt: skip


def build(document: strict.Document) -> Preset:
    r"""Check a preset and freeze it.

    Examples
    --------
    >>> build(strict.parse('[tables.x]\nrole = "slope"', "mine.toml"))
    Traceback (most recent call last):
    zoning.errors.InputError: mine.toml:1: tables.x: no source '' in [sources]
    ...
    """
    book, data, where = _Guide(document), document.data, document.where
    book.keys("", data, _TOP)
    tables = {n: _table(book, n, t) for n, t in data.get("tables", {}).items()}
    factors = {n: _factor(book, n, f, tables) for n, f in data.get("factors", {}).items()}
    measures = {**tables, **factors}
    matrices = {n: _matrix(book, n, m) for n, m in data.get("matrices", {}).items()}
    changes = {n: _correction(book, n, c, measures) for n, c in data.get("corrections", {}).items()}
    patches = {n: _patches(book, n, p) for n, p in data.get("patches", {}).items()}
    flows: dict[str, Flow] = {
        n: _flow(book, n, data[n], measures, matrices, changes, patches)
        for n in ("agriculture", "town")
        if n in data
    }
    ecology = data.get("ecology", {})
    items = tuple(_item(book, i) for i in ecology.get("items", ()))
    patch = ecology.get("patches")
    if patch is not None:
        book.known("ecology", patch, patches)
    if "area_m2" not in data.get("relief_window", {"area_m2": 0}):
        book.wrong("relief_window", "needs area_m2, the area of the window",
                   "需要 area_m2（窗口面积）")  # fmt: skip
        data = {k: v for k, v in data.items() if k != "relief_window"}
    window = data.get("relief_window", load_toml("indicators", "terrain.toml")["relief_window"])
    for key in ("relief_window", "ecology", "hazard_weights", "comfort", "soil_limits"):
        if key in data:
            book.origin(key, data[key])
    raise_all(book.problems)
    return Preset(
        name=str(data.get("name", where)),
        title=Text(str(data.get("title_en", where)), str(data.get("title_zh", where))),
        scale=str(data.get("scale", "city")),
        sources=data.get("sources", {}),
        tables=tables, factors=factors, matrices=matrices, corrections=changes, flows=flows,
        items=items, patches=patches,
        specks_below_m2=float(ecology.get("specks_below_m2", 0)),
        ecology_patches=patch,
        relief_m2=float(window["area_m2"]),
        data=data,
    )  # fmt: skip


def _table(book: _Guide, name: str, raw: Mapping[str, Any]) -> Table:
    key = f"tables.{name}"
    book.keys(key, raw, "role unit edges edge_in classes known scale source evidence")
    source, tag = book.origin(key, raw)
    bands, classes = None, tuple(raw.get("known", (1, 2, 3, 4, 5)))
    if "edges" in raw:
        classes = tuple(raw.get("classes", ()))
        bands = book.bands(key, raw, len(classes))
    if not set(classes) <= {1, 2, 3, 4, 5}:
        book.wrong(key, "classes are 1 to 5", "类别应为 1 到 5")
    if "role" not in raw:
        book.wrong(key, "names no role", "未指定 role")
    unit, scale = str(raw.get("unit", "")), raw.get("scale")
    return Table(name, str(raw.get("role", "")), unit, bands, classes, scale, source, tag)


def _factor(
    book: _Guide, name: str, raw: Mapping[str, Any], tables: Mapping[str, Table]
) -> tuple[str, tuple[str, ...]]:
    book.keys(f"factors.{name}", raw, "worst_of one_of")
    how = "worst_of" if "worst_of" in raw else "one_of"
    names = tuple(raw.get(how, ()))
    for table in names:
        book.known(f"factors.{name}", table, tables)
    return how, names


def _matrix(book: _Guide, name: str, raw: Mapping[str, Any]) -> tuple[tuple[int, ...], ...]:
    book.keys(f"matrices.{name}", raw, "cells source evidence")
    book.origin(f"matrices.{name}", raw)
    cells = tuple(tuple(row) for row in raw.get("cells", ()))
    if [len(row) for row in cells] != [5] * 5 or not {c for r in cells for c in r} <= {
        1,
        2,
        3,
        4,
        5,
    }:
        book.wrong(f"matrices.{name}", "needs 5 x 5 classes 1 to 5", "应为 5×5，取值 1 到 5")
    return cells


def _change(book: _Guide, key: str, raw: Mapping[str, Any]) -> tuple[int, ...]:
    steps = tuple(_CHANGES.get(str(c), c) for c in raw.get("change", ()))
    if not steps or not all(isinstance(c, int) for c in steps):
        book.wrong(key, "change is whole numbers, worst or best", "change 应为整数、worst 或 best")
        return ()
    return steps


def _correction(
    book: _Guide, name: str, raw: Mapping[str, Any], measures: Mapping[str, Any]
) -> Correction:
    key = f"corrections.{name}"
    book.keys(key, raw, "of worst_among change lift_only source evidence")
    source, tag = book.origin(key, raw)
    among, of = tuple(raw.get("worst_among", ())), str(raw.get("of", ""))
    for used in among or (of,):
        book.known(key, used, measures)
    lift = tuple(raw.get("lift_only", (1, 2, 3, 4, 5)))
    steps = _change(book, key, raw)
    need = len(among) + 1 if among else _top_class(measures.get(of))
    if len(steps) != need:
        book.wrong(key, f"change needs {need} values", f"change 需要 {need} 个取值")
    return Correction(name, of, among, steps, lift, source, tag)


def _top_class(measure: Any) -> int:
    return max(measure.classes, default=5) if isinstance(measure, Table) else 5


def _patches(book: _Guide, name: str, raw: Mapping[str, Any]) -> PatchRule:
    key = f"patches.{name}"
    parts = "rule classes aggregation_m shape_below_km2 area shape source evidence"
    book.keys(key, raw, parts)
    tags = {key: book.origin(key, raw)[1]}
    rule = str(raw.get("rule", "none"))
    if rule not in ("area", "matrix", "shape", "area-first", "none"):
        book.wrong(key, f"no rule {rule!r}", f"没有规则 {rule!r}")
    found: dict[str, tuple[Bands, tuple[int, ...]]] = {}
    cells: tuple[tuple[int, ...], ...] = ()
    for part in ("area", "shape"):
        table = raw.get(part)
        if table is None and part not in rule and not (rule == "matrix" and part == "area"):
            found[part] = Bands((), ()), (0,)
            continue
        table = table or {}
        book.keys(f"{key}.{part}", table, "edges edge_in change cells source evidence")
        tag = book.origin(f"{key}.{part}", table)[1]
        if part in rule or rule in ("area-first", "matrix"):
            tags[f"{key}.{part}"] = tag
        if "cells" in table:
            cells = tuple(tuple(row) for row in table["cells"])
            steps: tuple[int, ...] = (0,) * (len(cells[0]) if cells else 0)
        else:
            steps = _change(book, f"{key}.{part}", table)
        found[part] = book.bands(f"{key}.{part}", table, len(steps)), steps
    below = float(raw.get("shape_below_km2", float("inf")))
    classes = tuple(raw.get("classes", (1, 2, 3, 4)))
    gap = float(raw.get("aggregation_m", 0))
    made = PatchRule(rule, classes, gap, below, *found["area"], cells, *found["shape"], tags)
    _larger_is_better(book, key, made)
    return made


def _larger_is_better(book: _Guide, key: str, rule: PatchRule) -> None:
    """Refuse a rule in which a patch gains by being smaller."""
    if rule.rule == "matrix":
        square = len(rule.cells) == 5 and len({len(row) for row in rule.cells}) == 1
        if not square or not {c for row in rule.cells for c in row} <= {1, 2, 3, 4, 5}:
            book.wrong(key, "cells need 5 rows of classes 1 to 5", "cells 应为 5 行，取值 1 到 5")
            return
        steps = [b - a for row in rule.cells for a, b in pairwise(row)]
        falls = any(s < 0 for s in steps) and any(s > 0 for s in steps)
    else:
        falls = rule.rule != "shape" and any(b > a for a, b in pairwise(rule.area_change))
        # Above the limit the shape counts no more: what it bettered would be worse again.
        falls |= rule.rule == "area-first" and min(rule.shape_change, default=0) < 0
    if falls:
        book.wrong(key, "a larger patch would fare worse than a smaller one of the same shape",
                   "同样形状的图斑，面积更大反而评价更低")  # fmt: skip


def _flow(
    book: _Guide, name: str, raw: Mapping[str, Any], measures: Mapping[str, Any],
    matrices: Mapping[str, Any], changes: Mapping[str, Any], patches: Mapping[str, Any],
) -> Flow:  # fmt: skip
    book.keys(name, raw, "kind screens land land_corrections steps corrections patches")
    if raw.get("kind") == "screens":
        return Flow("screens", tuple(_screen(book, name, s) for s in raw.get("screens", ())))
    steps = tuple((str(m), str(f)) for m, f in raw.get("steps", ()))
    land = str(raw.get("land", ""))
    for used in (land, *(f for _, f in steps)):
        book.known(name, used, measures)
    for used, _ in steps:
        book.known(name, used, matrices)
    first, then = tuple(raw.get("land_corrections", ())), tuple(raw.get("corrections", ()))
    for used in first + then:
        book.known(name, used, changes)
    patch = raw.get("patches")
    if patch is not None:
        book.known(name, patch, patches)
    return Flow("matrix", (), land, first, steps, then, patch)


def _screen(book: _Guide, flow: str, raw: Mapping[str, Any]) -> Screen:
    key = f"{flow}.screens.{raw.get('name', '?')}"
    known = "name role unit above below equals known unless source evidence"
    book.keys(key, raw, known)
    source, tag = book.origin(key, raw)
    if sum(k in raw for k in ("above", "below", "equals")) != 1 or "role" not in raw:
        book.wrong(key, "needs a role and one of above, below, equals",
                   "需要 role 以及 above、below、equals 之一")  # fmt: skip
    equals = tuple(raw.get("equals", ()))
    return Screen(
        str(raw.get("name", "?")), str(raw.get("role", "")), raw.get("above"), raw.get("below"),
        equals, tuple(raw.get("known", equals)), raw.get("unless"), source, tag,
    )  # fmt: skip


def _item(book: _Guide, raw: Mapping[str, Any]) -> Item:
    name, kind = str(raw.get("name", "?")), str(raw.get("kind", ""))
    key = f"ecology.{name}"
    known = "name kind role unit within extreme important known edges edge_in source evidence"
    book.keys(key, raw, known)
    source, tag = book.origin(key, raw)
    needs = {
        "cumulative": ("role", "extreme", "important"),
        "conditions": ("within", "extreme", "important"),
        "classes": ("role", "extreme", "important", "known"),
        "index": ("role", "edges", "edge_in"),
    }
    if kind not in needs:
        book.wrong(key, f"no kind {kind!r}", f"没有类型 {kind!r}", suggest(kind, needs))
    lacking = [k for k in needs.get(kind, ()) if k not in raw]
    for k in lacking:
        book.wrong(key, f"lacks {k!r}", f"缺少 {k!r}")
    rule: dict[str, Any] = dict(raw)
    roles: tuple[str, ...] = (str(raw.get("role", "")),)
    if kind == "conditions" and not lacking:
        roles = (str(raw["within"]), *raw["extreme"])
        if set(raw["extreme"]) != set(raw["important"]):
            book.wrong(key, "extreme and important use other rasters", "两级条件所用图层不一致")
    if kind == "index" and not lacking:
        rule["bands"] = book.bands(key, raw, 3)
    return Item(name, kind, roles, rule, source, tag)
