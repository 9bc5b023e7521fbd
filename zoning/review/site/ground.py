"""What a plan has to be asked about a place: its layers, from where, and whether exactly.

Layers of polygons travel with the plan; while plan.gpkg is the file of the run they are exact. Land
use is read from the raster that run.json names, if a file with that checksum is found. What is
gone is answered from the sums of the pieces, with a lower and an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from zoning.errors import Finding, Text
from zoning.inputs.protections import load_kinds
from zoning.measure.common import shared
from zoning.pipeline import protected
from zoning.plan import Plan
from zoning.questions.released import classes_of

if TYPE_CHECKING:
    from zoning.inputs.pictures import ClassFile

#: Polygons with more corners than this are cut into quarters, so that a small site meets few.
_CORNERS = 400
Shapes = Any


@dataclass(frozen=True, slots=True)
class Asked:
    """A layer that was asked.

    Parameters
    ----------
    name : Text
    source : str
        Document or file; empty where nobody says.
    year : str
        Of the source; empty where nobody says.
    exact : bool
        Else areas are bounds from the sums of the plan's pieces.
    """

    name: Text
    source: str = ""
    year: str = ""
    exact: bool = True

    def called(self, lang: str) -> str:
        """Give the layer with its year, or that nobody says which.

        Examples
        --------
        >>> use = Text("land use", "用地现状")
        >>> Asked(use, year="2023").called("en"), Asked(use).called("zh")
        ('land use 2023', '用地现状（无年份）')
        """
        if self.year:
            return f"{self.name.get(lang)} {self.year}"
        return self.name.zh + "（无年份）" if lang == "zh" else f"{self.name.en} (no year)"


@dataclass(frozen=True)
class Cover:
    """Polygons of one layer, cut small, with the feature that each part belongs to."""

    asked: Asked
    table: pd.DataFrame
    parts: Shapes
    owner: Any
    tree: Any = field(repr=False)

    @classmethod
    def of(cls, asked: Asked, table: pd.DataFrame, shapes: Iterable[Any]) -> Cover:
        """Cut the polygons and index them."""
        parts, owner = cut(np.asarray(list(shapes), dtype=object))
        return cls(asked, table.reset_index(drop=True), parts, owner, shapely.STRtree(parts))

    def meet(self, sites: Shapes) -> tuple[Any, Any, Any]:
        """Give (site, feature, geometry) of everything with an area in common."""
        site, part = self.tree.query(sites, predicate="intersects")
        shapes = shared(sites[site], self.parts[part])
        here = shapely.area(shapes) > 0
        return site[here], self.owner[part[here]], shapes[here]


def cut(shapes: Shapes) -> tuple[Shapes, Any]:
    """Take polygons apart, and large ones into quarters until they are small.

    Examples
    --------
    >>> ring = shapely.Point(0, 0).buffer(100, quad_segs=500)
    >>> parts, owner = cut(np.array([ring], dtype=object))
    >>> len(parts) > 4, set(owner.tolist()), abs(shapely.area(parts).sum() - ring.area) < 1e-6
    (True, {0}, np.True_)
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    done: list[Any] = []
    kept: list[Any] = []
    for _ in range(24):
        large = shapely.get_num_coordinates(parts) > _CORNERS
        done.append(parts[~large])
        kept.append(owner[~large])
        if not large.any():
            break
        quarters, index = _quarters(parts[large])
        parts, again = shapely.get_parts(quarters, return_index=True)
        owner = owner[large][index[again]]
        # A corner that only touches leaves lines and points, which have no area.
        flat = shapely.get_type_id(parts) == 3
        parts, owner = parts[flat], owner[flat]
    else:
        done.append(parts)
        kept.append(owner)
    return np.concatenate(done), np.concatenate(kept)


def _quarters(shapes: Shapes) -> tuple[Shapes, Any]:
    west, south, east, north = shapely.bounds(shapes).T
    x, y = (west + east) / 2, (south + north) / 2
    boxes = [shapely.box(west, south, x, y), shapely.box(x, south, east, y),
             shapely.box(west, y, x, north), shapely.box(x, y, east, north)]  # fmt: skip
    pieces = np.concatenate([shapely.intersection(shapes, b) for b in boxes])
    index = np.tile(np.arange(len(shapes)), 4)
    return pieces, index


@dataclass(frozen=True)
class Ground:
    """All that can be asked of a plan about a place.

    Parameters
    ----------
    plan : Plan
    city, townships : Cover
    covers : mapping of code to Cover
        ``redline``, the kinds of protection, ``parks``, ``conflicts``, ``environment_units`` and
        the roles of other plans; only those that the plan has, exactly.
    bounded : dict of code to Asked
        Kinds of protection that are known by the sums of pieces alone.
    landuse : ClassFile or None
        None: known by sums alone, or not at all.
    classes : DataFrame or None
    access : DataFrame or None
        Access lists.
    findings : list of Finding
    """

    plan: Plan
    city: Cover
    townships: Cover | None
    covers: dict[str, Cover]
    bounded: dict[str, Asked]
    landuse: ClassFile | None
    landuse_asked: Asked | None
    classes: pd.DataFrame | None
    access: pd.DataFrame | None = None
    findings: list[Finding] = field(default_factory=list)

    def degrees(self, shapes: Shapes) -> tuple[list[float], list[float]]:
        """Give longitude and latitude of a point in each shape."""
        from pyproj import Transformer

        points = shapely.get_coordinates(shapely.point_on_surface(shapes))
        back = Transformer.from_crs(self.plan.grid.crs, "EPSG:4490", always_xy=True)
        lon, lat = back.transform(points[:, 0], points[:, 1])
        return [float(v) for v in lon], [float(v) for v in lat]

    def own(self, name: Text) -> Asked:
        """Give what the plan itself says as a layer: its year is that of the plan."""
        return Asked(name, self.plan.name, _year(self.plan.config.plan.base_year))

    @property
    def kinds(self) -> list[str]:
        """The kinds of protection that can be asked, exactly or by bounds."""
        order = load_kinds().index
        return [k for k in order if k in self.covers or k in self.bounded]


def gather(
    plan: Plan, *, sealed: bool = True, inputs: Sequence[Path] = (), access: Any = None
) -> Ground:
    """Collect what there is to ask.

    Parameters
    ----------
    plan : Plan
    sealed : bool
        Whether the layers of the plan are those of its run (plan.gpkg has its checksum).
    inputs : sequence of Path
        Folders where the paths of the inputs may start.
    access : DataFrame, optional
        Access lists given with the question, in place of those of the plan.
    """
    findings: list[Finding] = []
    covers: dict[str, Cover] = {}
    bounded: dict[str, Asked] = {}
    _protections(plan, sealed, covers, bounded)
    if not sealed:
        findings.append(Finding(
            Text("plan.gpkg was changed after the run: protected land is told by bounds from the "
                 "sums of the pieces",
                 "plan.gpkg 在运行后被修改：保护用地按地块汇总给出上下限"),
            "plan.gpkg", code="edited",
            remedy=Text("run the plan again", "请重新运行方案"),
        ))  # fmt: skip
    _given(plan, covers)
    findings += _plans(plan, inputs, covers)
    classes = classes_of(plan)
    landuse, told = _landuse(plan, inputs, classes)
    findings += told
    asked = None
    part = plan.config.inputs.landuse
    if part is not None:
        year = _year(part.survey) or _year(plan.config.plan.base_year)
        name = part.survey or Path(part.path).name
        asked = Asked(Text("land use", "用地现状"), name, year, landuse is not None)
    towns = None
    if plan.townships is not None:
        table = pd.DataFrame({"code": plan.townships.index.astype(str),
                              "name": plan.townships["name"].astype(str).to_numpy()})  # fmt: skip
        towns = Cover.of(Asked(Text("townships", "乡镇")), table,
                         plan.townships.geometry.to_numpy())  # fmt: skip
    city = Cover.of(
        Asked(Text("area of the plan", "规划范围"), year=_year(plan.config.plan.base_year)),
        pd.DataFrame({"code": ["city"], "name": [plan.name]}),
        [plan.city.geometry.union_all()],
    )
    if access is None:
        access = next(
            (t.frame for c in plan.contributions for t in c.tables if t.name == "access_list"), None
        )
    return Ground(plan, city, towns, covers, bounded, landuse, asked, classes, access, findings)


def _year(value: Any) -> str:
    """Find a year in words such as "三调 2019"."""
    import re

    hit = re.search(r"(?:19|20)\d\d", "" if value is None else str(value))
    return hit[0] if hit else ""


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _protections(
    plan: Plan, sealed: bool, covers: dict[str, Cover], bounded: dict[str, Asked]
) -> None:
    """Red lines and all other kinds: as layers, or by sums where the layers are gone."""
    kinds = load_kinds()
    layer = protected.of_plan(plan)
    frames: dict[str, Any] = {}
    if plan.redlines is not None:
        red = plan.redlines.rename(columns={"area_code": "code", "source_year": "year"})
        frames["redline"] = red
    if layer is not None:
        frames |= dict(list(layer.groupby(layer["kind"].astype(str))))
    for kind in kinds.index:
        name = Text(str(kinds.at[kind, "en"]), str(kinds.at[kind, "zh"]))
        frame = frames.get(kind)
        column = str(kinds.at[kind, "column"])
        if frame is not None:
            asked = Asked(name, _first(frame, "source"), _first(frame, "year"), sealed)
            if sealed:
                table = pd.DataFrame({
                    c: frame[c].map(_text).to_numpy() if c in frame else ""
                    for c in ("code", "name", "type", "level", "source")
                })  # fmt: skip
                covers[kind] = Cover.of(asked, table, frame.geometry.to_numpy())
                continue
        elif column not in plan.units or not bool((plan.units[column] > 0).any()):
            continue
        else:
            asked = Asked(name, "", "", False)
        if plan.pieces is not None and column in plan.pieces:
            bounded[kind] = asked


def _first(frame: Any, column: str) -> str:
    """Say what a layer names as source or year: one, or how many there are."""
    if column not in frame:
        return ""
    values = sorted({_text(v) for v in frame[column]} - {""})
    if len(values) <= 1:
        return values[0] if values else ""
    return f"{values[0]} … ({len(values)})"


#: Layers of other contributions that are asked: name of the layer, and columns of code and name.
_LAYERS = {
    "parks": ("parks", "code", "name", Text("parks", "园区")),
    "conflicts": ("conflicts", "conflict", "kind", Text("conflicts of plans", "规划冲突")),
    "environment_units": (
        "environment_units", "code", "name", Text("environment units", "生态环境管控单元"),
    ),
}  # fmt: skip


def _given(plan: Plan, covers: dict[str, Cover]) -> None:
    """Layers that wings handed to the plan: parks, conflicts, environment units."""
    for given in plan.contributions:
        for layer in given.layers:
            if layer.name not in _LAYERS:
                continue
            code, by, name, title = _LAYERS[layer.name]
            frame = layer.frame
            table = pd.DataFrame(frame.drop(columns="geometry")).copy()
            table["code"] = frame[by].map(_text) if by in frame else ""
            table["name"] = frame[name].map(_text) if name in frame else ""
            asked = Asked(title, _first(frame, "source"), _first(frame, "year"))
            covers[code] = Cover.of(asked, table, frame.geometry.to_numpy())


def _plans(plan: Plan, inputs: Sequence[Path], covers: dict[str, Cover]) -> list[Finding]:
    """Other plans of the same land, read again where files with their checksums are found."""
    from zoning.inputs.plans import read_plans, role_of
    from zoning.inputs.source import sha256_of

    found: list[Finding] = []
    sums = {(str(s.get("role")), str(s.get("path"))): s.get("sha256")
            for s in plan.run.get("inputs", ())}  # fmt: skip
    frames: dict[str, list[Any]] = {}
    for part in plan.config.inputs.plans:
        told = sums.get((part.role, Path(part.path).as_posix()), sums.get((part.role, part.path)))
        folder = next((f for f in inputs if told is not None and (f / part.path).exists()
                       and sha256_of(f / part.path) == told), None)  # fmt: skip
        if folder is None:
            found.append(Finding(
                Text(f"not found as the run read it: {part.role} is not asked",
                     f"未找到运行时的文件：不查询 {role_of(part.role).name.zh}"), part.path,
                code="no-plan-layer",
                remedy=Text("--inputs FOLDER, where the paths of plan.toml start",
                            "请用 --inputs 指明 plan.toml 中路径的起点")))  # fmt: skip
            continue
        frame = read_plans([part], folder, plan.grid.crs)[0]
        if frame is not None:
            frames.setdefault(part.role, []).append(frame)
    for role, given in frames.items():
        frame, known = pd.concat(given, ignore_index=True), role_of(role)
        table = pd.DataFrame({
            "code": frame["class"].astype(str), "role": role,
            "name": [known.class_name(str(c)).zh for c in frame["class"]],
            "open": [bool({"open", "farm", "wood"} & set(known.groups(str(c))))
                     for c in frame["class"]],
            "source": frame["source"].map(_text),
        })  # fmt: skip
        asked = Asked(known.name, _first(frame, "source"), _first(frame, "year"))
        covers[role] = Cover.of(asked, table, frame.geometry.to_numpy())
    return found


def _landuse(
    plan: Plan, inputs: Sequence[Path], classes: pd.DataFrame | None
) -> tuple[ClassFile | None, list[Finding]]:
    """Open the raster of the run, where a file with its checksum is found."""
    part = plan.config.inputs.landuse
    if part is None or classes is None:
        return None, []
    record = next((s for s in plan.run.get("inputs", ()) if s.get("role") == "landuse"), None)
    from zoning.inputs.rasters import read_again
    from zoning.inputs.source import sha256_of

    if record is not None:
        for folder in inputs:
            path = folder / str(record["path"])
            if path.is_file() and sha256_of(path) == record.get("sha256"):
                return read_again(path, part, plan.grid.crs, tuple(plan.city.total_bounds),
                                  zero_is_class=0 in classes.index), []  # fmt: skip
    where = str(record["path"]) if record else part.path
    return None, [Finding(
        Text("the land-use raster of the run is not found: land use is told by bounds from the "
             "sums of the pieces",
             "未找到运行时的用地栅格：用地按地块汇总给出上下限"), where, code="no-raster",
        remedy=Text("--inputs FOLDER, where the paths of plan.toml start",
                    "请用 --inputs 指明 plan.toml 中路径的起点"),
    )]  # fmt: skip
