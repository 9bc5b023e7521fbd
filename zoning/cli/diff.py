"""The command that compares two versions of a plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.api.places import new_folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.errors import InputError

if TYPE_CHECKING:
    from zoning.api.versions import Changes

#: Tables that the console shows, with the rows that it shows of each.
_SHOWN = {
    "diff_causes": 20, "diff_matrix": 14, "diff_rules": 12, "diff_townships": 20,
    "diff_proposed": 20, "diff_shares": 8, "diff_zone_sums": 12, "diff_limits": 12,
    "diff_protections": 20,
    "diff_wings": 12,
}  # fmt: skip


@command(writes={"out": (
    "plan.gpkg", "units.parquet", "ledger.parquet", "run.json", "times.json", "plan.qgz",
    "map.html",
    "compare.html", "tables.xlsx", "report.docx", "townships_crosswalk.csv", "official-change/",
)})  # fmt: skip
def diff(
    talk: Talk,
    before: Annotated[
        Path,
        typer.Argument(help="Folder of the first plan, or a plan.toml. / 原方案文件夹或 plan.toml"),
        About("plan-folder"),
    ],
    after: Annotated[
        Path,
        typer.Argument(
            help="Folder of the second plan, a plan.toml, or a list (CSV, XLSX) of townships and "
            "zones. / 现方案文件夹、plan.toml 或乡镇分区名单（CSV、XLSX）"
        ),
        About("plan-folder"),
    ],
    crosswalk: Annotated[
        list[str] | None,
        typer.Option(
            "--crosswalk", metavar="FILE",
            help="What zones of one scheme are in the other, or what became of townships (from, "
            "to); may be given twice. / 分区对照表或乡镇对照表（from、to），可多次给出",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", show_default=False,
            help="Folder for the second plan with its changes. / 输出文件夹：现方案及其变化",
        ),
        About("folder", output=True),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", show_default=False,
            help="official: also the layers of yearly maintenance. / official：年度动态维护图层",
        ),
        About(choices=("official",)),
    ] = None,
    inputs_before: Annotated[
        Path | None,
        typer.Option(
            "--inputs-before", show_default=False,
            help="Where the inputs of the first plan lie. / 原方案输入数据所在文件夹",
        ),
        About("folder"),
    ] = None,
    inputs_after: Annotated[
        Path | None,
        typer.Option(
            "--inputs-after", show_default=False,
            help="Where the inputs of the second plan lie. / 现方案输入数据所在文件夹",
        ),
        About("folder"),
    ] = None,
    no_causes: Annotated[
        bool,
        typer.Option("--no-causes", help="Do not look for causes: quicker. / 不查明原因，较快"),
    ] = False,
) -> None:  # fmt: skip
    """Compare two versions of a plan: what changed, and why. / 比较两版方案：变化与原因。"""
    if to is not None and out is None:
        raise InputError.one(
            "--to official needs a folder", "--to official 需要指定输出文件夹", where="--to",
            code="usage", remedy=("add -o FOLDER", "请加 -o 文件夹"),
        )  # fmt: skip
    if out is not None:
        new_folder(out, [before, after])
    written: list[Path] = []
    with talk.progress() as progress:
        found = api.diff(
            before, after, crosswalk=crosswalk or (), inputs_before=inputs_before,
            inputs_after=inputs_after, causes=not no_causes, progress=progress,
        )  # fmt: skip
        if out is not None:
            written += found.save(out, progress=progress)
            if to is not None:
                written += found.write_official(out, talk.asked_lang)
    talk.write_json({**found.as_dict(talk.lang), "written": [str(p) for p in written]})
    _tell(talk, found)
    talk.wrote(written)


def _tell(talk: Talk, found: Changes) -> None:
    """Write the sentences, then the tables that have rows."""
    for line in found.paragraphs(talk.lang):
        talk.write(line)
    if found.empty:
        return
    tables = {t.name: t for c in found.plan.contributions if c.wing == "diff" for t in c.tables}
    for name, most in _SHOWN.items():
        heads, rows = found.rows(name, talk.lang, most)
        if rows:
            talk.write_table(tables[name].title.get(talk.lang), heads, rows)
            left = len(tables[name].frame) - len(rows)
            if left > 0:
                talk.write(talk.say(f"... {left} more rows", f"…… 另有 {left} 行"))
    for finding in found.findings:
        talk.write(finding.line(talk.lang))


COMMANDS: dict[str, Callable[..., None]] = {"diff": diff}
