"""Commands that make a plan: demo, init, run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.api.places import new_folder, plan_of
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.cli.telling import tell_plan

if TYPE_CHECKING:
    from zoning.api import Plan

PlanFile = Annotated[
    Path,
    typer.Argument(
        help="The plan.toml, or its folder. / 方案配置文件或其文件夹", show_default=False,
        callback=plan_of,
    ),
    About("plan"),
]  # fmt: skip
Workers = Annotated[
    int, typer.Option("--workers", min=1, help="Processes that measure areas. / 并行进程数")
]
Engine = Annotated[
    str | None,
    typer.Option("--engine", show_default=False, help="processes or dask. / 计算引擎"),
    About(choices=("processes", "dask")),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", show_default=False,
                 help="Address of a Dask scheduler. / Dask 调度器地址"),
]  # fmt: skip
#: Files of a plan's folder.
PLAN_FILES = (
    "plan.gpkg", "plan.qgz", "map.html", "units.parquet", "ledger.parquet", "run.json",
    "times.json",
    "tables.xlsx", "report.docx",
)  # fmt: skip


@command(writes={"out": PLAN_FILES})
def demo(
    talk: Talk,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="Folder of the plan. / 输出文件夹"),
        About("folder", output=True),
    ] = Path("zoning-demo"),
    plans: Annotated[
        bool,
        typer.Option("--plans", help="Hold the plans of the case against each other. / 多规比对"),
    ] = False,
    ladder: Annotated[
        bool | None,
        typer.Option("--ladder/--no-ladder", show_default=False,
                     help="Slider of 41 caps in the map: solved anew (5 s), or left out; else the "
                     "kept answers. / 上限滑块：重新求解或不要"),
    ] = None,
) -> None:  # fmt: skip
    """Make the reference plan of Zhenjiang from the data that ships inside. / 参考案例：镇江。"""
    new_folder(out)
    with talk.progress() as progress:
        plan = api.demo(plans=plans, progress=progress)
        files = plan.save(out, ladder=ladder, progress=progress)
    _end(talk, plan, files)


@command(writes={"out": PLAN_FILES})
def run(
    talk: Talk,
    plan: PlanFile,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Folder of the plan; else plan-out beside it. / 输出文件夹",
            show_default=False,
        ),
        About("folder", output=True),
    ] = None,
    workers: Workers = 1,
    engine: Engine = None,
    scheduler: Scheduler = None,
) -> None:  # fmt: skip
    """Make a plan from plan.toml. / 按 plan.toml 编制方案。"""
    place = new_folder(out or plan.parent / "plan-out")
    with talk.progress() as progress:
        made = api.run(plan, workers=workers, engine=engine, scheduler=scheduler, progress=progress)
        files = made.save(place, progress=progress)
    _end(talk, made, files)


@command(writes={"folder": ("plan.toml", "boundary.gpkg", "counties.gpkg")})
def init(
    talk: Talk,
    folder: Annotated[
        Path,
        typer.Argument(help="Folder to make. / 新建文件夹", show_default=False),
        About("folder", output=True),
    ],
    city: Annotated[
        str | None,
        typer.Option(
            "--city", show_default=False,
            help="Name, adcode or 江苏省/南京市/鼓楼区. / 名称、行政区划代码或路径",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Write a plan.toml with comments, and the boundary of a city. / 新建 plan.toml."""
    files = api.init(new_folder(folder), city)
    talk.write_json({"written": [str(f) for f in files]})
    talk.wrote(files)
    plan = folder / "plan.toml"
    talk.write(talk.say(f"Next: put your data beside it, then zoning check {plan}",
                        f"下一步：把数据放在旁边，再运行 zoning check {plan}"))  # fmt: skip


def _end(talk: Talk, plan: Plan, files: list[Path]) -> None:
    """Tell the result, and leave with the right code."""
    talk.write_json(plan.run)
    tell_plan(talk, plan, files)
    if "infeasible" in plan.run:
        for problem in plan.run["infeasible"]:
            if not talk.json:
                print(problem[talk.lang], file=sys.stderr)
        raise typer.Exit(3)
    if not plan.ok:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"demo": demo, "init": init, "run": run}
