"""Layers for decisions: GIS staff fill them in QGIS, and a run reads them back by code."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zoning import zones
from zoning.base import words
from zoning.base.staged import beside, recover
from zoning.base.stamp import stamped
from zoning.errors import InputError, Text
from zoning.outputs.qgis import styles
from zoning.outputs.qgis import xml as qx
from zoning.outputs.qgis.geopackage import GEOMETRY, add_styles
from zoning.zones.overrides import LAYER, TOWNSHIP_LAYER

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.plan import Plan


class ToDecide(NamedTuple):
    """Another layer to decide in, beside those of zones.

    Parameters
    ----------
    frame : GeoDataFrame
    like : str
        Layer of a contribution whose style it takes.
    names : mapping of str to Text
        Columns and what people call them.
    choices : mapping of str to (mapping of str to Text)
        Values that a column may take, with their words.
    """

    frame: gpd.GeoDataFrame
    like: str
    names: Mapping[str, Text]
    choices: Mapping[str, Mapping[str, Text]]


def write(
    plan: Plan, path: Path, lang: str | None = None, more: Mapping[str, ToDecide] | None = None
) -> Path:
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
    more : mapping of layer name to ToDecide, optional
        What else there is to decide.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If there is nothing to decide (no zones), or the file exists: decisions are never
        overwritten.
    """
    others = dict(more or {})
    if "zone" not in plan.units and not others:
        raise InputError.one("the plan has no zones", "本方案没有分区", code="no-zones")
    recover(path.parent)
    if path.exists():
        raise InputError.one(
            "exists already, perhaps with decisions in it", "已存在，其中可能已有决定",
            where=str(path), code="exists",
            remedy=("move it away, or choose another folder", "请移走该文件或另选文件夹"),
        )  # fmt: skip
    lang, decided = lang or plan.config.plan.lang, plan.tables.get("decisions")
    made = {}
    if "zone" in plan.units:
        made[LAYER] = zones.decision_layer(plan.units, decided)
    if "zone" in plan.units and plan.townships is not None:
        made[TOWNSHIP_LAYER] = zones.decision_layer(plan.townships, decided)
    with beside(path) as temporary, stamped():
        for name, layer in {**made, **{n: t.frame for n, t in others.items()}}.items():
            layer.to_file(temporary, layer=name, engine="pyogrio")
        _add_styles(temporary, plan, made, others, lang)
    return path


def _add_styles(
    path: Path, plan: Plan, made: Mapping[str, Any], others: Mapping[str, ToDecide], lang: str
) -> None:
    """Let QGIS open the layers in the plan's colours, with lists to choose from."""
    known = styles.styles(plan, lang)
    rows = []
    for name, layer in made.items():
        look = next(s for s in known if s.key == "zones" and s.layer == "units")
        columns = [c for c in layer if c != "geometry"]
        names = {c: words.label(c, lang, "decisions") for c in columns}
        choices = styles.value_maps(plan, columns, lang)
        choices["decided_zone"] = {"": "–", **choices["decided_zone"]}
        form = _form(columns, ("decided_zone",), lang)
        qml = styles.qml(replace(look, layer=name), names, choices, form=form)
        rows.append((name, look.name, qml))
    for name, other in others.items():
        look = next(s for s in known if s.layer == other.like)
        names = {c: t.get(lang) for c, t in other.names.items()}
        lists = {
            c: {"": "–", **{v: t.get(lang) for v, t in ws.items()}}
            for c, ws in other.choices.items()
        }
        form = _form(list(names), tuple(lists), lang)
        qml = styles.qml(replace(look, layer=name), names, lists, form=form)
        rows.append((name, look.name, qml))
    with closing(sqlite3.connect(path)) as db, db:
        add_styles(db, [(n, GEOMETRY, called, qml, None, True, called) for n, called, qml in rows])


_REASON = Text("a decision needs its reason", "作出决定须填写理由")
_WHO = Text("a decision needs a name", "作出决定须填写决定人")
_DAY = Text("a day such as 2026-11-26", "日期如 2026-11-26")


def _form(columns: Sequence[str], chosen: Sequence[str], lang: str) -> qx.Form:
    """Let one choose, pick a day, and be asked for reason and name; all else is only shown."""
    open_ = " and ".join(f"coalesce(\"{c}\", '') = ''" for c in chosen)
    filled = {*chosen, "reason", "who", "date"}
    tests = {
        "reason": (f"({open_}) or trim(coalesce(\"reason\", '')) <> ''", _REASON.get(lang)),
        "who": (f"({open_}) or trim(coalesce(\"who\", '')) <> ''", _WHO.get(lang)),
        "date": ("coalesce(\"date\", '') = '' or regexp_match(\"date\", "
                 "'^\\\\d{4}-\\\\d{2}-\\\\d{2}$') > 0", _DAY.get(lang)),
    }  # fmt: skip
    return qx.Form(
        locked=frozenset(c for c in columns if c not in filled),
        dates=frozenset({"date"}), long=frozenset({"reason"}),
        tests={c: test for c, test in tests.items() if c in columns},
    )  # fmt: skip
