"""Commands that make a plan: demo, init, check, run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, say, write, write_json, write_table
from zoning.errors import Text

if TYPE_CHECKING:
    from zoning.plan import Plan
    from zoning.planfile.models import Config

PlanFile = Annotated[Path, typer.Argument(help="plan.toml", show_default=False)]


def demo(
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder of the plan. / 输出文件夹")
    ] = Path("zoning-demo"),
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make the reference plan of Zhenjiang from the data that ships inside. / 参考案例:镇江."""
    from zoning.base.shipped import data_path
    from zoning.planfile import load

    path = data_path("zhenjiang.toml")
    _run(load(path), path.parent, console.new_folder(out))


def run(
    plan: PlanFile,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder of the plan. / 输出文件夹")
    ] = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make a plan from plan.toml. / 按 plan.toml 编制方案."""
    from zoning.planfile import load

    config = load(plan)
    _run(config, plan.parent, console.new_folder(out or plan.parent / "plan-out"))


def check(
    plan: PlanFile,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Inspect every input; tell all problems at once, write nothing. / 检查全部输入."""
    from zoning.pipeline.ready import prepare
    from zoning.planfile import load

    intake = prepare(load(plan), plan.parent).intake
    if console.settings.json:
        write_json(
            {
                "ok": True,
                "inputs": [s.as_dict() for s in intake.sources],
                "notes": [f.as_dict(console.settings.lang) for f in intake.findings],
                "grid": intake.grid.as_dict(),
                "distortion": intake.distortion.as_dict(),
            }
        )
        return
    rows = [
        [s.role, s.path, "–" if s.features is None else f"{s.features:,}", s.crs or "–"]
        for s in intake.sources
    ]
    heads = [say("input", "输入"), say("file", "文件"), say("rows", "行数"), say("CRS", "坐标系")]
    write_table(say("Inputs", "输入数据"), heads, [[r[0], r[1], r[2], r[3][:40]] for r in rows])
    for finding in intake.findings:
        write(f"{finding.level}: {finding.tell(console.settings.lang)}")
    write(say("No problems: zoning run can start.", "未发现问题,可以运行 zoning run。"))


def init(
    folder: Annotated[
        Path, typer.Argument(help="Folder to make. / 新建文件夹", show_default=False)
    ],
    city: Annotated[
        str | None,
        typer.Option("--city", help="Name, adcode or 江苏省/南京市/鼓楼区.", show_default=False),
    ] = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write a plan.toml with comments, and the boundary of a city. / 新建 plan.toml."""
    from zoning.inputs.china import counties, find_area
    from zoning.planfile.template import write_template

    target = console.new_folder(folder)
    place = None if city is None else find_area(city)
    files = write_template(target, place, None if place is None else counties(place))
    if console.settings.json:
        write_json({"written": [str(f) for f in files]})
    for file in files:
        write(str(file))
    plan = folder / "plan.toml"
    write(say(f"Next: put your data beside it, then zoning check {plan}",
              f"下一步:把数据放在旁边,再运行 zoning check {plan}"))  # fmt: skip


def _run(config: Config, folder: Path, out: Path) -> None:
    """Run, write, tell, and leave with the right code."""
    from zoning import pipeline
    from zoning.outputs.folder import write as write_folder

    with console.progress() as progress:
        plan = pipeline.run(config, folder, progress=progress)
        files = write_folder(plan, out, progress=progress)
    if console.settings.json:
        write_json(plan.run)
    else:
        tell(plan, files)
    if "infeasible" in plan.run:
        _tell_infeasible(plan)
        raise typer.Exit(3)
    if not plan.ok:
        raise typer.Exit(1)


def _tell_infeasible(plan: Plan) -> None:
    """Write which rules cannot hold together, and what would repair them."""
    import sys

    for problem in plan.run["infeasible"]:
        if not console.settings.json:
            print(problem[console.settings.lang], file=sys.stderr)


def tell(plan: Plan, files: list[Path]) -> None:
    """Write the short table of the result, the account, failed checks and the paths."""
    lang = console.settings.lang
    notice = plan.run.get("notice_zh") if lang == "zh" else plan.notice
    write(f"{plan.name}" + (f" — {notice}" if notice else ""))
    grid = plan.run["grid"]
    write(
        say(
            f"{grid['units']:,} units of {grid['cell_m']} m, {grid['crs'][:40]}",
            f"{grid['units']:,} 个 {grid['cell_m']} 米单元,{grid['crs'][:40]}",
        )
    )
    _tell_zones(plan)
    _tell_account(plan.run)
    for part in plan.run.get("left_out", ()):
        write(_LEFT_OUT[part].get(lang))
    failed = [c for c in plan.checks if not c.ok]
    passed = len(plan.checks) - len(failed)
    write(
        say(
            f"Checks: {passed} passed, {len(failed)} not",
            f"检查:通过 {passed},未通过 {len(failed)}",
        )
    )
    for c in failed:
        write(f"  {c.level}: {c.check} [{c.where}] {c.text.get(lang)}")
    for file in files:
        write(str(file))


#: What a plan does without, and which input would bring it.
_LEFT_OUT = {
    "zones": Text("Left out: zones (no townships)", "未编制:主体功能分区(缺少乡镇)"),
    "redlines": Text("Left out: red lines (no layer)", "未编制:生态红线(缺少图层)"),
    "construction": Text("Left out: construction account (no land use)",
                         "未编制:建设空间台账(缺少用地现状)"),
    "allocation": Text("Left out: allocation of new land (needs land use and townships)",
                       "未编制:新增用地分配(需要用地现状和乡镇)"),
}  # fmt: skip


def _tell_zones(plan: Plan) -> None:
    if not plan.run["zones"]:
        write(say("No townships, so no zones.", "没有乡镇数据,未划分区。"))
        return
    from zoning.base.areas import M2_PER_KM2
    from zoning.zones import zone_name

    def km(value: int | None) -> str:
        return "–" if value is None else f"{value / M2_PER_KM2:,.2f}"

    rows = []
    for zone, row in plan.run["zones"].items():
        built, new = row.get("built_m2"), row.get("new_m2")
        share = (
            f"{(built + (new or 0)) / row['area_m2']:.1%}" if built is not None and row["area_m2"]
            else "–"
        )  # fmt: skip
        rows.append([zone_name(zone, console.settings.lang), f"{row['units']:,}",
                     km(row["area_m2"]), km(built), km(new), share])  # fmt: skip
    heads = [say("zone", "分区"), say("units", "单元"), say("km²", "面积 km²"),
             say("built km²", "现状建设"), say("new km²", "新增"),
             say("share", "强度")]  # fmt: skip
    write_table(say("Zones", "主体功能分区"), heads, rows)


def _tell_account(run: Mapping[str, Any]) -> None:
    from zoning.base.areas import km2, percent

    red = run.get("redlines")
    if red:
        write(
            say(
                f"Red lines: {red['areas']} areas, union {km2(red['union_m2'])}",
                f"生态红线:{red['areas']} 个区域,合并面积 {km2(red['union_m2'])}",
            )
        )
    c = run.get("construction")
    if c:
        write(
            say(
                f"Construction: existing {km2(c['existing_m2'])} ({percent(c['existing_share'])}), "
                f"cap {km2(c['cap_m2'])} ({percent(c['cap_share'])}), new {km2(c['new_m2'])}, "
                f"then {percent(c['share'])}; ecological and agricultural "
                f"{percent(c['eco_agri_share'])}",
                f"建设空间:现状 {km2(c['existing_m2'])}({percent(c['existing_share'])}),"
                f"上限 {km2(c['cap_m2'])}({percent(c['cap_share'])}),新增 {km2(c['new_m2'])},"
                f"合计 {percent(c['share'])};生态和农业空间 {percent(c['eco_agri_share'])}",
            )
        )
    a = run.get("allocation")
    if a:
        gap = "–" if a["gap"] is None else f"{a['gap']:.2g}"
        grade = a["certificate"]["grade"]
        write(say(f"Allocation: method {a['method']}, gap {gap}, certificate: {grade}",
                  f"分配:方法 {a['method']},间隙 {gap},证明等级:{grade}"))  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {"demo": demo, "init": init, "check": check, "run": run}
