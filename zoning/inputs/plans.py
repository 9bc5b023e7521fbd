"""Other plans of the same land: what each claims it for, in the words of data/review/roles.toml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Problem, Text, meant, raise_all, some, suggest
from zoning.inputs.spots import features
from zoning.inputs.vector import missing_column, read_polygons

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.inputs.desk import Desk
    from zoning.inputs.source import Source
    from zoning.planfile.layers import InputsPart, PlanLayer

#: Columns of the frame of plans, in order, before ``geometry``.
COLUMNS = (
    "role", "class", "value", "plan", "layer", "year", "survey", "precedence", "outside", "source",
)  # fmt: skip
#: Class of a feature that says none; no rule with a wildcard fits it.
UNKNOWN = "unknown"
#: Says that land under no feature of a role is claimed for nothing.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class RoleClass:
    """A class that a role may claim land for."""

    code: str
    name: Text
    groups: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """What a layer is.

    Parameters
    ----------
    code, name, colour
    classes : tuple of RoleClass
        Those that are known; a planner may have others.
    outside : str
        Class of land under no feature, ``"none"`` where that says nothing.
    own_input : str
        Table of plan.toml that the role has for itself; empty for ``[[inputs.plans]]``.
    """

    code: str
    name: Text
    colour: str = "#6a51a3"
    classes: tuple[RoleClass, ...] = ()
    outside: str = NOTHING
    own_input: str = ""
    words: dict[str, str] = field(default_factory=dict, compare=False)

    def known(self, code: str) -> RoleClass | None:
        """Give the class of a code, if the role knows it."""
        return next((c for c in self.classes if c.code == code), None)

    def class_name(self, code: str) -> Text:
        """Give the name of a class; a class of the planner's own is called by its code."""
        found = self.known(code)
        if found is None and code == UNKNOWN:
            return Text("class unknown", "类别未知")
        return Text(code, code) if found is None else found.name

    def groups(self, code: str) -> tuple[str, ...]:
        """Give the groups of a class."""
        found = self.known(code)
        return () if found is None else found.groups


@cache
def load_roles() -> dict[str, Role]:
    """Read the roles that ship with the package.

    Examples
    --------
    >>> roles = load_roles()
    >>> roles["growth_boundary"].outside, roles["urban_plan"].words["工业用地"]
    ('outside', 'industrial')
    """
    found = {}
    for row in load_toml("review", "roles.toml")["role"]:
        classes = tuple(
            RoleClass(
                c["code"], Text(c["en"], c["zh"]), tuple(c.get("groups", ())),
                tuple(c.get("names", ())),
            )
            for c in row.get("class", ())
        )  # fmt: skip
        words = {w: c.code for c in classes for w in (c.code, c.name.zh, c.name.en, *c.names)}
        found[row["code"]] = Role(
            row["code"], Text(row["en"], row["zh"]), row["colour"], classes,
            row.get("outside", NOTHING), row.get("own_input", ""), words,
        )  # fmt: skip
    return found


def role_of(code: str) -> Role:
    """Give a role; one of the planner's own has its code for a name."""
    return load_roles().get(code) or Role(code, Text(code, code))


def called(role: object, plan: object) -> Text:
    """Give what people call a plan: its name, else that of its role."""
    return Text(plan, plan) if isinstance(plan, str) and plan else role_of(str(role)).name


def tidy(
    frame: gpd.GeoDataFrame, part: PlanLayer, number: int
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Bring a layer to the columns of plans.

    Parameters
    ----------
    frame : GeoDataFrame
        As it was read, with its own columns.
    part : PlanLayer
        What plan.toml says of it.
    number : int
        Its place among ``[[inputs.plans]]``, from 0.

    Returns
    -------
    GeoDataFrame
        :data:`COLUMNS` and ``geometry``.
    list of Finding
        Errors stop a run; what is of an unknown class is told.
    """
    import geopandas as gpd
    import pandas as pd

    role = role_of(part.role)
    value, found = _values(frame, part)
    words = {**role.words, **part.classes}
    code = value.map(lambda v: UNKNOWN if pd.isna(v) else words.get(v, v)).astype("string")
    found += _remarks(part, role, value, code, frame)
    outside = role.outside if part.outside is None else role.words.get(part.outside, part.outside)
    shapes = frame.geometry
    if part.move_m is not None:
        shapes = shapes.translate(*part.move_m)
        east, north = part.move_m
        found.append(Finding(
            Text(f"moved by {east:g} m east and {north:g} m north, as plan.toml says",
                 f"按 plan.toml 整体平移：向东 {east:g} 米、向北 {north:g} 米"),
            part.path, level="note", code="moved-plan"))  # fmt: skip
    table = pd.DataFrame(
        {
            "role": part.role, "class": code, "value": value, "plan": part.name,
            "layer": number, "year": part.year, "survey": part.survey,
            "precedence": part.precedence, "outside": outside, "source": part.source,
        },
        index=frame.index,
    )  # fmt: skip
    for name in ("year", "precedence"):
        table[name] = pd.array([getattr(part, name)] * len(table), dtype="Int64")
    for name in ("role", "plan", "survey", "outside", "source"):
        table[name] = table[name].astype("string")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=frame.crs), found


def _values(frame: gpd.GeoDataFrame, part: PlanLayer) -> tuple[Any, list[Finding]]:
    """Give what the file says of each feature, as text."""
    import pandas as pd

    known = [str(c) for c in frame.columns if c != "geometry"]
    asked = part.head("class")
    column = asked or ("class" if "class" in known else None)
    nothing = pd.Series(pd.NA, index=frame.index, dtype="string")
    if part.class_of_all is not None:
        if asked is not None:
            return nothing, [_error(
                part, "class_column and class_of_all exclude one another",
                "class_column 与 class_of_all 只能给其一", "keep one of them", "请只保留其一",
                "stated-twice")]  # fmt: skip
        return nothing.fillna(part.class_of_all), []
    if column is None:
        return nothing, [_error(
            part, "nothing says which class a feature is of", "未说明要素的类别",
            "name class_column, or class_of_all for the whole layer; columns: "
            + some(known, 12).en,
            "请写 class_column，或用 class_of_all 说明整个图层；字段有：" + some(known, 12).zh,
            "no-class")]  # fmt: skip
    if column not in known:
        absent = missing_column(column, known, part.path, "class_column")
        return nothing, [Finding(absent.what, absent.where, remedy=absent.remedy,
                                 code=absent.code, level="error")]  # fmt: skip
    text = frame[column].astype("string").str.strip()
    return text.mask(text == "", pd.NA), []


def _error(
    part: PlanLayer, en: str, zh: str, try_en: str, try_zh: str, code: str
) -> Finding:  # fmt: skip
    return Finding(Text(en, zh), f"[[inputs.plans]] {part.path}", remedy=Text(try_en, try_zh),
                   code=code, level="error")  # fmt: skip


def _remarks(
    part: PlanLayer, role: Role, value: Any, code: Any, frame: gpd.GeoDataFrame
) -> list[Finding]:
    """Tell roles and classes that the shipped tables do not know."""
    where, found = f"[[inputs.plans]] {part.path}", []
    if part.role not in load_roles():
        free = [r.code for r in load_roles().values() if not r.own_input]
        near = suggest(part.role, free)
        found.append(Finding(
            Text(f"'{part.role}' is a role of your own", f"“{part.role}”为自定角色"), where,
            level="warning" if near else "note", code="own-role",
            remedy=meant(near, Text("rules of your own must name it ([audit] rules)",
                 "自定规则须写明它（[audit] rules）")),
        ))  # fmt: skip
    if (bare := int(value.isna().sum())) and code is not None and len(value) > bare:
        found.append(Finding(
            Text(f"{bare:,} features have no class; their overlaps stay unclassified",
                 f"{bare:,} 个要素没有类别，其重叠不予归类"), where, measured=bare, limit=0,
            code="plan-class-missing", spots=features(frame, value.isna(), value)))  # fmt: skip
    if role.classes:
        strange = sorted({str(c) for c in code.dropna()} - {c.code for c in role.classes}
                         - {UNKNOWN})  # fmt: skip
        if strange:
            listed = some(strange)
            found.append(Finding(
                Text(f"classes that {role.name.en} does not know: {listed.en}",
                     f"{role.name.zh}中未知的类别：{listed.zh}"), where,
                measured=len(strange), limit=0, code="plan-class",
                spots=features(frame, code.isin(strange), value),
                remedy=Text("map them under [inputs.plans.classes]; classes: "
                            + ", ".join(c.code for c in role.classes),
                            "请在 [inputs.plans.classes] 中对应；可用类别："
                            + "、".join(f"{c.code}（{c.name.zh}）" for c in role.classes)),
            ))  # fmt: skip
    return found


def together(frames: Iterable[gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Put the layers of plans into one frame; None where there are none."""
    import geopandas as gpd
    import pandas as pd

    given = list(frames)
    if not given:
        return None
    table = pd.concat([f[[*COLUMNS, "geometry"]] for f in given], ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=given[0].crs)


def named_twice(inputs: InputsPart) -> list[Problem]:
    """Refuse a layer that stands under two inputs, a role with an input of its own, two rests."""
    from zoning.inputs.protections import protection_layers

    found: list[Problem] = []
    seen: dict[tuple[str, str | None], str] = {
        (Path(p.path).as_posix(), p.layer): "[[inputs.protections]]"
        for p in protection_layers(inputs)
    }
    if inputs.parks is not None:
        seen[Path(inputs.parks.path).as_posix(), inputs.parks.layer] = "[inputs.parks]"
    outside: dict[str, str] = {}
    for part in inputs.plans:
        where = f"[[inputs.plans]] {part.path}"
        own = role_of(part.role).own_input
        if own:
            found.append(Problem(
                Text(f"'{part.role}' takes part from {own}", f"“{part.role}”已由 {own} 参与"),
                where,
                remedy=Text("name the layer there", f"请在 {own} 中给出该图层"),
                code="plan-role"))  # fmt: skip
        key = (Path(part.path).as_posix(), part.layer)
        if key in seen:
            found.append(Problem(
                Text(f"the layer is named under {seen[key]} too", f"该图层已在 {seen[key]} 给出"),
                where, remedy=Text("name each layer once", "每个图层只能给出一次"),
                code="named-twice"))  # fmt: skip
        seen[key] = "[[inputs.plans]]"
        rest = role_of(part.role).outside if part.outside is None else part.outside
        if outside.setdefault(part.role, rest) != rest:
            found.append(Problem(
                Text(f"layers of role '{part.role}' disagree on `outside`",
                     f"角色“{part.role}”各图层的 outside 不一致"), where,
                remedy=Text("state the same for all of them", "请统一写法"),
                code="plan-outside"))  # fmt: skip
    return found


def different(plans: gpd.GeoDataFrame) -> list[Finding]:
    """Warn where plans are of different years, or stand on different surveys.

    Examples
    --------
    >>> import geopandas as gpd
    >>> two = gpd.GeoDataFrame({"role": ["forest"] * 2, "layer": [0, 1], "plan": ["A", None],
    ...                         "year": [2013, 2020], "survey": ["", "三调"]},
    ...                        geometry=[None, None])
    >>> [f.what.en for f in different(two)]
    ['plans are of different years: A 2013, forest plan 2020']
    """
    one = plans.drop_duplicates("layer")
    found = []
    for column, en, zh, code in (
        ("year", "plans are of different years", "各规划年份不同", "plan-years"),
        ("survey", "plans stand on different surveys", "各规划所依调查不同", "plan-surveys"),
    ):
        known = one[one[column].notna() & (one[column].astype("string") != "")]
        if known[column].nunique() > 1:
            told = [
                Text(f"{called(r, p).en} {v}", f"{called(r, p).zh} {v}")
                for r, p, v in zip(known["role"], known["plan"], known[column], strict=True)
            ]
            en_list, zh_list = some([t.en for t in told], 12).en, some([t.zh for t in told], 12).zh
            found.append(Finding(
                Text(f"{en}: {en_list}", f"{zh}：{zh_list}"), "[[inputs.plans]]", code=code,
                measured=known[column].nunique(), limit=1,
                remedy=Text("bring them to one year and survey first: what changed in between "
                            "looks like a conflict",
                            "请先统一年份与调查口径：期间的变化会被当作矛盾")))  # fmt: skip
    return found


def gather_plans(inputs: InputsPart, desk: Desk, crs: str | None) -> gpd.GeoDataFrame | None:
    """Read all ``[[inputs.plans]]`` of a plan; troubles stay on the desk."""
    desk.problems.extend(named_twice(inputs))
    frames = []
    for number, part in enumerate(inputs.plans):
        raw = desk.polygons(part, part.role, {}, (), crs)
        if raw is None:
            continue
        frame, found = tidy(raw, part, number)
        desk.tell(found)
        frames.append(frame)
    known = together(frames)
    if known is not None:
        desk.tell(different(known))
    return known


def read_plans(
    parts: Sequence[PlanLayer], folder: Path, crs: Any
) -> tuple[gpd.GeoDataFrame | None, list[Source], list[Finding]]:
    """Read all ``[[inputs.plans]]`` without a plan around them.

    Parameters
    ----------
    parts : sequence of PlanLayer
    folder : Path
        Where their paths start.
    crs : CRS or str
        Where to bring them.

    Returns
    -------
    GeoDataFrame or None
        :data:`COLUMNS` and ``geometry``; None where there are none.
    list of Source
    list of Finding

    Raises
    ------
    InputError
        With the problems of a file.
    """
    frames, sources, told = [], [], []
    for number, part in enumerate(parts):
        raw, source = read_polygons(
            folder / part.path, layer=part.layer, crs=part.crs, encoding=part.encoding,
            columns={}, unique=(), role=part.role, to_crs=crs, repair=part.repair,
            datum=part.datum,
        )  # fmt: skip
        frame, found = tidy(raw, part, number)
        raise_all(f for f in found if f.level == "error")
        frames.append(frame)
        sources.append(source)
        told += [*source.findings, *found]
    return together(frames), sources, told
