"""``zoning evaluate``: the double evaluation (双评价) from rasters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from zoning import api
from zoning.api.places import new_file
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.cli.plan import Engine, Scheduler, Workers
from zoning.errors import InputError, Text


@command(writes={"out": (".",)})
def evaluate(
    talk: Talk,
    purpose: Annotated[
        str,
        typer.Argument(
            show_default=False,
            help="ecology, agriculture, town; integration of the three. / 生态、农业、城镇、集成",
        ),
        About(choices=("ecology", "agriculture", "town", "integration")),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="Raster of classes (.tif). / 输出栅格", show_default=False
        ),
        About("raster", output=True, endings=(".tif",)),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", help="ROLE=FILE, such as slope=slope.tif. / 角色=栅格文件"),
        About("role=raster"),
    ] = None,
    preset: Annotated[
        str,
        typer.Option(
            "--preset", show_default=False,
            help="A (2020 guide), B (2019 drafts), or a TOML file; of integration its rules. "
            "/ 参数集或文件",
        ),
    ] = "",
    scale: Annotated[
        str | None,
        typer.Option("--scale", help="city or province. / 市县或省级"),
        About(choices=("city", "province")),
    ] = None,
    boundary: Annotated[
        str | None,
        typer.Option(
            "--boundary", show_default=False,
            help="FILE[:layer] of the study area; the outside takes no part. / 研究区边界文件",
        ),
        About("vector"),
    ] = None,
    roles: Annotated[
        bool,
        typer.Option(
            "--roles", help="List the rasters that can be used, and stop. / 列出可用的栅格"
        ),
    ] = False,
    workers: Workers = 1,
    engine: Engine = None,
    scheduler: Scheduler = None,
) -> None:  # fmt: skip
    """Evaluate ecology, farming or town land from rasters, or all three together. / 双评价。"""
    if roles:
        names = list(api.roles(purpose, preset, scale))
        talk.write_json({"roles": names})
        for role in names:
            talk.write(role)
        return
    if out is None:
        raise InputError.one(
            "where to write is missing", "缺少输出文件", where="-o", code="usage",
            remedy=("add -o classes.tif", "请加 -o classes.tif"),
        )  # fmt: skip
    given = _layers(layer or ())
    if purpose == "integration":
        if workers != 1 or engine is not None or scheduler is not None:
            raise InputError.one(
                "the integration reads its windows in this process", "集成评价仅在本进程内分块进行",
                where="--workers", code="usage",
                remedy=("leave --workers, --engine and --scheduler out",
                        "请勿给出 --workers、--engine、--scheduler"),
            )  # fmt: skip
        _integrate(talk, given, new_file(out), preset)
        return
    with talk.counting(Text("evaluate", "评价")) as bar:
        found = api.evaluate(purpose, given, new_file(out), preset=preset, scale=scale,
                             boundary=boundary, progress=bar, workers=workers, engine=engine,
                             scheduler=scheduler)  # fmt: skip
    answer = found.as_dict(talk.lang)
    talk.write_json(answer)
    rows = [[str(k), f"{v / 1e6:,.3f}"] for k, v in sorted(found.area_m2.items())]
    talk.write_table(talk.say("Classes", "等级"), [talk.say("class", "等级"), "km²"], rows)
    for note in answer["notes"]:
        talk.write(str(note))
    talk.wrote([found.path])


def _integrate(talk: Talk, given: dict[str, Path], out: Path, rules: str) -> None:
    """Say what comes first, where use contradicts an evaluation, and what is left."""
    with talk.counting(Text("integrate", "集成")) as bar:
        found = api.integrate(given, out, rules=rules or None, progress=bar)
    answer = found.as_dict(talk.lang)
    talk.write_json(answer)
    book = found.rules
    for title, rows, areas in (
        (Text("What comes first", "优先功能"), book.priority, found.area_m2),
        (Text("Conflicts and potential", "冲突与潜力"), (*book.conflict, *book.potential),
         found.found_m2),
    ):  # fmt: skip
        lines = [
            [r.name.get(talk.lang), f"{areas[r.key] / 1e6:,.3f}"] for r in rows if r.key in areas
        ]
        if lines:
            talk.write_table(title.get(talk.lang), [talk.say("row", "类型"), "km²"], lines)
    for note in answer["notes"]:
        talk.write(str(note))
    talk.write(str(found.path))


def _layers(given: Sequence[str]) -> dict[str, Path]:
    """Read ``ROLE=FILE`` pairs."""
    found: dict[str, Path] = {}
    for text in given:
        role, sign, file = text.partition("=")
        if not sign or not role or not file or role in found:
            raise InputError.one(
                f"'{text}' is not ROLE=FILE, or the role is given twice",
                f"“{text}”不是 角色=文件，或角色重复", where="--layer", code="usage",
                remedy=("such as --layer slope=slope.tif", "例如 --layer slope=slope.tif"),
            )  # fmt: skip
        found[role] = Path(file)
    return found


COMMANDS: dict[str, Callable[..., None]] = {"evaluate": evaluate}
