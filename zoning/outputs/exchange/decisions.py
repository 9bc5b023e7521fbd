"""A layer for decisions: GIS staff fill it in QGIS, and a run reads it back by unit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoning import zones
from zoning.base.staged import beside
from zoning.errors import InputError

if TYPE_CHECKING:
    from zoning.plan import Plan


def write(plan: Plan, path: Path) -> Path:
    """Write every unit with its zone and empty fields to decide in.

    Parameters
    ----------
    plan : Plan
        With zones.
    path : Path
        A GeoPackage; name it in plan.toml as ``[zones] overrides``.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the plan has no zones, or the file exists: decisions are never overwritten.
    """
    if "zone" not in plan.units:
        raise InputError.one("the plan has no zones", "本方案没有分区", code="no-zones")
    if path.exists():
        raise InputError.one(
            "exists already, perhaps with decisions in it", "已存在,其中可能已有决定",
            where=str(path), code="exists",
            remedy=("move it away, or choose another folder", "请移走该文件或另选文件夹"),
        )  # fmt: skip
    layer = zones.decision_layer(plan.units)
    with beside(path) as temporary:
        layer.to_file(temporary, layer="decisions", engine="pyogrio")
    return path
