"""Commands on many plans of one land: the audit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning import api
from zoning.api.places import new_folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.cli.plan import PLAN_FILES, PlanFile, Workers

if TYPE_CHECKING:
    from zoning.contribution.parts import Field, Table

_RULES_FILE = About("file")


@command(writes={"out": PLAN_FILES})
def audit(
    talk: Talk,
    plan: PlanFile,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder of the plan. / 输出文件夹", show_default=False),
        About("folder", output=True),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            "--order", show_default=False,
            help="Which line goes first: 2019, 2022 or a TOML file. / 控制线次序",
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="Matrix of rules (TOML). / 规则矩阵", show_default=False),
        _RULES_FILE,
    ] = None,
    tolerance: Annotated[
        Path | None,
        typer.Option(
            "--tolerance", show_default=False,
            help="Widths and areas of slivers (TOML). / 碎片容差",
        ),
        _RULES_FILE,
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            "--decisions", show_default=False,
            help="Decisions on conflicts: GPKG, CSV or XLSX. / 冲突处置决定",
        ),
        _RULES_FILE,
    ] = None,
    workers: Workers = 1,
) -> None:  # fmt: skip
    """Hold all plans of one land against each other: conflicts, a proposal. / 多规比对。"""
    place = None if out is None else new_folder(out)
    with talk.progress() as progress:
        made = api.audit(
            plan, order=order, rules=rules, tolerance=tolerance, decisions=decisions,
            workers=workers, progress=progress,
        )  # fmt: skip
        files = [] if place is None else made.save(place, progress=progress)
    given = next(c for c in made.contributions if c.wing == "audit")
    checks = [c for c in made.checks if c.check.startswith("audit.")]
    ok = all(c.ok or c.level != "error" for c in checks)
    rows = given.table("conflict_list").frame
    talk.write_json({
        "ok": ok, "audit": made.run["audit"], "conflicts": _plain(rows),
        "levels": _plain(given.table("audit_levels").frame),
        "checks": [c.as_dict(talk.lang) for c in checks], "written": [str(f) for f in files],
    })  # fmt: skip
    for name in ("audit_layers", "audit_classes", "audit_levels"):
        _table(talk, given.table(name))
    for finding in made.findings:
        talk.write(finding.line(talk.lang))
    for check in checks:
        line = f"{'✓' if check.ok else '✗'} {check.text.get(talk.lang)}"
        if not check.ok and check.remedy is not None:
            line += talk.say(". Try: ", "。可尝试：") + check.remedy.get(talk.lang)
        (talk.wrong if not check.ok and check.level == "error" else talk.write)(line)
    talk.wrote(files)
    if not ok:
        raise typer.Exit(1)


#: Columns of the tables that the console shows.
_SHOWN = {
    "audit_layers": ("role", "plan", "year", "survey", "features", "claimed_m2"),
    "audit_classes": ("kind", "level", "patches", "area_m2"),
    "audit_levels": ("level", "before_m2", "after_m2"),
}


def _table(talk: Talk, given: Table) -> None:
    """Write a table with the words of its columns; areas in hectares."""
    fields = {f.name: f for f in given.fields}
    shown = [fields[name] for name in _SHOWN[given.name]]
    heads = [
        f.label.get(talk.lang) + (talk.say(" (ha)", "（公顷）") if f.unit == "m2" else "")
        for f in shown
    ]
    rows = [[_cell(f, row[f.name], talk.lang) for f in shown] for row in _plain(given.frame)]
    talk.write_table(given.title.get(talk.lang), heads, rows)


def _cell(f: Field, value: Any, lang: str) -> str:
    if value is None:
        return "–"
    if f.unit == "m2":
        return f"{value / 1e4:,.2f}"
    if f.unit == "1":
        return f"{value:.2%}"
    return f.words[value].get(lang) if value in f.words else str(value)


def _plain(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return rows


COMMANDS: dict[str, Callable[..., None]] = {"audit": audit}
