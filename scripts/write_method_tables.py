"""Write docs/method-tables.md from the data that the package computes with.

    python scripts/write_method_tables.py [-o FILE]

Every threshold of the shipped methods, gradings and presets, with its source and evidence. A test
holds the file to the data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from zoning.base.shipped import load_toml
from zoning.zones import Method, load_method, method_names

ROOT = Path(__file__).parent.parent
GRADES = ("low", "mid", "high")


def rows(head: Iterable[str], body: Iterable[Iterable[object]]) -> Iterator[str]:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in body:
        yield "| " + " | ".join(str(x).replace("|", "\\|") for x in row) + " |"
    yield ""


def listed(numbers: Iterable[float]) -> str:
    return ", ".join(f"{x:g}" for x in numbers)


def scale_words(term: object) -> str:
    s = term.scale  # type: ignore[attr-defined]
    if s.kind in ("linear", "log"):
        return f"{s.kind} {s.low:g} → {s.high:g}"
    if s.kind == "table":
        return (
            f"steps at {', '.join(f'{a:g}' for a in s.at)}: {', '.join(f'{a:g}' for a in s.scores)}"
        )
    return "value itself" if s.kind == "none" else s.kind


def method_pages(method: Method) -> Iterator[str]:
    yield f"### {method.name}: {method.en} ({method.zh})"
    yield ""
    yield f"Source: {method.why.source}. Evidence: {method.why.evidence}."
    yield ""
    yield from rows(
        ["dimension", "indicator", "weight", "scale", "missing", "source", "evidence"],
        (
            (d.name, t.indicator, f"{t.weight:g}", scale_words(t), t.missing, t.why.source,
             t.why.evidence)
            for d in method.dimensions for t in d.terms
        ),
    )  # fmt: skip
    yield from rows(
        ["dimension", "grades", "cuts", "on a cut", "source", "evidence"],
        (
            (d.name, " < ".join(d.grades), "natural breaks" if d.breaks else
             ", ".join(f"{c:g}" for c in d.cuts), ", ".join(d.equal), d.why.source, d.why.evidence)
            for d in method.dimensions
        ),
    )  # fmt: skip
    for m in method.matrices:
        grades = next((d.grades for d in method.dimensions if d.name == m.columns), GRADES)
        cells = ((f"**{row}**", *values) for row, values in m.cells.items())
        yield from rows([f"{m.name}: {m.rows} \\ {m.columns}", *grades], cells)
        for e in m.exceptions:
            yield f"Cell [{e.row}, {e.column}] is {e.value} where {e.dimension} is {e.grade}."
        for f in m.flags:
            yield f"Cell [{f.row}, {f.column}] is flagged for review: {f.en}."
        yield ""
    if method.cube:
        first, second, third = method.cube.axes
        yield from rows(
            [first, second, *(f"{third} {g}" for g in GRADES)],
            (
                (one, two, *row)
                for one, block in method.cube.cells.items()
                for two, row in zip(GRADES, block, strict=True)
            ),
        )
    if method.rules:
        yield from rows(
            ["rule", "when", "zone", "source", "evidence"],
            ((r.id, f"`{r.when}`", r.zone, r.why.source, r.why.evidence) for r in method.rules),
        )


def grading_tables() -> Iterator[str]:
    book = load_toml("indicators", "provincial.toml")
    found = ((n, t) for n, t in book.items() if isinstance(t, dict) and "edges" in t)
    yield from rows(
        ["table", "unit", "edges", "grades", "source", "evidence"],
        (
            (n, t.get("unit", ""), listed(t["edges"]), listed(t["grades"]),
             t.get("source", book["source"]), t.get("evidence", book["evidence"]))
            for n, t in found
        ),
    )  # fmt: skip


def edge_words(edge_in: str | list[str]) -> str:
    return edge_in if isinstance(edge_in, str) else ", ".join(edge_in)


def preset_tables() -> Iterator[str]:
    book = load_toml("evaluation", "preset-b.toml")
    yield "Classes: 1 = best, 5 = worst. Sources and corrections: evaluation.md."
    yield ""
    yield from rows(
        ["table", "unit", "edges", "on an edge", "classes from low to high", "evidence"],
        (
            (n, t["unit"], listed(t["edges"]), edge_words(t["edge_in"]), listed(t["classes"]),
             t["evidence"])
            for n, t in book["tables"].items() if "edges" in t
        ),
    )  # fmt: skip
    for name, matrix in book["matrices"].items():
        body = ((f"**{i + 1}**", *row) for i, row in enumerate(matrix["cells"]))
        yield from rows([name, "1", "2", "3", "4", "5"], body)


def text() -> str:
    """Give the whole file."""
    lines = [
        "# Tables of the methods",
        "",
        "Written by `scripts/write_method_tables.py` from the data that the package computes with.",
        "Evidence: S read in a public source; C third-party code; M-high, M-med, M-low from",
        "memory; I inference or proposal; own our choice. Only S is what a document says.",
        "",
        "## Methods of classification",
        "",
    ]
    for name in method_names():
        lines += method_pages(load_method(name))
    lines += ["## Grading tables of the provincial indicators", "", *grading_tables()]
    lines += ["## Double evaluation, preset B (drafts of 2019)", "", *preset_tables()]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", type=Path, default=ROOT / "docs" / "method-tables.md")
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    asked = parser.parse_args()
    path = asked.o
    if asked.check:
        sys.exit(path.read_text(encoding="utf-8") != text())
    path.write_text(text(), encoding="utf-8", newline="\n")
    print(path)


if __name__ == "__main__":
    main()
