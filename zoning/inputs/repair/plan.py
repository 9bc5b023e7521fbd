"""Repaired copies of the files of a plan, and a plan.toml beside them that names them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import strict
from zoning.base.attributes import apart
from zoning.base.stamp import stamped
from zoning.errors import Finding, InputError, Text
from zoning.inputs.repair import coordinates, shapes, tables
from zoning.inputs.source import split_layer

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.layers import Layer
    from zoning.planfile.models import Config

#: Keys of a layer that say how the original is to be read; the copy needs none of them.
_OF_ORIGINAL = ("layer", "crs", "encoding", "repair")


def mend_plan(config: Config, plan: Path, out: Path, into: Path | None = None) -> list[Finding]:
    """Write copies in which everything is mended that needs no decision.

    The planner's files are read only. What could be meant in two ways stays as it is, and `check`
    on the copies asks about it.

    Parameters
    ----------
    config : Config
        Of ``plan``.
    plan : Path
        The plan.toml.
    out : Path
        Folder of the copies.
    into : Path, optional
        Where they are written until all is there; by default ``out``.

    Returns
    -------
    list of Finding
        Each repair, with areas or values before and after (notes).
    """
    document, made = strict.read(plan), out if into is None else into
    lines = document.text.splitlines()
    log: list[Finding] = []
    copied: set[tuple[str | int, ...]] = set()
    inputs = config.inputs
    parts: list[tuple[tuple[str | int, ...], Layer]] = [
        (("inputs", role), part) for role in ("boundary", "counties", "townships")
        if (part := getattr(inputs, role)) is not None
    ]  # fmt: skip
    parts += [(("inputs", "protections", i), p) for i, p in enumerate(inputs.protections)]
    parts += [(("inputs", "redlines"), p) for p in [inputs.redlines] if p is not None]
    for path, part in parts:
        name = "-".join(str(step) for step in path[1:])
        found = _mend_layer(plan.parent, part, name, made)
        if found is None:
            continue
        log += found
        copied.add((*path, "path"))
        _point(lines, document, path, "path", f"{name}.gpkg")
        for key in _OF_ORIGINAL:
            _strike(lines, document, [*path, key])
    townships = inputs.townships
    if townships is not None and townships.table:
        log += _mend_table(plan.parent, townships.table, townships.sheet, made)
        _point(lines, document, ("inputs", "townships"), "table", "townships.csv")
        _strike(lines, document, ["inputs", "townships", "sheet"])
        copied.add(("inputs", "townships", "table"))
    for where, value in _values(document.data, ()):
        if where not in copied:
            _follow(lines, document, where, value, (plan.parent, out))
    (made / "plan.toml").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return log


def _relative(path: Path, out: Path) -> str:
    """Name a file that stays where it is, from the folder of the copies."""
    try:
        return Path(os.path.relpath(path.resolve(), out.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return path.resolve().as_posix()


def _mend_layer(folder: Path, part: Layer, name: str, out: Path) -> list[Finding] | None:
    """Write the copy of one layer; None where it cannot be read at all."""
    from zoning.inputs import crs as systems
    from zoning.inputs.vector import list_layers, read_raw

    path = folder / part.path
    try:
        layer = part.layer or next(iter(list_layers(path)), "")
        frame, _ = read_raw(path, layer, part.encoding)
    except InputError:
        return None
    if part.crs is not None:
        stated, problems = systems.parse_crs(part.crs, part.path)
        frame = frame if problems else frame.set_crs(stated, allow_override=True)
    log: list[Finding] = []
    steps = _steps(frame, part.path)
    if name in ("counties", "townships"):  # parcels of farmland are alike and stay apart
        steps.append(shapes.merge_exclaves)
    for step in steps:
        frame, found = step(frame, part.path)
        log += found
    names = dict(zip(frame.columns, apart(frame.columns), strict=True))
    frame = frame.reset_index(drop=True).rename(columns={k: v for k, v in names.items()
                                                         if k != frame.geometry.name})  # fmt: skip
    with stamped():
        frame.to_file(out / f"{name}.gpkg", layer=name, engine="pyogrio")
    return log


Step = Callable[["gpd.GeoDataFrame", str], "tuple[gpd.GeoDataFrame, list[Finding]]"]


def _steps(frame: gpd.GeoDataFrame, where: str) -> list[Step]:
    """Give the repairs that the findings ask for, in the order in which they must be made."""
    from zoning.inputs.inspect import inspect_place

    found = {f.code for f in inspect_place(frame, where)}
    steps: list[Step] = []
    if "swapped-axes" in found:
        steps.append(lambda f, w: _one(coordinates.swap_axes(f, w)))
    if found & {"zone-prefix", "degrees-not-metres"}:
        steps.append(coordinates.right_crs)
    if "stray-vertex" in found:
        steps.append(coordinates.drop_stray)
    return [*steps, shapes.close, shapes.mend, shapes.drop_doubles]


def _one(got: tuple[Any, Finding]) -> tuple[Any, list[Finding]]:
    return got[0], [got[1]]


def _mend_table(folder: Path, table: str, sheet: str | None, out: Path) -> list[Finding]:
    from zoning.inputs.sheets import read_cells

    cells = read_cells(folder / table, sheet=sheet)
    log: list[Finding] = []
    for step in (tables.drop_titles, tables.drop_totals, tables.plain_numbers,
                 tables.drop_unknown_markers):  # fmt: skip
        cells, found = step(cells, table)
        log += found
    cells.to_csv(out / "townships.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    return log


def _point(
    lines: list[str], document: strict.Document, path: strict.Path_, key: str, value: str
) -> None:
    """Write another value of a key on its own line."""
    number = document.line([*path, key])
    if number is None:
        return
    quoted = json.dumps(value, ensure_ascii=False)
    # A value ends with its quotes; what follows it (a comment, other keys of a brace) stays.
    pattern = rf"(\b{key}\s*=\s*)(\"(?:[^\"\\]|\\.)*\"|'[^']*')"
    lines[number - 1] = re.sub(pattern, lambda m: m[1] + quoted, lines[number - 1], count=1)


def _values(at: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give every text of a document with the keys that lead to it."""
    if isinstance(at, str):
        yield path, at
    elif isinstance(at, dict | list):
        for key, value in at.items() if isinstance(at, dict) else enumerate(at):
            yield from _values(value, (*path, key))


def _follow(
    lines: list[str],
    document: strict.Document,
    path: tuple[str | int, ...],
    value: str,
    folders: tuple[Path, Path],
) -> None:
    """Name a file that was not copied from where the copies are; other texts stay."""
    file, layer = split_layer(value)
    number = document.line(path)
    if not file.suffix or number is None or not (folders[0] / file).exists():
        return
    new = _relative(folders[0] / file, folders[1]) + (f":{layer}" if layer else "")

    def other(found: re.Match[str]) -> str:
        same = found[0] in (json.dumps(value, ensure_ascii=False), f"'{value}'")
        return json.dumps(new, ensure_ascii=False) if same else found[0]

    for n in range(number - 1, len(lines)):  # a list may end some lines below its key
        line = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", other, lines[n])
        if line != lines[n]:
            lines[n] = line
            return


def _strike(lines: list[str], document: strict.Document, path: list[str | int]) -> None:
    """Turn the line of a key that the copy does not need into a comment."""
    table: Any = document.data
    for step in path[:-1]:
        table = table[step]
    number = document.line(path)
    if path[-1] in table and number is not None and "{" not in lines[number - 1]:
        lines[number - 1] = f"# {lines[number - 1]}  # of the original file"


def tell(log: list[Finding]) -> Finding:
    """Say how much was mended, as the first line of the log."""
    return Finding(
        Text(f"{len(log)} repairs", f"共修复 {len(log)} 处"), code="repairs", level="note"
    )
