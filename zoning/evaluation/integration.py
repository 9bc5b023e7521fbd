"""The three evaluations read together: what comes first, what contradicts, what is left (集成评价).

The guide asks for more than three maps. Which function comes first where two are suited, where the
present use contradicts an evaluation, and what land could still be used: rows of a file, read in
windows, with whole square metres that add up to the land that was evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zoning.base import strict
from zoning.base.areas import round_to_total
from zoning.base.shipped import data_path
from zoning.base.staged import beside
from zoning.errors import InputError, Problem, Text
from zoning.evaluation.layers import Stack
from zoning.evaluation.tables import NODATA, as_classes

if TYPE_CHECKING:
    import pandas as pd

#: Classes that each evaluation can give.
PURPOSES: Mapping[str, tuple[int, ...]] = {
    "ecology": (1, 3, 5), "agriculture": (1, 2, 3, 4, 5), "town": (1, 2, 3, 4, 5),
}  # fmt: skip
#: What is not known, in both bands.
UNKNOWN = 65535
#: Rows of conflict and potential that the bits of a band hold.
MOST_MARKS = 15
#: Marks of a land-use class that a row may ask for; ``open`` is neither farmland nor built.
USES = ("built", "farmland", "open")


class Row(NamedTuple):
    """A row of the file: what it is called, and which classes it fits."""

    code: int
    key: str
    name: Text
    colour: str
    use: str
    fits: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Rules:
    """How evaluations are read together.

    Attributes
    ----------
    priority : tuple of Row
        The first that fits names what comes first.
    conflict, potential : tuple of Row
        Each counts by itself.
    source, evidence : str
    """

    priority: tuple[Row, ...]
    conflict: tuple[Row, ...]
    potential: tuple[Row, ...]
    source: str
    evidence: str

    @property
    def shares(self) -> tuple[str, ...]:
        """Names of the indicators that follow: the share of evaluated land in each row."""
        first = [f"first_{r.key}_share" for r in self.priority]
        return (*first, *(f"{r.key}_share" for r in (*self.conflict, *self.potential)))


@dataclass(frozen=True)
class Integration:
    """What the three evaluations say together.

    Attributes
    ----------
    path : Path
        GeoTIFF of two bands, 65535 unknown: the code of what comes first, and a sum of marks, 1,
        2, 4 ... for each row of conflicts and potential.
    area_m2 : dict of str to int
        Whole square metres by key of the priority; adds up to the evaluated land.
    matrix : DataFrame
        ``ecology``, ``agriculture``, ``town``, ``first`` and ``area_m2`` of every combination that
        occurs; adds up to the same.
    found_m2 : dict of str to int
        By key of conflicts and potential; areas of several may overlap. Empty without land use.
    unknown_cells : int
        Cells in which an evaluation is unknown (water, the outside, gaps).
    rules : Rules
    notes : tuple of Text
    """

    path: Path
    area_m2: dict[str, int]
    matrix: pd.DataFrame
    found_m2: dict[str, int]
    unknown_cells: int
    rules: Rules
    notes: tuple[Text, ...]

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the result as plain data for ``--json``."""
        return {
            "path": self.path.as_posix(), "area_m2": self.area_m2, "found_m2": self.found_m2,
            "matrix": self.matrix.to_dict("records"), "unknown_cells": self.unknown_cells,
            "evidence": self.rules.evidence, "notes": [n.get(lang) for n in self.notes],
        }  # fmt: skip


def load_rules(path: str | Path | None = None) -> Rules:
    """Read how evaluations are read together.

    Raises
    ------
    InputError
        Unknown keys, classes that an evaluation cannot give, codes or keys that repeat, a
        combination that no priority fits: all at once.

    Examples
    --------
    >>> rules = load_rules()
    >>> [r.key for r in rules.priority][:3], rules.shares[-1]
    (['ecology', 'both', 'farm'], 'town_potential_share')
    """
    file = Path(path) if path is not None else data_path("evaluation", "integration.toml")
    document = strict.read(file)
    root = strict.Reader(document.data, document.where, document=document, code="integration")
    rows = {
        kind: tuple(_row(part, kind) for part in root.tables(kind))
        for kind in ("priority", "conflict", "potential")
    }
    rules = Rules(**rows, source=root.get("source", kind=str) or "", evidence=root.evidence())
    root.close()
    problems = [*root.problems, *_faults(rules, str(file))]
    if problems:
        raise InputError(problems)
    return rules


def _row(part: strict.Reader, kind: str) -> Row:
    first = kind == "priority"
    number = part.number("code", above=0) if first else 0.0
    if not float(number).is_integer():  # infinite or unknown as well
        part.fail("code must be a whole number", "code 须为整数", key="code")
        number = 0.0
    code = int(number)
    name = Text(part.get("en", kind=str) or "", part.get("zh", kind=str) or "")
    use = "" if first else part.choice("use", strict.REQUIRED, USES)
    fits = {
        p: tuple(int(c) if abs(c) < NODATA else NODATA  # no class of an evaluation
                 for c in part.numbers(p, part.get(p, kind=list) or ()))
        for p in PURPOSES if p in part.data
    }  # fmt: skip
    colour = part.get("colour", "#bdbdbd", kind=str) if first else ""
    row = Row(code, part.get("key", kind=str) or "", name, colour, use, fits)
    part.close()
    return row


def _faults(rules: Rules, where: str) -> list[Problem]:
    found = []
    every = (*rules.priority, *rules.conflict, *rules.potential)
    for row in every:
        for purpose, classes in row.fits.items():
            wrong = sorted(set(classes) - set(PURPOSES[purpose]))
            if wrong or not classes:
                listed = ", ".join(map(str, PURPOSES[purpose]))
                found.append(_fault(
                    f"'{row.key}': {purpose} has the classes {listed}, not {wrong}",
                    f"“{row.key}”：{purpose} 的等级为 {listed}，没有 {wrong}", where,
                ))  # fmt: skip
    for name in ("code", "key"):
        told = [getattr(r, name) for r in (rules.priority if name == "code" else every)]
        for twice in sorted({x for x in told if told.count(x) > 1}):
            found.append(_fault(f"{name} {twice} stands twice", f"{name} {twice} 重复", where))
    for row in rules.priority:
        if not 0 < row.code < NODATA:
            found.append(_fault(f"code {row.code} is not 1 to {NODATA - 1}",
                                f"code {row.code} 须在 1 至 {NODATA - 1} 之间", where))  # fmt: skip
    if len(rules.conflict) + len(rules.potential) > MOST_MARKS:
        found.append(_fault(f"more than {MOST_MARKS} rows of conflict and potential",
                            f"conflict 与 potential 合计超过 {MOST_MARKS} 行", where))  # fmt: skip
    if not found:
        for combination in product(*PURPOSES.values()):
            if not any(_fits(r, combination) for r in rules.priority):
                named = ", ".join(f"{p} {c}" for p, c in zip(PURPOSES, combination, strict=True))
                found.append(_fault(f"no priority fits {named}", f"没有 priority 适用于 {named}",
                                    where))  # fmt: skip
                break
    return found


def _fault(en: str, zh: str, where: str) -> Problem:
    return Problem(Text(en, zh), where, code="integration-rules")


def _fits(row: Row, combination: tuple[int, ...]) -> bool:
    """Whether classes of ecology, farming and towns fit a row."""
    return all(
        c in row.fits[p] for p, c in zip(PURPOSES, combination, strict=True) if p in row.fits
    )


def first_of(rules: Rules, combination: tuple[int, ...]) -> Row:
    """Say what comes first for classes of ecology, farming and towns.

    Examples
    --------
    >>> rules = load_rules()
    >>> [first_of(rules, c).key for c in ((5, 1, 1), (1, 2, 1), (3, 4, 5))]
    ['ecology', 'both', 'important']
    """
    return next(r for r in rules.priority if _fits(r, combination))


def integrate(
    rasters: Mapping[str, str | Path], out: str | Path, rules: Rules | str | Path | None = None,
    block: int = 1024, progress: Callable[[int, int], None] | None = None,
    classes: pd.DataFrame | None = None,
) -> Integration:  # fmt: skip
    """Read three evaluations together, window by window.

    Parameters
    ----------
    rasters : mapping of str to path
        ``ecology``, ``agriculture`` and ``town`` as `zoning.evaluation` writes them, on one grid;
        ``landuse`` (classes of a plan) for conflicts and potential.
    out : path
        GeoTIFF to write: codes of priority, and marks.
    rules : Rules or path, optional
        By default ``data/evaluation/integration.toml``.
    block : int
        Side of a window in cells; it changes nothing but memory.
    progress : callable, optional
        Called with windows done and windows in all.
    classes : DataFrame, optional
        Class table of ``landuse``; by default the shipped one.

    Raises
    ------
    InputError
        An evaluation that lacks, other grids, classes that no evaluation gives.
    """
    book = rules if isinstance(rules, Rules) else load_rules(rules)
    lacking = [p for p in PURPOSES if p not in rasters]
    extra = sorted(set(rasters) - {*PURPOSES, "landuse"})
    if lacking or extra:
        raise InputError([
            *(_fault(f"the evaluation '{p}' is missing", f"缺少“{p}”的评价结果", "integration")
              for p in lacking),
            *(_fault(f"'{p}' takes no part here", f"“{p}”不参与集成", "integration")
              for p in extra),
        ])  # fmt: skip
    with beside(Path(out), list(rasters.values())) as part, Stack(rasters) as stack:
        counts, marks, unknown = _stream(stack, book, part, block, progress, classes)
        cell = stack.cell_m[0] * stack.cell_m[1]
    return _result(book, Path(out), counts, marks, unknown, cell, known="landuse" in rasters)


def _stream(
    stack: Stack, book: Rules, part: Path, block: int,
    progress: Callable[[int, int], None] | None, classes: pd.DataFrame | None,
) -> tuple[dict[tuple[int, ...], int], dict[str, int], int]:  # fmt: skip
    """Write codes and marks; count cells of every combination and of every mark."""
    import rasterio

    combos = list(product(*PURPOSES.values()))
    lookup = np.full((6, 6, 6), UNKNOWN, dtype=np.uint16)
    for combination in combos:
        lookup[combination] = first_of(book, combination).code
    uses = _uses(classes) if "landuse" in stack.files else {}
    rows = (*book.conflict, *book.potential) if uses else ()
    counts = np.zeros((6, 6, 6), dtype=np.int64)
    marks = dict.fromkeys((r.key for r in rows), 0)
    unknown = 0
    windows = list(stack.windows(block))
    with rasterio.open(
        part, "w", driver="GTiff", width=stack.width, height=stack.height, count=2,
        dtype="uint16", nodata=UNKNOWN, crs=stack.crs, transform=stack.transform,
        compress="deflate", tiled=True, blockxsize=256, blockysize=256, BIGTIFF="IF_SAFER",
    ) as target:  # fmt: skip
        for i, window in enumerate(windows, start=1):
            given = [as_classes(stack.read(p, window), c, p) for p, c in PURPOSES.items()]
            known = np.logical_and.reduce([g != NODATA for g in given])
            e, a, t = (np.where(known, g, 0) for g in given)
            unknown += int((~known).sum())
            np.add.at(counts, (e[known], a[known], t[known]), 1)
            code = lookup[e, a, t]  # class 0 is unknown there
            flags = np.zeros(code.shape, dtype=np.uint16)
            if rows:
                use = stack.read("landuse", window)
                for bit, row in enumerate(rows):
                    hit = known & np.isin(use, uses[row.use])
                    for x, p in ((e, "ecology"), (a, "agriculture"), (t, "town")):
                        if p in row.fits:
                            hit &= np.isin(x, row.fits[p])
                    marks[row.key] += int(hit.sum())
                    flags |= hit.astype(np.uint16) << np.uint16(bit)
            target.write(code, 1, window=window)
            target.write(np.where(known, flags, UNKNOWN).astype(np.uint16), 2, window=window)
            if progress is not None:
                progress(i, len(windows))
    return {c: int(counts[c]) for c in combos if counts[c]}, marks, unknown


def _uses(classes: pd.DataFrame | None) -> dict[str, list[int]]:
    """Give the values of the land-use raster by mark."""
    from zoning.inputs.landuse import load_classes

    table = load_classes() if classes is None else classes
    built, farm = table["built"].astype(bool), table["farmland"].astype(bool)
    free = ~built & ~farm & ~table["water"].astype(bool)
    return {
        use: [int(v) for v in table.index[mask]]
        for use, mask in (("built", built), ("farmland", farm), ("open", free))
    }


def _result(
    book: Rules, out: Path, counts: Mapping[tuple[int, ...], int], marks: Mapping[str, int],
    unknown: int, cell: float, *, known: bool,
) -> Integration:  # fmt: skip
    import pandas as pd

    areas = [int(a) for a in round_to_total([n * cell for n in counts.values()])] if counts else []
    lines = [
        (*combination, first_of(book, combination).key, area)
        for combination, area in zip(counts, areas, strict=True)
    ]
    matrix = pd.DataFrame(lines, columns=[*PURPOSES, "first", "area_m2"])
    by = matrix.groupby("first")["area_m2"].sum()
    notes = [Text(f"the rules of integration are no official table ({book.evidence})",
                  f"集成规则并非官方表格（{book.evidence}）")]  # fmt: skip
    if not known:
        notes.append(Text("no land use is given: conflicts and potential are not known",
                          "没有用地现状：冲突与潜力未知"))  # fmt: skip
    return Integration(
        out, {r.key: int(by.get(r.key, 0)) for r in book.priority}, matrix,
        {k: round(n * cell) for k, n in marks.items()}, unknown, book, tuple(notes),
    )  # fmt: skip
