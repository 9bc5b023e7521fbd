"""The folder of a run: every file of it, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.staged import sha256, staged
from zoning.digest import digest
from zoning.errors import Text
from zoning.outputs.withheld import handed_out
from zoning.plan import Plan
from zoning.planfile.kept import NEEDED
from zoning.store import write_tables

if TYPE_CHECKING:
    from zoning.inputs.geography import Geography
    from zoning.questions.rungs import Ladder

Progress = Callable[[Text], None]

#: What a run may leave or not, as ``[outputs]`` says.
OUTPUTS = ("plan.qgz", "map.html", "tables.xlsx", "report.docx")


def write(
    plan: Plan,
    folder: Path,
    *,
    progress: Progress | None = None,
    ladder: Ladder | None = None,
    under: Geography | None = None,
    dressed: Mapping[str, Any] | None = None,
) -> list[Path]:
    """Write a plan.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Made if need be; files of an earlier run are replaced at the very end. Outputs of ours that
        this plan does not ask for (:data:`OUTPUTS`) are removed then: they would show another
        plan. All other files stay.
    progress : callable, optional
        Told the name of each file as it is begun.
    ladder : Ladder, optional
        The plan under other caps, for the map.
    under : Geography, optional
        What lies under the plan, for the map.
    dressed : mapping, optional
        House template and outline of the report.

    Returns
    -------
    list of Path
        What was written.
    """
    wanted = plan.config.outputs
    read: list[str | Path] = [*inputs_of(plan), *_read_there(plan, Path(folder))]
    plan = replace(plan, run={**plan.run, "digest": digest(plan)})
    shown = handed_out(plan)
    asked = (wanted.qgis, wanted.map, wanted.tables, wanted.report)
    needed = [*NEEDED, *(name for name, one in zip(OUTPUTS, asked, strict=True) if one)]
    with staged(folder, stale=OUTPUTS, listing=None, inputs=read, needed=needed) as stage:
        tell = progress or (lambda _: None)
        tell(Text("plan.gpkg", "plan.gpkg"))
        from zoning.outputs.qgis import geopackage
        from zoning.outputs.qgis.carried import carry
        from zoning.outputs.qgis.read_back import read_back

        geopackage.write(plan, stage / "plan.gpkg")
        carry(Path(folder), stage / "plan.gpkg")
        read_back(plan, Path(folder), stage)
        if wanted.qgis:
            tell(Text("plan.qgz", "plan.qgz"))
            from zoning.outputs.qgis import project

            project.write(plan, stage / "plan.qgz")
        if wanted.map:
            tell(Text("map.html", "map.html"))
            from zoning.outputs import webmap

            webmap.write(shown, stage / "map.html", ladder=ladder, under=under)
        if wanted.tables:
            tell(Text("tables.xlsx", "tables.xlsx"))
            from zoning.outputs.office import workbook

            workbook.write(shown, stage / "tables.xlsx")
        if wanted.report:
            tell(Text("report.docx", "report.docx"))
            from zoning.outputs import report

            report.write(shown, stage / "report.docx", **(dressed or {}))
        tell(Text("units.parquet, ledger.parquet, run.json", "units.parquet 等"))
        write_tables(plan, stage)
        names = sorted(p.relative_to(stage) for p in stage.rglob("*") if p.is_file())
    return [folder / name for name in names]


def inputs_of(plan: Plan) -> list[str]:
    """Give the files that a plan was made from, as far as their paths are known."""
    return [str(i["path"]) for i in plan.run.get("inputs", ()) if i.get("path")]


def _read_there(plan: Plan, folder: Path) -> list[Path]:
    """Find inputs of a plan among the files that it would replace, wherever their paths start."""
    sums = {i.get("sha256") for i in plan.run.get("inputs", ())}
    there = (folder / name for name in {*NEEDED, *OUTPUTS})
    return [p for p in there if p.is_file() and sha256(p) in sums]
