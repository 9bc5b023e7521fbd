"""Phases and land that goes, as a plan shows them: a column of the units, tables, themes, cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.base import runs, words
from zoning.base.areas import km2
from zoning.capacity.rules import by_column
from zoning.capacity.titles import called
from zoning.contribution.parts import Card, Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoning.planfile.models import Config, PhasePart
    from zoning.schemes import Scheme

#: Name of the contribution.
WING = "phases"
_COLOURS = ("#8c2d04", "#d95f0e", "#fe9929", "#fec44f", "#fee391", "#ffffd4")
_NONE, _BARE, _GONE = "none", "#eceae4", "#4d9221"


def built_in(pieces: pd.DataFrame, phases: Sequence[PhasePart]) -> pd.DataFrame:
    """Give the new land of each piece that is built in each phase, m2.

    Examples
    --------
    >>> from zoning.planfile.models import PhasePart
    >>> pieces = pd.DataFrame({"new_m2": [9], "by_near_m2": [4]}, index=["a"])
    >>> built_in(pieces, (PhasePart(name="near"), PhasePart(name="far"))).values.tolist()
    [[4, 5]]
    """
    ends = [pieces[by_column(p.name)].astype("int64") for p in phases[:-1]]
    ends = [*ends, pieces["new_m2"].astype("int64")]
    before = [0, *ends[:-1]]
    names = [p.name for p in phases]
    return pd.DataFrame({p: e - b for p, e, b in zip(names, ends, before, strict=True)})


def _by_unit(land: pd.DataFrame, pieces: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Add up columns of the pieces by unit, in the order of the units."""
    return pd.DataFrame({c: runs.total(land[c], pieces["unit"], units.index) for c in land})


def with_phase(units: Any, pieces: pd.DataFrame | None, config: Config) -> Any:
    """Say of each unit in which phase most of its new land is built (the earlier one of equals)."""
    phases = config.cap.phase
    if not _phased(pieces, phases) or pieces is None:
        return units
    land = _by_unit(built_in(pieces, phases), pieces, units)
    most = np.array([p.name for p in phases], object)[land.to_numpy().argmax(axis=1)]
    phase = pd.Series(most, index=units.index, dtype="string").mask(land.sum(axis=1) == 0, pd.NA)
    out = units.assign(phase=phase)
    return out[[*out.columns.drop("geometry"), "geometry"]]


def _phased(pieces: pd.DataFrame | None, phases: Sequence[PhasePart]) -> bool:
    if pieces is None or len(phases) < 2:
        return False
    return all(by_column(p.name) in pieces for p in phases[:-1])


def contribution(
    units: pd.DataFrame, pieces: pd.DataFrame | None, config: Config, scheme: Scheme
) -> tuple[Contribution, ...]:
    """Draw up what is built when, and what goes: tables, themes, cards and a chapter.

    Parameters
    ----------
    units : DataFrame, index ``unit``
    pieces : DataFrame or None
        With the columns of an allocation.
    config : Config
    scheme : Scheme

    Returns
    -------
    tuple of Contribution
        One; none where the plan has neither.
    """
    phased = _phased(pieces, config.cap.phase)
    reduced = pieces is not None and "reduced_m2" in pieces
    if pieces is None or not (phased or reduced):
        return ()
    tables, themes, cards, told, listed = [], [], [], [], []
    if phased:
        table, by_unit = _phase_tables(units, pieces, config.cap.phase, scheme)
        tables += [table, by_unit]
        themes.append(_phase_theme(config.cap.phase))
        cards.append(Card(Text("phases", "建设时序"), "phase_units",
                          tuple(f.name for f in by_unit.fields[2:])))  # fmt: skip
        told.append(_told_phases(pieces, config.cap.phase))
        listed.append("phase_zones")
    if reduced:
        table, by_unit = _reduced_tables(units, pieces, scheme)
        tables += [table, by_unit]
        themes.append(_reduced_theme())
        cards.append(Card(Text("reduction", "减量"), "reduced_units", ("reducible_m2",
                                                                      "reduced_m2")))  # fmt: skip
        told.append(_told_reduced(pieces))
        listed.append("reduced_zones")
    title = Text("Phases and reductions", "建设时序与减量")
    chapter = Chapter(title, tuple(told), tuple(t.name for t in themes), tuple(listed))
    return (
        Contribution(WING, title, tables=tuple(tables), themes=tuple(themes), cards=tuple(cards),
                     chapters=(chapter,)),
    )  # fmt: skip


def _name(phase: PhasePart) -> Text:
    name = called(phase)
    if phase.until is None:
        return name
    return Text(f"{name.en} (to {phase.until})", f"{name.zh}（至 {phase.until} 年）")


def _field(column: str, **more: Any) -> Field:
    label = Text(*(words.label(column, lang) for lang in ("en", "zh")))
    about = Text(*(words.description(column, lang) or label.get(lang) for lang in ("en", "zh")))
    return Field(column, label, about, words.unit(column), **more)


def _built(phases: Sequence[PhasePart]) -> tuple[Field, ...]:
    return tuple(
        Field(f"phase_{p.name}_m2", _name(p),
              Text(f"new land built in this phase: {_name(p).en}", f"本期新增：{_name(p).zh}"),
              "m2")
        for p in phases
    )  # fmt: skip


def _zone_field(scheme: Scheme) -> Field:
    label = Text(words.label("zone", "en"), words.label("zone", "zh"))
    names = dict(scheme.shorts)
    return Field("zone", label, label, words={**names, _NONE: Text("without a zone", "未分区")})


def _phase_tables(
    units: pd.DataFrame, pieces: pd.DataFrame, phases: Sequence[PhasePart], scheme: Scheme
) -> tuple[Table, Table]:
    land = built_in(pieces, phases)
    land.columns = [f"phase_{p.name}_m2" for p in phases]
    by_unit = _by_unit(land, pieces, units).reset_index(drop=True)
    by_unit.insert(0, "unit", units.index.astype(str))
    by_unit.insert(1, "phase", units["phase"].fillna(_NONE).to_numpy(object))
    names = {p.name: _name(p) for p in phases} | {_NONE: Text("no new land", "无新增")}
    first = _field("unit"), _field("phase", words=names)
    return (
        Table("phase_zones", Text("New land by phase and zone", "分期分区新增建设用地"),
              _by_zone(land, pieces, scheme), (_zone_field(scheme), *_built(phases))),
        Table("phase_units", Text("New land by phase and unit", "分期分单元新增建设用地"),
              by_unit, (*first, *_built(phases))),
    )  # fmt: skip


def _by_zone(land: pd.DataFrame, pieces: pd.DataFrame, scheme: Scheme) -> pd.DataFrame:
    """Add up by zone, in the order of the scheme."""
    zone = pieces["zone"].astype(object).fillna(_NONE).rename("zone")
    found = land.groupby(zone).sum().astype("int64")
    order = [z for z in (*scheme.shorts, _NONE) if z in found.index]
    return found.loc[order].rename_axis("zone").reset_index()


def _phase_theme(phases: Sequence[PhasePart]) -> Theme:
    colours = [_COLOURS[min(k, len(_COLOURS) - 1)] for k in range(len(phases))]
    classes = [Class(_name(p), c, code=p.name) for p, c in zip(phases, colours, strict=True)]
    classes.append(Class(Text("no new land", "无新增"), _BARE, code=_NONE))
    about = Text("the phase in which most of a unit's new land is built",
                 "单元新增建设用地主要安排在哪一期")  # fmt: skip
    title = Text("When new land is built", "建设时序")
    return Theme("phase_map", title, about, "phase_units", "phase", tuple(classes))


def _told_phases(pieces: pd.DataFrame, phases: Sequence[PhasePart]) -> Text:
    land = built_in(pieces, phases).sum()
    en = "; ".join(f"{_name(p).en} {km2(int(land[p.name]))}" for p in phases)
    zh = "；".join(f"{_name(p).zh} {km2(int(land[p.name]))}" for p in phases)
    return Text(
        f"New construction land by phase: {en}. Each phase contains the one before; the best land "
        "that the quotas of a phase allow is built first.",
        f"分期新增建设用地：{zh}。后一期包含前一期；各期配额允许范围内适宜性最高的土地先行安排。",
    )


def _reduced_tables(
    units: pd.DataFrame, pieces: pd.DataFrame, scheme: Scheme
) -> tuple[Table, Table]:
    columns = ["reducible_m2", "reduced_m2"]
    land = pieces[columns].fillna(0).astype("int64")
    by_unit = _by_unit(land, pieces, units).reset_index(drop=True)
    by_unit.insert(0, "unit", units.index.astype(str))
    by_unit.insert(1, "gone", np.where(by_unit["reduced_m2"] > 0, "some", _NONE))
    words_ = {"some": Text("land goes", "有减量"), _NONE: Text("none goes", "无减量")}
    gone = Field("gone", Text("reduction", "减量"),
                 Text("whether existing land of the unit goes", "单元是否有建设用地减量"),
                 words=words_)  # fmt: skip
    fields = tuple(_field(c) for c in columns)
    return (
        Table("reduced_zones", Text("Reduction by zone", "分区减量"),
              _by_zone(land, pieces, scheme), (_zone_field(scheme), *fields)),
        Table("reduced_units", Text("Reduction by unit", "分单元减量"), by_unit,
              (_field("unit"), gone, *fields)),
    )  # fmt: skip


def _reduced_theme() -> Theme:
    about = Text("units whose existing construction land is reduced", "现状建设用地减量的单元")
    classes = (Class(Text("land goes", "有减量"), _GONE, code="some"),
               Class(Text("none goes", "无减量"), _BARE, code=_NONE))  # fmt: skip
    return Theme("reduced_map", Text("Where land goes", "减量位置"), about, "reduced_units",
                 "gone", classes)  # fmt: skip


def _told_reduced(pieces: pd.DataFrame) -> Text:
    gone, may = int(pieces["reduced_m2"].sum()), int(pieces["reducible_m2"].fillna(0).sum())
    return Text(
        f"Of {km2(may)} of existing construction land that may go, {km2(gone)} go. What goes "
        "returns to the caps on all construction land, not to the quotas of new land.",
        f"可减量的现状建设用地 {km2(may)}，其中减量 {km2(gone)}。减量部分腾出建设用地总量空间，"
        "不增加新增指标。",
    )
