"""A plan in the formats that other offices ask for.

``gdb`` (Esri file geodatabase), ``shp`` (shapefile in GBK or UTF-8), ``geojson`` (RFC 7946),
``fgb`` (FlatGeobuf), ``parquet`` (GeoParquet), ``postgis``, ``qgis`` (GeoPackage and project), and
``official``, the layers and fields of the planning database. What a format cannot hold is written
down in ``docs/exchange.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base.staged import staged
from zoning.errors import InputError, suggest
from zoning.outputs.exchange import files, gdb, shapefile
from zoning.outputs.exchange.contents import Contents, contents
from zoning.outputs.qgis import geopackage

if TYPE_CHECKING:
    from zoning.plan import Plan

__all__ = ["FORMATS", "write"]

_WRITERS: dict[str, Callable[[Contents, Path], None]] = {
    "gdb": gdb.write,
    "geojson": files.write_geojson,
    "fgb": files.write_flatgeobuf,
    "parquet": files.write_parquet,
}
#: What ``zoning export --to`` takes.
FORMATS = ("qgis", "gdb", "shp", "geojson", "fgb", "parquet", "postgis", "official")


def write(
    plan: Plan,
    to: str,
    folder: str | Path | None = None,
    *,
    lang: str | None = None,
    encoding: str = "GBK",
    url: str | None = None,
    schema: str = "zoning",
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
        Schema of that database; its tables of the same names are replaced.

    Returns
    -------
    list of Path
        What was written, sorted; empty for ``postgis``.

    Raises
    ------
    InputError
        If the format is not known, a place is missing, or a text does not fit the encoding.
    """
    lang = lang or plan.config.plan.lang
    if to not in FORMATS:
        raise _unknown(to)
    if to == "postgis":
        from zoning.outputs.exchange import postgis

        postgis.write(contents(plan, lang), url, schema)
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
            gdb.write(contents(plan, lang), stage / target.name)
        return [target]
    target = place / to
    with staged(target, last=("fields.csv",), inputs=inputs_of(plan)) as stage:
        if to == "shp":
            shapefile.write(contents(plan, lang), stage, encoding)
        else:
            _WRITERS[to](contents(plan, lang), stage)
        names = sorted(p.name for p in stage.iterdir())
    return [target / name for name in names]


def inputs_of(plan: Plan) -> list[str]:
    """Give the files that a plan was made from, as far as their paths are known."""
    return [str(i["path"]) for i in plan.run.get("inputs", ()) if i.get("path")]


def _unknown(to: str) -> InputError:
    near, known = suggest(to, FORMATS), ", ".join(FORMATS)
    error = InputError.one(
        f"unknown format '{to}' (known: {known})", f"未知的格式“{to}”(可用:{known})",
        where="--to", code="unknown-format",
        remedy=(f"did you mean '{near}'?", f"是否为“{near}”?") if near else None,
    )  # fmt: skip
    return InputError(error.problems)
