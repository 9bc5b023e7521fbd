"""The places that a planner asks about: a file, LON,LAT or WKT becomes polygons in the plan's CRS.

A line needs a width; a point stands for one square metre, or for a square of the width. What the
planner declares of a project (industry, energy, emission ...) is carried along as it was written.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.errors import Finding, InputError, Problem, Text, raise_all
from zoning.inputs.access import industry_code
from zoning.inputs.geometry import check_polygons, close_lines
from zoning.inputs.source import existing, shorten, split_layer

if TYPE_CHECKING:
    import geopandas as gpd

#: Columns that a site may declare, with the heads that files give them.
DECLARED: dict[str, tuple[str, ...]] = {
    "site": ("site", "code", "id", "编号", "项目编号", "地块编号", "宗地编号", "代码", "项目代码"),
    "name": ("name", "名称", "项目名称", "地块名称"),
    "industry": ("industry", "行业", "行业代码", "行业类别"),
    "catalogue_item": ("catalogue_item", "产业目录", "目录条目"),
    "energy_tce": ("energy_tce", "energy", "综合能耗", "综合能耗(tce)", "能耗"),
    "emission_t": ("emission_t", "emission", "碳排放量", "碳排放", "碳排放量(t)"),
    "width_m": ("width_m", "width", "宽度", "宽度(m)"),
}
_NUMBERS = ("energy_tce", "emission_t", "width_m")
_LON, _LAT = ("lon", "longitude", "经度", "x"), ("lat", "latitude", "纬度", "y")
_WKT = ("wkt", "geometry", "geom", "坐标", "图形")
_POINT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[,，\s]\s*(-?\d+(?:\.\d+)?)\s*")
_LOOKS_WKT = re.compile(r"\s*(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON)\b", re.I)
#: Less than this cannot be judged: it rounds to no square metre (our choice).
LEAST_M2 = 0.5
#: A text longer than this is no place (our choice).
_LONGEST = 2_000_000
_POINTS, _LINES = (0, 4), (1, 2, 5)
_DEGREES = "EPSG:4490"


def read_sites(
    place: str | Path | gpd.GeoDataFrame,
    to_crs: Any,
    *,
    width_m: float | None = None,
    crs: str | None = None,
    datum: str | None = None,
    encoding: str | None = None,
    repair: bool = False,
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read the sites that a question names.

    Parameters
    ----------
    place : str, Path or GeoDataFrame
        A vector file (``FILE`` or ``FILE:layer``), a CSV or XLSX table with ``lon``, ``lat`` or
        ``wkt``, ``LON,LAT`` in degrees, or WKT (degrees, unless ``crs`` is given).
    to_crs : CRS or str
        Of the plan; in metres.
    width_m : float, optional
        Width of lines, and side of the square around a point, in metres; a column ``width_m`` goes
        before it.
    crs : str, optional
        Where the place does not say.
    datum : {"gcj02", "bd09", "cgcs2000"}, optional
        What is known of coordinates from a web map; their shift is taken off.
    encoding : str, optional
        Text encoding of a file.
    repair : bool
        Mend invalid polygons, and take closed lines as polygons; each is told.

    Returns
    -------
    GeoDataFrame
        Index 0..n-1, columns of :data:`DECLARED` (a missing value is ``<NA>``), polygons.
    list of Finding

    Raises
    ------
    InputError
        With all problems: what cannot be read, geometries that cannot be judged, a line without
        width, a CRS that does not fit.

    Examples
    --------
    >>> sites, _ = read_sites("119.45, 32.2", "EPSG:4549")
    >>> round(sites.geometry[0].area, 6), sites["site"].tolist()
    (1.0, ['1'])
    >>> line = "LINESTRING (119.45 32.2, 119.46 32.2)"
    >>> read_sites(line, "EPSG:4549")
    Traceback (most recent call last):
    zoning.errors.InputError: WKT: site 1 is a line: ... Try: --width 40, or a column width_m
    """
    frame, where, findings = _read(place, crs, encoding)
    if not len(frame):
        raise InputError.one("no site in it", "其中没有地块", where=where, code="no-features")
    frame = _declared(frame, where)
    labels = [f"site {s}" for s in frame["site"]]
    frame, closed = _close(frame, labels, where, repair)
    frame, problems, more = _sound(frame, labels, where, repair)
    raise_all([*_industries(frame, labels, where), *problems])
    frame, more_findings = _placed(frame, crs, to_crs, where, datum)
    shapes, problems = _polygons(frame, labels, where, width_m)
    raise_all(problems)
    frame = frame.set_geometry(list(shapes), crs=frame.crs)
    return frame.reset_index(drop=True), [*findings, *closed, *more, *more_findings]


def _read(
    place: str | Path | gpd.GeoDataFrame, crs: str | None, encoding: str | None
) -> tuple[gpd.GeoDataFrame, str, list[Finding]]:
    """Give the rows of whatever was named."""
    import geopandas as gpd

    if isinstance(place, gpd.GeoDataFrame):
        return _named(place), "sites", []
    if isinstance(place, str):
        hit = _POINT.fullmatch(place)
        if hit:
            return _of_texts([f"POINT ({hit[1]} {hit[2]})"], crs, "LON,LAT"), "LON,LAT", []
        if _LOOKS_WKT.match(place):
            return _of_texts([place], crs, "WKT"), "WKT", []
    path, layer = _file(place)
    if path.suffix.lower() in (".csv", ".txt", ".xlsx", ".xlsm"):
        return (*_of_table(path, crs, encoding), [])
    from zoning.inputs.vector import list_layers, read_raw

    layers = list_layers(path)
    if layer is None and len(layers) > 1:
        listed = ", ".join(layers[:20])
        raise InputError.one(
            f"the file has {len(layers)} layers", f"文件有 {len(layers)} 个图层", where=str(path),
            code="missing-layer",
            remedy=(f"name one: {path.name}:LAYER; layers: {listed}",
                    f"请指明图层：{path.name}:图层名；图层有：{listed}"),
        )  # fmt: skip
    if layer is not None and layer not in layers:
        raise InputError.one(
            f"no layer '{layer}'", f"没有图层“{layer}”", where=str(path), code="missing-layer",
            remedy=("layers: " + ", ".join(layers[:20]), "图层有：" + "、".join(layers[:20])),
        )  # fmt: skip
    frame, findings = read_raw(path, layer or (layers[0] if layers else None), encoding)
    return _named(frame), str(path), findings


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Call the geometry ``geometry``; the caller's own frame stays as it is."""
    other = frame.geometry.name != "geometry"
    return frame.rename_geometry("geometry") if other else frame.copy()


def _file(place: str | Path) -> tuple[Path, str | None]:
    """Give file and layer, or say that the words are no place at all."""
    if isinstance(place, str) and (len(place) > _LONGEST or "\0" in place or not place.strip()):
        raise InputError.one(
            "is no place", "不是有效的位置", where=repr(place[:40]), code="no-place",
            remedy=_HINT,
        )  # fmt: skip
    try:
        path, layer = split_layer(place)
        if path.exists():
            return existing(path, "site"), layer
    except OSError:  # a text too long for a path is none
        raise InputError.one(
            "is no place", "不是有效的位置", where=str(place)[:40], code="no-place", remedy=_HINT
        ) from None
    raise InputError(Problem(
        Text("no such file, and no LON,LAT or WKT", "没有这个文件，也不是经纬度或 WKT"),
        str(place)[:200], remedy=Text(*_HINT), code="no-place"))  # fmt: skip


_HINT = (
    "give a vector file, a CSV with lon and lat, LON,LAT such as 119.45,32.20, or WKT",
    "请给出矢量文件、含 lon、lat 的 CSV、经纬度（如 119.45,32.20）或 WKT",
)


def _of_texts(texts: list[Any], crs: str | None, where: str) -> gpd.GeoDataFrame:
    """Make geometries of WKT; texts that are none are all told."""
    import geopandas as gpd
    import shapely

    shapes, problems, stated = [], [], set()
    for row, text in enumerate(texts, 1):
        head, _, tail = str(text).rpartition(";")
        stated.add(head.strip().upper().removeprefix("SRID="))
        try:
            shapes.append(shapely.from_wkt(tail.strip()))
        except shapely.errors.ShapelyError as error:
            problems.append(Problem(
                Text(f"row {row}: not readable as WKT: {str(error)[:200]}",
                     f"第 {row} 行：不是有效的 WKT：{str(error)[:200]}"), where,
                remedy=Text("such as POLYGON ((119.4 32.2, 119.5 32.2, 119.5 32.3, 119.4 32.2))",
                            "例如 POLYGON ((119.4 32.2, 119.5 32.2, 119.5 32.3, 119.4 32.2))"),
                code="bad-wkt"))  # fmt: skip
    own = f"EPSG:{next(iter(stated))}" if stated != {""} else _DEGREES
    if len(stated) > 1:
        problems.append(Problem(
            Text("rows have different SRIDs", "各行的 SRID 不一致"), where, code="srid",
            measured=len(stated), limit=1, remedy=Text("bring them to one", "请统一坐标系"),
        ))  # fmt: skip
    raise_all(problems)
    if crs is None and own != _DEGREES:
        from zoning.inputs.crs import parse_crs

        raise_all(parse_crs(own, where)[1])
    return gpd.GeoDataFrame(geometry=shapes, crs=None if crs else own)


def _of_table(path: Path, crs: str | None, encoding: str | None) -> tuple[gpd.GeoDataFrame, str]:
    """Make geometries of a table with coordinates or WKT."""
    import geopandas as gpd

    from zoning.inputs.tables import read_table

    table, _ = read_table(path, encoding=encoding, role="sites")
    heads = {str(c).strip().lower(): c for c in table.columns}
    lon, lat, wkt = (next((heads[n] for n in names if n in heads), None)
                     for names in (_LON, _LAT, _WKT))  # fmt: skip
    where = str(path)
    if wkt is not None:
        shapes = _of_texts(table[wkt].tolist(), crs, where)
    elif lon is not None and lat is not None:
        points = table[[lon, lat]].apply(pd.to_numeric, errors="coerce")
        gone = points.index[points.isna().any(axis=1)]
        raise_all(
            Problem(Text(f"row {i + 2}: no coordinates", f"第 {i + 2} 行：没有坐标"), where,
                    code="no-coordinates",
                    remedy=Text("degrees as decimal numbers", "请填写十进制度"))
            for i in gone[:20]
        )  # fmt: skip
        shapes = _of_texts(
            [f"POINT ({x!r} {y!r})" for x, y in points.astype(float).to_numpy().tolist()],
            crs, where,
        )  # fmt: skip
    else:
        raise InputError.one(
            "no columns lon and lat, and none with WKT", "没有经纬度字段，也没有 WKT 字段",
            where=where, code="missing-column",
            remedy=("name them lon and lat (degrees), or wkt", "请命名为 lon、lat（度）或 wkt"),
        )  # fmt: skip
    kept = table.drop(columns=[c for c in (lon, lat, wkt) if c is not None])
    return gpd.GeoDataFrame(kept, geometry=shapes.geometry.to_numpy(), crs=shapes.crs), where


def _declared(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """Keep what a site declares, under our names."""
    import geopandas as gpd

    heads = {str(c).strip().lower(): c for c in frame.columns if c != "geometry"}
    out, problems = {}, []
    for name, usual in DECLARED.items():
        column = next((heads[u.lower()] for u in usual if u.lower() in heads), None)
        if column is None:
            kind = "Float64" if name in _NUMBERS else "string"
            out[name] = pd.Series(pd.NA, index=frame.index, dtype=kind)
            continue
        values = frame[column]
        if name in _NUMBERS:
            numbers = pd.to_numeric(values, errors="coerce")
            bad = values.notna() & (numbers.isna() | (numbers < 0) | ~np.isfinite(
                numbers.astype("float64").fillna(0)))  # fmt: skip
            for row in frame.index[bad][:20]:
                problems.append(Problem(
                    Text(f"{column} of feature {row} is {values[row]!r}",
                         f"要素 {row} 的“{column}”为 {values[row]!r}"), where,
                    measured=str(values[row]), limit=0, code="declared",
                    remedy=Text("a number, not below 0, or nothing", "应为不小于 0 的数字，或留空"),
                ))  # fmt: skip
            out[name] = numbers.astype("Float64")
        else:
            text = values.astype("string").str.strip()
            out[name] = text.mask(text == "")
    raise_all(problems)
    out["site"] = out["site"].fillna(pd.Series([str(i + 1) for i in range(len(frame))],
                                               index=frame.index, dtype="string"))  # fmt: skip
    doubled = out["site"].duplicated(keep=False)
    if doubled.any():
        # Rows keep their place in the file as a name where codes repeat.
        numbers = pd.Series([f"#{i + 1}" for i in range(len(frame))], index=frame.index)
        out["site"] = out["site"].where(~doubled, out["site"] + numbers)
    return gpd.GeoDataFrame(out, geometry=frame.geometry, crs=frame.crs)


def _industries(frame: gpd.GeoDataFrame, labels: list[str], where: str) -> list[Problem]:
    """Tell the rows whose industry is no code."""
    found: list[Problem] = []
    for label, code in zip(labels, frame["industry"], strict=True):
        if not pd.isna(code):
            try:
                industry_code(str(code), f"{where}, {label}")
            except InputError as error:
                found += error.problems
    return shorten(found, where)


def _close(
    frame: gpd.GeoDataFrame, labels: list[str], where: str, repair: bool
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    if not repair:
        return frame, []
    shapes, told = close_lines(frame.geometry.to_numpy(), where, labels)
    return frame.set_geometry(list(shapes), crs=frame.crs), told


def _sound(
    frame: gpd.GeoDataFrame, labels: list[str], where: str, repair: bool
) -> tuple[gpd.GeoDataFrame, list[Problem], list[Finding]]:
    """Hold polygons against the house's checks; points and lines only must be finite."""
    import shapely

    shapes = shapely.force_2d(frame.geometry.to_numpy())
    kinds = shapely.get_type_id(shapes)
    thin = np.isin(kinds, (*_POINTS, *_LINES)) & ~shapely.is_empty(shapes)
    finite = np.array([
        bool(np.isfinite(shapely.get_coordinates(s)).all()) if t else True
        for s, t in zip(shapes, thin, strict=True)
    ])  # fmt: skip
    problems = [
        Problem(Text(f"{labels[i]} has coordinates that are not finite",
                     f"{labels[i]} 的坐标含无穷大或非数值"), where, code="non-finite-geometry",
                remedy=Text("draw it again", "请重新绘制"))
        for i in np.flatnonzero(thin & ~finite)
    ]  # fmt: skip
    other = np.flatnonzero(~thin)
    mended, bad, told = check_polygons(
        shapes[other], where, [labels[i] for i in other], repair=repair
    )
    shapes[other] = mended
    # Here it is an option of the command, not a key of plan.toml.
    remedy = Text("mend it in a GIS, or give --repair", "请在 GIS 中修复，或使用 --repair")
    bad = [replace(p, remedy=remedy) if p.code == "invalid-geometry" else p for p in bad]
    return frame.set_geometry(list(shapes), crs=frame.crs), [*problems, *bad], told


def _placed(
    frame: gpd.GeoDataFrame, crs: str | None, to_crs: Any, where: str, datum: str | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Bring the sites to the CRS of the plan."""
    from zoning.inputs.vector import bring

    moved, _, problems, findings = bring(frame, crs, to_crs, where, True, sound=True, datum=datum)
    raise_all(problems)
    return moved, findings


def _polygons(
    frame: gpd.GeoDataFrame, labels: list[str], where: str, width_m: float | None
) -> tuple[Any, list[Problem]]:
    """Give every site an area: lines by their width, points as squares."""
    import shapely

    problems: list[Problem] = []
    if width_m is not None and not (np.isfinite(width_m) and 0 < width_m <= 10_000):
        problems.append(Problem(
            Text(f"a width of {width_m} m", f"宽度为 {width_m} 米"), "--width", measured=width_m,
            limit=10_000, code="width",
            remedy=Text("metres, above 0 and up to 10,000", "以米为单位，大于 0 且不超过 10,000"),
        ))  # fmt: skip
        return frame.geometry.to_numpy(), problems
    shapes = frame.geometry.to_numpy().copy()
    kinds = shapely.get_type_id(shapes)
    widths = frame["width_m"] if width_m is None else frame["width_m"].fillna(width_m)
    for i, (shape, kind) in enumerate(zip(shapes, kinds, strict=True)):
        width = widths.iloc[i]
        known = not pd.isna(width) and float(width) > 0
        if kind in _POINTS:
            half = float(width) / 2 if known else 0.5
            squares = [shapely.box(p.x - half, p.y - half, p.x + half, p.y + half)
                       for p in shapely.get_parts(shape)]  # fmt: skip
            shapes[i] = shapely.union_all(squares)
        elif kind in _LINES and known:
            shapes[i] = shapely.buffer(shape, float(width) / 2, quad_segs=16, cap_style="flat")
        elif kind in _LINES:
            problems.append(Problem(
                Text(f"{labels[i]} is a line: without a width it has no area",
                     f"{labels[i]} 为线：没有宽度就没有面积"), where, code="no-width",
                remedy=Text("--width 40, or a column width_m", "请用 --width 40 或字段 width_m"),
            ))  # fmt: skip
    areas = shapely.area(shapes)
    problems += [
        Problem(Text(f"{labels[i]} has {areas[i]:.3g} m2", f"{labels[i]} 面积仅 {areas[i]:.3g} m²"),
                where, measured=float(areas[i]), limit=LEAST_M2, code="too-small",
                remedy=Text("check the unit of its coordinates", "请检查坐标单位"))
        for i in np.flatnonzero(areas < LEAST_M2) if kinds[i] not in _LINES or not pd.isna(
            widths.iloc[i])
    ]  # fmt: skip
    return shapes, problems
