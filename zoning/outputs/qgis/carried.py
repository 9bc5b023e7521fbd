"""Layers that somebody put into plan.gpkg: they stay when the plan is written again.

Tables without geometry are no layers: a plan that is read takes each for one of its own. They stay
in the file that is kept aside.
"""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path

from zoning.base.heard import tell
from zoning.errors import Finding, InputError, Text
from zoning.outputs.qgis.geopackage import gdal_options, layers, written_at


def carry(folder: Path, new: Path) -> list[str]:
    """Put the layers that are none of ours from the old plan.gpkg into the new one.

    Parameters
    ----------
    folder : Path
        Of the plan that is there.
    new : Path
        The file that takes the place of its plan.gpkg.

    Returns
    -------
    list of str
        Names of what was carried over, sorted; each is told as a note.
    """
    old = folder / "plan.gpkg"
    there = _named(old)
    if not there - _named(new):
        return []
    from zoning import store

    try:
        plan = store.load(folder)
    except InputError:
        return []  # what is ours cannot be told; the old file is kept aside as a whole
    theirs = sorted(there - _named(new) - layers(plan).keys() - {"units_clipped"})
    for name in theirs:
        _copy(old, new, name)
    if theirs:
        listed = ", ".join(theirs)
        tell(Finding(
            Text(f"layers of yours stay in plan.gpkg: {listed}",
                 f"plan.gpkg 中您自己的图层已保留：{listed}"),
            str(folder / "plan.gpkg"), measured=len(theirs), code="layers-kept", level="note",
        ))  # fmt: skip
    return theirs


def _named(path: Path) -> set[str]:
    """Name the layers of a GeoPackage; nothing where it cannot be read."""
    if not path.is_file():
        return set()
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return {str(name) for (name,) in db.execute(
                "SELECT table_name FROM gpkg_contents WHERE data_type = 'features'")}  # fmt: skip
    except sqlite3.Error:
        return set()


def _copy(old: Path, new: Path, name: str) -> None:
    """Copy one layer with all its columns."""
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = pyogrio.read_dataframe(old, layer=name)
        with gdal_options({"OGR_CURRENT_DATE": written_at()}):
            pyogrio.write_dataframe(frame, new, layer=name, driver="GPKG")
