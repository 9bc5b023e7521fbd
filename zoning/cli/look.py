"""The command that looks at data: a plan with all its inputs, or any file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning import api
from zoning.api.inspecting import outlines
from zoning.api.places import plan_of
from zoning.base import words
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.errors import Finding, InputError, tally

if TYPE_CHECKING:
    from zoning.inputs.gather import Intake

#: The page and the table or layer of places.
Pages = tuple[Path | None, Path | None]


@command(writes={"fix": ("plan.toml",), "map": (".",), "places": (".",)})
def check(
    talk: Talk,
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="A plan.toml, its folder, or any files. / 方案配置、其文件夹或任意数据文件",
            show_default=False,
        ),
        About("plan"),
    ],
    fix: Annotated[
        Path | None,
        typer.Option("--fix", show_default=False,
                     help="Folder for repaired copies and a plan.toml. / 修复副本的文件夹"),
        About("folder", output=True),
    ] = None,
    map: Annotated[
        Path | None,
        typer.Option("--map", show_default=False,
                     help="HTML page with the places. / 问题位置网页"),
        About("file", output=True),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option("--places", show_default=False,
                     help="Places as .csv, .gpkg or .geojson. / 问题位置表或点图层"),
        About("file", output=True, endings=(".csv", ".gpkg", ".geojson")),
    ] = None,
) -> None:  # fmt: skip
    """Inspect a plan's inputs or any file; tell all problems at once. / 检查全部输入或任意文件。"""
    plan = plan_of(paths[0])
    if len(paths) == 1 and plan.suffix.lower() == ".toml":
        _plan(talk, plan, fix, (map, places))
        return
    if fix is not None:
        raise InputError.one("--fix needs a plan.toml", "--fix 需要 plan.toml", where="--fix",
                             code="usage")  # fmt: skip
    _files(talk, paths, (map, places))


def _plan(talk: Talk, plan: Path, fix: Path | None, pages: Pages) -> None:
    """Check a plan; with --fix the copies are checked after they are written."""
    if fix is not None:
        log = api.mend(plan, fix)
        for finding in log:
            talk.write(finding.line(talk.lang))
        talk.write(
            talk.say(
                f"{len(log)} repairs in copies under {fix}; now they are checked.",
                f"已在 {fix} 写出副本，修复 {len(log)} 处；以下检查副本。",
            )
        )
        plan = fix / "plan.toml"
    try:
        with talk.progress() as progress:
            intake = api.check(plan, progress=progress).intake
    except InputError as error:
        _write(talk, pages, error.findings, lambda: outlines(plan))
        raise
    read = [plan.parent / s.path for s in intake.sources]
    _write(talk, pages, intake.findings, lambda: outlines(plan), read)
    _tell_plan(talk, intake)


def _write(
    talk: Talk, pages: Pages, found: Sequence[Finding], shapes: Callable[[], dict[str, Any]],
    inputs: Sequence[Path] = (),
) -> None:  # fmt: skip
    """Write the places of findings to each file that was asked for."""
    for page in pages:
        if page is not None:
            drawn = shapes() if page.suffix.lower() == ".html" else {}
            api.write_findings(page, found, drawn, talk.lang, inputs=inputs)


def _tell_plan(talk: Talk, intake: Intake) -> None:
    talk.write_json(
        {
            "ok": True,
            "inputs": [s.as_dict() for s in intake.sources],
            "notes": [f.as_dict(talk.lang) for f in intake.findings],
            "grid": intake.grid.as_dict(),
            "distortion": intake.distortion.as_dict(),
            "landuse": _classes(intake),
        }
    )
    rows = [
        [
            words.value("role", s.role, talk.lang),
            s.path,
            "–" if s.features is None else f"{s.features:,}",
            (s.crs or "–")[:40],
        ]
        for s in intake.sources
    ]
    heads = [("input", "输入"), ("file", "文件"), ("rows", "行数"), ("CRS", "坐标系")]
    talk.write_table(talk.say("Inputs", "输入数据"), [talk.say(*h) for h in heads], rows)
    classes = _classes(intake)
    if classes:
        heads = [("class", "值"), ("name", "地类"), ("km²", "平方公里")]
        rows = [[str(c["value"]), c["zh" if talk.lang == "zh" else "en"], f"{c['m2'] / 1e6:,.3f}"]
                for c in classes]  # fmt: skip
        title = talk.say("Land use inside the boundary", "边界内现状用地")
        talk.write_table(title, [talk.say(*h) for h in heads], rows)
    for finding in intake.findings:
        talk.write(finding.line(talk.lang))
    found = tally(intake.findings, talk.lang)
    talk.write(talk.say(
        f"zoning run can start; to look at first: {found}." if found
        else "No problems: zoning run can start.",
        f"可以运行 zoning run；请先查看：{found}。" if found
        else "未发现问题，可以运行 zoning run。",
    ))  # fmt: skip


def _classes(intake: Intake) -> list[dict[str, Any]]:
    """Give value, names and area of the classes inside the boundary; -1 is no data."""
    areas = next((s.areas for s in intake.sources if s.areas), ())
    table = intake.classes
    out = []
    for value, m2 in areas:
        known = table is not None and value in table.index
        en = str(table.loc[value, "en"]) if known and table is not None else "no data"
        zh = str(table.loc[value, "zh"]) if known and table is not None else "无数据"
        out.append({"value": value, "en": en, "zh": zh, "m2": round(m2)})
    return out


def _files(talk: Talk, paths: Sequence[Path], pages: Pages) -> None:
    """Look at files without a plan."""
    seen = api.inspect(*paths)
    _write(talk, pages, seen.findings, lambda: seen.shapes, paths)
    talk.write_json({"ok": seen.ok, "files": seen.facts,
                     "notes": [f.as_dict(talk.lang) for f in seen.findings]})  # fmt: skip
    rows = [[Path(f["file"]).name, f["layer"] or "–", f["kind"], f"{f['rows']:,}", f["crs"] or "–",
             ", ".join(f["columns"][:4])] for f in seen.facts]  # fmt: skip
    heads = [("file", "文件"), ("layer", "图层"), ("kind", "类型"), ("rows", "行数"),
             ("CRS", "坐标系"), ("columns", "字段")]  # fmt: skip
    talk.write_table(talk.say("Files", "文件"), [talk.say(*h) for h in heads], rows)
    for finding in seen.findings:
        talk.write(finding.line(talk.lang))
    found = tally(seen.findings, talk.lang)
    talk.write(talk.say(f"Found: {found}." if found else "Nothing was found.",
                        f"发现：{found}。" if found else "未发现问题。"))  # fmt: skip
    if not seen.ok:
        if not talk.json and talk.quiet:
            typer.echo("\n".join(f.line(talk.lang) for f in seen.findings if f.level == "error"),
                       err=True)  # fmt: skip
        raise typer.Exit(2)


COMMANDS: dict[str, Callable[..., None]] = {"check": check}
