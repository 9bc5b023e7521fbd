"""Polygon layers: read, checked, renamed and brought to one coordinate system."""

from __future__ import annotations

import datetime as dt
import numbers
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.still import still, waits
from zoning.errors import Finding, InputError, Problem, Text, suggest
from zoning.inputs import crs as systems
from zoning.inputs.codes import check_codes, clean_codes
from zoning.inputs.geometry import check_polygons
from zoning.inputs.inspect.datum import BACK
from zoning.inputs.inspect.place import inspect_place
from zoning.inputs.repair.coordinates import unshift
from zoning.inputs.shapefile import decode_frame, is_shapefile, packed_layers
from zoning.inputs.source import Rows, Source, existing, sha256_of, some, split_layer

if TYPE_CHECKING:
    import geopandas as gpd


def list_layers(path: str | Path) -> tuple[str, ...]:
    """List the layers of a file.

    Raises
    ------
    InputError
        If there is no such file or it cannot be read.
    """
    import pyogrio

    path = existing(Path(path), "layers")
    if path.suffix.lower() == ".parquet":
        return (path.stem,)
    try:
        packed = packed_layers(path)
        if packed:
            return tuple(packed)
        return tuple(str(name) for name, _ in pyogrio.list_layers(still(path)))
    except (pyogrio.errors.DataSourceError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def read_polygons(
    file: str | Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    columns: Mapping[str, str | None] | None = None,
    unique: Sequence[str] = ("code",),
    role: str = "polygons",
    to_crs: Any = None,
    metres: bool = True,
    repair: bool = False,
    datum: str | None = None,
) -> tuple[gpd.GeoDataFrame, Source]:
    """Read a polygon layer and check everything that a plan needs of it.

    Parameters
    ----------
    file : str or Path
        Any file that GDAL reads, GeoParquet, or ``FILE:layer``.
    layer : str, optional
        Needed where the file has several.
    crs : str, optional
        Where the file does not say; where it says something else, this one goes before it and a
        warning is kept.
    encoding : str, optional
        Of shapefile text; left out, it is found (.cpg, .dbf header, UTF-8, GB 18030).
    columns : mapping, optional
        Name in the plan -> column in the file, such as ``{"code": "XZQDM"}``. All are needed;
        a value of None is left out. Other columns keep their names.
    unique : sequence of str
        Plan names of the columns that name a row together; those not in ``columns`` are not looked
        at. They are kept as text.
    role : str
        What the layer is for, in messages.
    to_crs : CRS or str, optional
        Where to bring it.
    metres : bool
        Whether the result must be in a projected CRS in metres.
    repair : bool
        Mend invalid polygons (see `check_polygons`).
    datum : {"gcj02", "bd09", "cgcs2000"}, optional
        What the planner states of the coordinates: the shift of a web map is taken off, to within
        metres.

    Returns
    -------
    GeoDataFrame
        Index 0..n-1, rows sorted by ``unique``; columns as asked, two-dimensional polygons.
    Source
        The record for ``run.json`` with what was noticed.

    Raises
    ------
    InputError
        With all problems of the file together.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, pathlib
    >>> town = shapely.box(45e4, 356e4, 46e4, 357e4)
    >>> towns = gpd.GeoDataFrame({"XZQDM": ["321102001"]}, geometry=[town], crs="EPSG:4549")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "乡镇 街道.gpkg")
    ...     towns.to_file(path)
    ...     frame, source = read_polygons(path, columns={"code": "XZQDM"}, role="townships")
    >>> frame.code.tolist(), source.features, source.crs
    (['321102001'], 1, 'EPSG:4549')
    """
    path, named = split_layer(file)
    existing(path, role)
    layer, where = choose_layer(path, layer or named, role)
    frame, findings = _read(path, layer, encoding)
    labels = _labels(frame)
    if len(frame) == 0:
        raise InputError(_no_rows(where, role))
    frame, problems = _rename(frame, columns or {}, where)
    keys = [c for c in unique if columns and columns.get(c) and c in frame.columns]
    for key in keys:
        frame[key] = clean_codes(frame[key])
    if keys:
        labels = _labels(frame, keys)
        problems += check_codes(frame[keys], where, labels, shapes=frame.geometry)

    stated = frame.crs if frame.crs is not None else (None if crs is None else str(crs))
    shapes, bad, mended = check_polygons(
        frame.geometry.to_numpy(), where, labels, repair=repair, crs=stated
    )
    frame = frame.set_geometry(list(shapes), crs=frame.crs)
    frame, declared, in_crs, remarks = bring(
        frame, crs, to_crs, where, metres, sound=not bad, datum=datum
    )
    problems += bad + in_crs
    if problems:
        raise InputError(problems)
    frame = frame.sort_values(keys) if keys else frame
    found = (*findings, *mended, *remarks)
    source = Source(
        role, Path(path).as_posix(), layer, sha256_of(path), len(frame), declared, found
    )
    ids = Rows(int(i) for i in frame.index)
    frame = frame.reset_index(drop=True)
    frame.attrs["features"] = ids  # as the file numbers them, for messages
    return frame, source


def choose_layer(path: Path, layer: str | None, role: str) -> tuple[str, str]:
    """Give the layer and how to name it in messages: alone in its file, it needs no name."""
    layers = list_layers(path)
    if not layers:
        raise InputError(_no_rows(str(path), role))
    if layer is None and len(layers) == 1:
        return layers[0], str(path)
    if layer in layers:
        return layer, str(path) if len(layers) == 1 else f"{path}:{layer}"
    if layer is None:
        what = Text(f"the file has {len(layers)} layers", f"文件有 {len(layers)} 个图层")
    else:
        what = Text(f"no layer '{layer}'", f"没有图层 '{layer}'")
    near = suggest(layer or role, layers)
    hint = Text(f"did you mean '{near}'? ", f"是否为 '{near}'?") if near else Text("", "")
    listed = some(layers, 20)
    raise InputError(
        Problem(
            what,
            str(path),
            remedy=Text(f"{hint.en}layers: {listed}", f"{hint.zh}图层有：{listed}"),
            code="missing-layer",
        )
    )


def _read(
    path: Path, layer: str | None, encoding: str | None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read all rows; the index holds the feature ids."""
    import geopandas as gpd
    import pyogrio

    try:
        if path.suffix.lower() == ".parquet":
            return _flat(gpd.read_parquet(path), path)
        packed = packed_layers(path).get(layer or "")
        shapefile = is_shapefile(path) if packed is None else is_shapefile(Path(packed))
        with warnings.catch_warnings():
            # Odd rings and measured coordinates are judged by check_polygons.
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(
                packed or still(path),
                layer=layer,
                encoding="ISO-8859-1" if shapefile else encoding,
                fid_as_index=True,
                on_invalid="ignore",
            )
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        OSError,
        ValueError,
    ) as error:
        raise _unreadable(path, error) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
    frame.index.name = None
    if not shapefile:
        flat, left = _flat(frame, path)
        return flat, [*_waiting(path), *left]
    decoded, findings = decode_frame(frame, path, encoding, layer)
    return decoded, findings


def _flat(frame: gpd.GeoDataFrame, path: Path) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Leave out columns that no table of a plan can hold: lists, bytes, shapes beside the shape."""
    import pandas as pd

    plain = (str, bool, numbers.Number, dt.date, dt.time)
    others = [c for c in frame.columns if c != frame.geometry.name]
    shapes = [c for c in others if str(frame[c].dtype) == "geometry"]
    objects = [c for c in others if frame[c].dtype == "object"]
    odd = [
        c for c in objects
        if not all(isinstance(v, plain) for v in frame[c] if v is not None and v is not pd.NA)
    ]  # fmt: skip
    left = [*shapes, *odd]
    if not left:
        return frame, []
    return frame.drop(columns=left), [Finding(
        Text(f"columns that hold lists, bytes or further shapes are left out: {some(left)}",
             f"含列表、二进制或附加图形的字段未读取：{some(left)}"),
        str(path), code="left-columns", level="note",
    )]  # fmt: skip


def _waiting(path: Path) -> list[Finding]:
    """Tell that a GeoPackage was read with changes that do not yet stand in it."""
    journal = waits(path)
    if journal is None or journal.stat().st_size == 0:
        return []
    return [Finding(
        Text(f"changes lie in {journal.name}: the file is open in another program, or was not "
             "closed; they were read, and the checksum does not cover them",
             f"{journal.name} 中有未写回的修改：该文件正被其他程序打开，或上次未正常关闭；"
             "已一并读取，但校验和不含这些修改"),
        str(path), code="open-elsewhere", level="warning",
        remedy=Text("close it there (QGIS, ArcGIS) and run again",
                    "请在相应程序（QGIS、ArcGIS）中关闭后重新运行"),
    )]  # fmt: skip


def read_raw(
    path: Path, layer: str | None, encoding: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Read a layer as it is, for whoever inspects or mends it; nothing is judged but the text."""
    return _read(path, layer, encoding)


def _labels(frame: gpd.GeoDataFrame, keys: Sequence[str] = ()) -> list[str]:
    ids = [f"feature {i}" for i in frame.index]
    if not keys:
        return ids
    codes = frame[list(keys)].fillna("?").agg(" ".join, axis=1)
    return [f"{i} ({code})" for i, code in zip(ids, codes, strict=True)]


def _rename(
    frame: gpd.GeoDataFrame, columns: Mapping[str, str | None], where: str
) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Give the columns their plan names; a foreign column of the same name steps aside."""
    wanted = {plan: column for plan, column in columns.items() if column}
    known = [c for c in frame.columns if c != frame.geometry.name]
    problems = [
        missing_column(column, known, where, plan)
        for plan, column in wanted.items()
        if column not in known
    ]
    present = {column: plan for plan, column in wanted.items() if column in known}
    aside = {c: f"{c}_file" for c in known if c in wanted and c not in present}
    frame = frame.rename(columns={**aside, **present})
    return frame.rename_geometry(
        "geometry"
    ) if frame.geometry.name != "geometry" else frame, problems


def missing_column(column: str, known: Sequence[str], where: str, plan: str) -> Problem:
    """Say that a column is not there and which one may be meant."""
    # A shapefile cuts names at 10 bytes, so the beginning may be all that is left.
    near = suggest(column, known) or next(
        (k for k in known if len(k) > 1 and column.startswith(k)), None
    )
    listed = some(known, 20)
    hint = Text(f"did you mean '{near}'? ", f"是否为 '{near}'?") if near else Text("", "")
    return Problem(
        Text(f"column '{column}' ({plan}) is missing", f"缺少字段 '{column}'({plan})"),
        where,
        remedy=Text(f"{hint.en}columns: {listed}", f"{hint.zh}字段有：{listed}"),
        code="missing-column",
    )


def bring(
    frame: gpd.GeoDataFrame, crs: str | None, to_crs: Any, where: str, metres: bool, *,
    sound: bool, datum: str | None = None,
) -> tuple[gpd.GeoDataFrame, str | None, list[Problem], list[Finding]]:  # fmt: skip
    """Settle the CRS of the file and bring the layer to the one that is asked for."""
    import numpy as np
    from pyproj import CRS

    findings: list[Finding] = []
    own = frame.crs
    if crs is not None:
        stated, problems = systems.parse_crs(crs, where)
        if problems:
            return frame, systems.crs_text(own), problems, []
        if own is not None and not systems.same_crs(own, stated):
            findings.append(systems.overridden(own, stated, where))
        own, frame = stated, frame.set_crs(stated, allow_override=True)
    if own is None:
        return frame, None, [systems.no_crs(where)], []
    declared = systems.crs_text(own)
    target = own if to_crs is None else CRS.from_user_input(to_crs)
    old = systems.no_way(own, target, where)
    placed: list[Problem] = [old] if old else [*inspect_place(frame, where)]
    if placed:
        return frame, declared, placed, findings
    if datum in BACK and sound:
        frame, remark = unshift(frame, datum, where)
        own, findings = frame.crs, [*findings, remark]
        target = own if to_crs is None else target
    problems = [p for p in [systems.not_metres(target, where) if metres else None] if p]
    if problems or not sound or systems.same_crs(own, target):
        return frame, declared, problems, findings
    moved = frame.to_crs(target)
    lost = ~np.isfinite(moved.geometry.bounds.to_numpy()).all(axis=1)
    if lost.any():
        problems.append(_outside(int(lost.sum()), own, target, where))
    return moved, declared, problems, findings


def _outside(count: int, own: Any, target: Any, where: str) -> Problem:
    a, b = systems.name_of(own), systems.name_of(target)
    return Problem(
        Text(
            f"{count} features cannot be brought from {a} to {b}",
            f"{count} 个要素无法由 {a} 转换到 {b}",
        ),
        where,
        measured=count,
        limit=0,
        remedy=Text(
            "the coordinates do not belong to the stated CRS; check crs",
            "坐标与所声明的坐标系不符；请检查 crs",
        ),
        code="outside-crs",
    )


def _no_rows(where: str, role: str) -> Problem:
    return Problem(
        Text(f"the layer has no features ({role})", f"图层中没有要素（{role}）"),
        where,
        remedy=Text("check that it is the right layer", "请检查图层是否正确"),
        code="no-features",
    )


def no_raster(path: Path) -> Problem | None:
    """Say that a file of shapes stands where a raster of classes must, and the way to one."""
    try:
        list_layers(path)
    except InputError:
        return None
    return Problem(
        Text("is a layer of shapes; land use is read from a raster of classes",
             "是矢量图层；用地现状须为地类代码栅格"), str(path), code="not-a-raster",
        remedy=Text("turn it into one (QGIS: Rasterize; gdal_rasterize -a FIELD -tr 10 10 -ot Byte "
                    "-a_nodata 0 IN OUT.tif), with pixels finer than its parcels",
                    "请转为栅格（QGIS：矢量栅格化；gdal_rasterize -a 字段 -tr 10 10 -ot Byte "
                    "-a_nodata 0 输入 输出.tif），像元应小于图斑"),
    )  # fmt: skip


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        Problem(
            Text(f"the file cannot be read: {error}", f"文件无法读取：{error}"),
            str(path),
            remedy=Text(
                "open it in QGIS and save it as GeoPackage", "请在 QGIS 中打开并另存为 GeoPackage"
            ),
            code="unreadable-file",
        )
    )
