"""Functions that look at data: any file without a plan, and repaired copies of a plan's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.places import plan_of
from zoning.api.speech import chosen
from zoning.errors import Finding, InputError

if TYPE_CHECKING:
    from zoning.inputs.alone import Looked


def inspect(*files: str | Path) -> Looked:
    """Look at files without a plan: what is in them, and what is likely wrong.

    Parameters
    ----------
    *files : str or Path
        Polygon layers (``FILE`` or ``FILE:layer``), tables and rasters, or folders of them. Layers
        of one place are held against one another, and against the installed outlines of the
        counties they name.

    Returns
    -------
    Looked
        ``facts``, a dict for each layer; ``findings``, the worst first; ``ok``.

    Raises
    ------
    InputError
        If a file does not exist. What is wrong *in* files is a finding.

    Examples
    --------
    >>> from zoning import api
    >>> from zoning.base.shipped import data_path
    >>> seen = api.inspect(data_path("redlines", "zhenjiang.gpkg"))
    >>> seen.ok, seen.facts[0]["crs"]
    (True, 'EPSG:4549')
    """
    from zoning.inputs.alone import look

    return look(files)


def mend(plan: str | Path, out: str | Path) -> list[Finding]:
    """Write repaired copies of a plan's files, and a plan.toml beside them that names them.

    Nothing is guessed: a zone number in front of the easting, swapped axes, a stray vertex,
    invalid and closed rings, repeated rows, sums among rows, numbers written as text and markers
    of "not known" are put right; a web-map shift, another legend or a gap are not.

    Parameters
    ----------
    plan : str or Path
        A plan.toml, or its folder.
    out : str or Path
        A new or empty folder for the copies. The planner's files are never touched.

    Returns
    -------
    list of Finding
        What was done, each with the values before and after.

    Raises
    ------
    InputError
        If plan.toml cannot be read, or ``out`` holds files already.
    """
    from zoning.base.staged import recover, staged
    from zoning.inputs.repair.plan import mend_plan
    from zoning.planfile import load

    path, folder = plan_of(plan), Path(out)
    if folder.is_dir():
        recover(folder)
    if folder.exists() and any(folder.iterdir()):
        raise InputError.one(
            "the folder is not empty", "文件夹非空", where=str(folder), code="exists",
            remedy=("name a new folder for the copies", "请为副本另指定新文件夹"),
        )  # fmt: skip
    config = load(path)
    with staged(folder, last=("plan.toml",), foreign="refuse", listing=None) as stage:
        return mend_plan(config, path, folder, stage)


def write_findings(
    path: str | Path, findings: Sequence[Finding], shapes: Mapping[str, Any] | None = None,
    lang: str = "zh", *, inputs: Sequence[str | Path] = (),
) -> Path:  # fmt: skip
    """Write findings and their places: a page, a table, or a layer of points.

    Parameters
    ----------
    path : str or Path
        ``.html``: one page with a map, no network. ``.csv``, ``.gpkg`` or ``.geojson``: one row
        for each place with level, code, file, layer, row, value, longitude and latitude (WGS84),
        measured, limit and remedy, to be worked off in a spreadsheet or a GIS.
    findings : sequence of Finding
    shapes : mapping, optional
        Outlines to draw on a page: name -> GeoSeries.
    lang : {"zh", "en"}
    inputs : sequence of str or Path, optional
        What was looked at: it is never written over.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If the place cannot be written, or holds a file that is none of ours.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from zoning import api
    >>> from zoning.base.shipped import data_path
    >>> seen = api.inspect(data_path("redlines", "zhenjiang.gpkg"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     api.write_findings(pathlib.Path(folder, "places.csv"), seen.findings).name
    'places.csv'
    """
    from zoning.base.staged import beside
    from zoning.outputs import findings_layer, findings_map

    target, lang = Path(path), chosen(lang, "zh")
    kind = target.suffix.lower()
    if kind not in (".html", *findings_layer.FORMS):
        forms = " ".join((".html", *findings_layer.FORMS))
        raise InputError.one(
            f"findings are not written as '{kind or target.name}'",
            f"检查结果不能写成“{kind or target.name}”", where=str(target), code="usage",
            remedy=(f"forms: {forms}", f"可用格式：{forms}"),
        )  # fmt: skip
    with beside(target, inputs) as new:
        if kind == ".html":
            findings_map.write(new, findings, shapes or {}, lang)
        else:
            findings_layer.write(new, findings, lang)
    return target


def outlines(plan: Path) -> dict[str, Any]:
    """Read the boundary that a plan.toml names, for a page of findings; empty if it cannot be."""
    from zoning.planfile import load

    try:
        boundary = load(plan).inputs.boundary
        return {} if boundary is None else inspect(plan.parent / boundary.path).shapes
    except InputError:
        return {}
