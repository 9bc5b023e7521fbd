"""A plan in the formats that other offices ask for.

``gdb`` (Esri file geodatabase), ``shp`` (shapefile in GBK or UTF-8), ``geojson`` (RFC 7946),
``fgb`` (FlatGeobuf), ``parquet`` (GeoParquet), ``kml``, ``gpkg`` and ``csv`` (a file for each
layer), ``postgis``, ``qgis`` (GeoPackage and project), and ``official``, the layers and fields of
the planning database. What a format cannot hold is written down in ``docs/exchange.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base.staged import staged
from zoning.errors import InputError, meant, suggest
from zoning.outputs.exchange import files, gdb, shapefile
from zoning.outputs.exchange.contents import Contents, contents
from zoning.outputs.folder import inputs_of
from zoning.outputs.qgis import geopackage

if TYPE_CHECKING:
    from zoning.plan import Plan

__all__ = ["FORMATS", "write"]

_WRITERS: dict[str, Callable[[Contents, Path], None]] = {
    "gdb": gdb.write,
    "geojson": files.write_geojson,
    "fgb": files.write_flatgeobuf,
    "parquet": files.write_parquet,
    "kml": files.write_kml,
    "gpkg": files.write_geopackages,
    "csv": files.write_csv,
}
#: What ``zoning export --to`` takes.
FORMATS = (
    "qgis", "gdb", "shp", "geojson", "fgb", "parquet", "kml", "gpkg", "csv", "postgis", "official",
)  # fmt: skip
#: Formats that hold a whole plan or none of it.
_WHOLE = ("qgis", "official")


def write(
    plan: Plan,
    to: str,
    folder: str | Path | None = None,
    *,
    lang: str | None = None,
    encoding: str = "GBK",
    url: str | None = None,
    schema: str = "zoning",
    only: Sequence[str] = (),
) -> list[Path]:
    """Write a plan in another format.

    Parameters
    ----------
    plan : Plan
    to : str
        One of :data:`FORMATS`.
    folder : str or Path, optional
        Where files go; they lie in a folder of the format's name (``gdb``: ``plan.gdb``,
        ``qgis``: ``plan.gpkg`` and ``plan.qgz``). Not used for ``postgis``.
    lang : {"zh", "en"}, optional
        Language of names; by default that of the plan.
    encoding : {"GBK", "UTF-8"}
        Text of shapefiles.
    url : str, optional
        Database for ``postgis``, such as ``postgresql+psycopg://user@host/name``.
    schema : str
        Schema of that database; only what we wrote there before is replaced.
    only : sequence of str
        Layers and tables to write; by default all. Not for ``qgis`` and ``official``.

    Returns
    -------
    list of Path
        What was written, sorted; empty for ``postgis``.

    Raises
    ------
    InputError
        If the format or a layer is not known, a place is missing, or a text does not fit the
        encoding.
    """
    lang = lang or plan.config.plan.lang
    if to not in FORMATS:
        raise _unknown(to)
    if only and to in _WHOLE:
        raise InputError.one(
            f"'{to}' is written as a whole", f"“{to}”只能整体输出", where="--layer", code="usage",
            remedy=("take --to gpkg or --to csv for one layer",
                    "单个图层请用 --to gpkg 或 --to csv"),
        )  # fmt: skip
    if to == "postgis":
        from zoning.outputs.exchange import postgis

        postgis.write(_chosen(plan, lang, only), url, schema)
        return []
    if folder is None:
        raise InputError.one(
            f"'{to}' needs a folder", f"“{to}”需要指定输出文件夹", where="folder", code="no-folder"
        )
    place = Path(folder)
    if to == "qgis":
        from zoning.outputs.qgis import project

        with staged(place, last=(), inputs=inputs_of(plan)) as stage:
            data = geopackage.write(plan, stage / "plan.gpkg", lang)
            project.write(plan, stage / "plan.qgz", lang, data)
        return [place / "plan.gpkg", place / "plan.qgz"]
    if to == "official":
        from zoning.outputs.exchange import official

        return official.write(plan, place / "official", lang)
    if to == "gdb":
        target = place / "plan.gdb"
        gdb.check_place(target)
        with staged(place, last=(), inputs=inputs_of(plan)) as stage:
            gdb.write(_chosen(plan, lang, only), stage / target.name)
        return [target]
    target = place / to
    with staged(target, last=("fields.csv",), inputs=inputs_of(plan)) as stage:
        if to == "shp":
            shapefile.write(_chosen(plan, lang, only), stage, encoding)
        else:
            _WRITERS[to](_chosen(plan, lang, only), stage)
        names = sorted(p.name for p in stage.iterdir())
    return [target / name for name in names]


def _chosen(plan: Plan, lang: str, only: Sequence[str]) -> Contents:
    """Gather what is written: everything, or the layers and tables that were asked for."""
    everything = contents(plan, lang)
    return everything.only(only) if only else everything


def _unknown(to: str) -> InputError:
    near, known = suggest(to, FORMATS), ", ".join(FORMATS)
    error = InputError.one(
        f"unknown format '{to}' (known: {known})", f"未知的格式“{to}”（可用：{known}）",
        where="--to", code="unknown-format",
        remedy=meant(near),
    )  # fmt: skip
    return InputError(error.problems)
