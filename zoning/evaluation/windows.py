"""One window of an evaluation: plain data that any engine can work, wherever it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.evaluation import ecological as eco
from zoning.evaluation.extent import Extent
from zoning.evaluation.layers import Stack, read_layers
from zoning.evaluation.presets import Preset
from zoning.evaluation.suited import suitability
from zoning.evaluation.tables import Classes

#: Column and row of a window's first cell, its width and height.
Job = tuple[int, int, int, int]


@dataclass(frozen=True)
class Task:
    """What all windows of an evaluation share.

    Attributes
    ----------
    rasters : mapping of role to path
    book : Preset
    purpose : str
    roles, derived : list of str
        Layers that are read, and those that follow from others.
    boundary : polygon or None
        In the CRS of the rasters.
    classes : DataFrame or None
        Class table of ``landuse``.
    cuts : mapping
        Of cumulative items.
    """

    rasters: Mapping[str, str | Path]
    book: Preset
    purpose: str
    roles: list[str]
    derived: list[str]
    boundary: Any = None
    classes: pd.DataFrame | None = None
    cuts: Mapping[str, tuple[float, float]] | None = None


def rate(task: Task, extent: Extent, window: Any) -> Classes:
    """Evaluate one window; the outside and water are unknown and counted by the extent."""
    layers = read_layers(extent.stack, task.book, task.roles, task.derived, window)
    if task.purpose == "ecology":
        classes = eco.importance(task.book, layers, dict(task.cuts or {}))
    else:
        classes = suitability(task.book, task.purpose, layers)
    return extent.cut(classes, window)


def work(task: Task, job: Job) -> tuple[Classes, int, int]:
    """Open the rasters, evaluate a window, and give it with its cells outside and of water."""
    from rasterio.windows import Window

    with Stack(task.rasters) as stack:
        extent = Extent(stack, task.boundary, task.classes)
        classes = rate(task, extent, Window(*job))
        return classes, extent.outside_cells, extent.water_cells
