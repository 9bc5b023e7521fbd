"""Layers for decisions: GIS staff fill them in QGIS, and a run reads them back by code."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning import zones
from zoning.base import words
from zoning.base.staged import beside
from zoning.errors import InputError
from zoning.outputs.qgis import styles
from zoning.outputs.qgis.geopackage import GEOMETRY, add_styles
from zoning.zones.overrides import LAYER, TOWNSHIP_LAYER

if TYPE_CHECKING:
    from zoning.plan import Plan


def write(plan: Plan, path: Path, lang: str | None = None) -> Path:
    """Write every unit and every township with its zone and fields to decide in.

    Decisions that the plan already has stand in them. In QGIS a zone is chosen from the list of
    the plan's scheme.

    Parameters
    ----------
    plan : Plan
        With zones.
    path : Path
        A GeoPackage; name it in plan.toml as ``[zones] overrides``. Layers ``decisions`` (units)
        and ``decisions_townships``.
    lang : {"zh", "en"}, optional
        Language of names and lists; by default that of the plan.

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
    lang, decided = lang or plan.config.plan.lang, plan.tables.get("decisions")
    made = {LAYER: zones.decision_layer(plan.units, decided)}
    if plan.townships is not None:
        made[TOWNSHIP_LAYER] = zones.decision_layer(plan.townships, decided)
    with beside(path) as temporary:
        for name, layer in made.items():
            layer.to_file(temporary, layer=name, engine="pyogrio")
        _add_styles(temporary, plan, made, lang)
    return path


def _add_styles(path: Path, plan: Plan, made: Mapping[str, Any], lang: str) -> None:
    """Let QGIS open the layers in the colours of the zones, with lists to choose zones from."""
    look = next(s for s in styles.styles(plan, lang) if s.key == "zones" and s.layer == "units")
    with closing(sqlite3.connect(path)) as db, db:
        rows = []
        for name, layer in made.items():
            columns = [c for c in layer if c != "geometry"]
            names = {c: words.label(c, lang, "decisions") for c in columns}
            choices = styles.value_maps(plan, columns, lang)
            choices["decided_zone"] = {"": "–", **choices["decided_zone"]}
            qml = styles.qml(replace(look, layer=name), names, choices)
            rows.append((name, look.name, qml))
        add_styles(db, [(n, GEOMETRY, called, qml, None, True, called) for n, called, qml in rows])
