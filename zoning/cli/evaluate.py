"""``zoning evaluate``: the double evaluation (双评价) from rasters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, say, write, write_json, write_table
from zoning.errors import InputError

PURPOSES = ("ecology", "agriculture", "town")


def evaluate(
    purpose: Annotated[
        str, typer.Argument(help="ecology, agriculture or town. / 生态、农业、城镇")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Raster of classes (.tif). / 输出栅格")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", help="ROLE=FILE, such as slope=slope.tif.")
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="A (2020 guide), B (2019 drafts), or a TOML file.")
    ] = "",
    scale: Annotated[
        str | None, typer.Option("--scale", help="city or province. / 市县或省级")
    ] = None,
    roles: Annotated[
        bool, typer.Option("--roles", help="List the rasters that can be used, and stop.")
    ] = False,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Evaluate ecology, farming or town land from rasters, in windows. / 双评价."""
    from zoning import evaluation

    if purpose not in PURPOSES:
        raise InputError.one(
            f"'{purpose}' is none of {', '.join(PURPOSES)}",
            f"“{purpose}”不在 {'、'.join(PURPOSES)} 之中", where="purpose", code="usage",
        )  # fmt: skip
    chosen = evaluation.load_preset(preset or ("A" if purpose == "ecology" else "B"))
    if scale is not None:
        chosen = chosen.at_scale(scale)
    if roles:
        _tell_roles(list(chosen.roles(purpose)))
        return
    if out is None:
        raise InputError.one(
            "where to write is missing", "缺少输出文件", where="-o", code="usage",
            remedy=("add -o classes.tif", "请加 -o classes.tif"),
        )  # fmt: skip
    console.new_file(out)
    found = getattr(evaluation, purpose)(_layers(layer or ()), out, chosen)
    answer = found.as_dict(console.settings.lang)
    if console.settings.json:
        write_json(answer)
    rows = [[str(k), f"{v / 1e6:,.3f}"] for k, v in sorted(found.area_m2.items())]
    write_table(say("Classes", "等级"), [say("class", "等级"), "km²"], rows)
    for note in answer["notes"]:
        write(str(note))
    write(str(found.path))


def _tell_roles(roles: Sequence[str]) -> None:
    if console.settings.json:
        write_json({"roles": roles})
    for role in roles:
        write(role)


def _layers(given: Sequence[str]) -> dict[str, Path]:
    """Read ``ROLE=FILE`` pairs."""
    found: dict[str, Path] = {}
    for text in given:
        role, sign, file = text.partition("=")
        if not sign or not role or not file or role in found:
            raise InputError.one(
                f"'{text}' is not ROLE=FILE, or the role is given twice",
                f"“{text}”不是 角色=文件,或角色重复", where="--layer", code="usage",
                remedy=("such as --layer slope=slope.tif", "例如 --layer slope=slope.tif"),
            )  # fmt: skip
        found[role] = Path(file)
    return found


COMMANDS: dict[str, Callable[..., None]] = {"evaluate": evaluate}
