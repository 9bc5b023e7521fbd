"""Lines that lie over the units: the city, counties, townships and red lines, with their cards."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.base import words
from zoning.base.names import called, syllables
from zoning.inputs.crs import to_degrees
from zoning.outputs.webmap.packing import pack_shapes

#: Most points of a layer (our choice: a page of 1.8 MB with room to spare); above, lines are
#: simplified for the screen.
MAX_POINTS = 120_000
_FIRST_TOLERANCE_M = 2.0
#: Beyond this the eye no longer finds the place; what is left then is what there is.
_COARSEST_M = 3000.0
#: Shapes that tell where to begin.
_SAMPLE = 50

#: What hangs on an area, in the table of the areas.
HANGING = ("units_touched", "units_changed", "kept_m2")
#: What the card of a township may show, where the table has it.
TOWNSHIP_CARD = (
    "name", "county", "county_name", "zone", "area_m2", "built_m2", "free_m2", "new_m2",
    "farmland_m2", "redline_m2", "built_share", "redline_share", "constraint", "guidance",
    "intensity", "constraint_grade", "guidance_grade", "intensity_grade", "suitability_grade",
    "rule", "runner_up", "margin", "flip", "flip_zh", "flip_en", "status", "zone_reason",
    "stability", "why_zh", "why_en",
)  # fmt: skip
COUNTY_CARD = (
    "name", "area_m2", "built_m2", "free_m2", "new_m2", "farmland_m2", "redline_m2",
)  # fmt: skip
REDLINE_CARD = (
    "area_code", "name", "type", "level", "area_m2", "published_m2", "status",
    "boundary_status", "source", "source_year", *HANGING,
)  # fmt: skip
#: All columns that cards name.
CARDS = tuple(sorted({*TOWNSHIP_CARD, *COUNTY_CARD, *REDLINE_CARD}))


def pack_layers(plan: Any) -> dict[str, Any]:
    """Pack all line layers that the plan has.

    Returns
    -------
    dict
        Layer name to ``{"codes", "rows", "shapes", "tolerance_m"}``; ``rows`` are plain values,
        None where missing.
    """
    layers = {"city": _layer(plan.city, ())}
    if plan.counties is not None:
        layers["counties"] = _layer(
            _with_new(plan.counties, plan, "county"), COUNTY_CARD, named=True
        )
    if plan.townships is not None:
        layers["townships"] = _layer(
            _with_new(plan.townships, plan, "township"), TOWNSHIP_CARD, named=True
        )
    if plan.redlines is not None and len(plan.redlines):
        layers["redlines"] = _layer(_with_hanging(plan), REDLINE_CARD, kind="protections")
        layers["redlines"]["types"] = {
            code: {"zh": word.zh, "en": word.en}
            for code, word in words.values("type").items()
            if (plan.redlines["type"] == code).any()
        }
        layers["redlines"]["sources"] = _sources(plan.redlines)
    return layers


def town_rows(plan: Any) -> list[dict[str, Any]] | None:
    """Give code, names and zone of each township; None where the plan has none."""
    towns = plan.townships
    if towns is None:
        return None
    zones = towns["zone"] if "zone" in towns else [None] * len(towns)
    names = towns["name"] if "name" in towns else [None] * len(towns)
    english = latin(towns, "places").get("english", [None] * len(towns))
    return [
        {"code": str(code), "name": plain(name), "name_en": en, "zone": plain(zone)}
        for code, name, en, zone in zip(towns.index, names, english, zones, strict=True)
    ]


def _with_new(places: Any, plan: Any, key: str) -> Any:
    """Put new land beside places whose table does not say it, summed over the pieces."""
    if "new_m2" in places or plan.pieces is None or "new_m2" not in plan.pieces:
        return places
    sums = plan.pieces.groupby(key, observed=True)["new_m2"].sum()
    return places.assign(new_m2=sums.reindex(places.index, fill_value=0))


def _with_hanging(plan: Any) -> Any:
    """Put beside red lines what would be otherwise without each of them, where it is known."""
    table = plan.tables.get("redline_areas")
    columns = () if table is None else [c for c in HANGING if c in table]
    found = {c: plan.redlines["area_code"].map(table.set_index("area_code")[c]) for c in columns}
    return plan.redlines.assign(**found)


def _sources(frame: Any) -> dict[str, dict[str, str]]:
    """Give the sources that are known in both languages, by what the rows say."""
    told = frame["source"].dropna().unique() if "source" in frame else ()
    both = {str(t): {"zh": words.source(str(t)), "en": words.source(str(t), "en")} for t in told}
    return {text: pair for text, pair in both.items() if pair["zh"] != text}


def latin(frame: Any, kind: str) -> dict[str, Any]:
    """Give names in English and their readings, sign by sign, for people who type letters."""
    if "name" not in frame:
        return {}
    return {
        "english": called(frame, "en", kind),
        "readings": [" ".join(syllables(n)) for n in called(frame, "zh")],
    }


def _layer(
    frame: Any, card: tuple[str, ...], *, named: bool = False, kind: str = "places"
) -> dict[str, Any]:
    shapes, tolerance = fit(frame.geometry.array, MAX_POINTS)
    lonlat = degrees(shapes, frame.crs)
    columns = [c for c in card if c in frame]
    layer = {
        "codes": [str(i) for i in frame.index],
        "columns": columns,
        "rows": [[plain(v) for v in row] for row in frame[columns].itertuples(index=False)],
        **latin(frame, kind),
        "shapes": pack_shapes(lonlat.array),
        "tolerance_m": tolerance,
    }
    if named:
        layer["anchors"] = anchors(shapes, frame.crs)
    return layer


def anchors(shapes: Any, crs: Any) -> list[list[float] | None]:
    """Give the place of a name: the middle of the largest circle inside a shape, in degrees."""
    full = [i for i, s in enumerate(shapes) if s is not None and not s.is_empty]
    middle = degrees([_middle(shapes[i]) for i in full], crs)
    found: list[list[float] | None] = [None] * len(shapes)
    for i, x, y in zip(full, middle.x, middle.y, strict=True):
        found[i] = [round(float(x), 5), round(float(y), 5)]
    return found


def _middle(shape: Any) -> Any:
    import shapely
    from shapely.ops import polylabel

    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    if not largest.is_valid:
        return largest.representative_point()
    # A hundredth of its width is close enough for a name.
    return polylabel(largest, max(largest.envelope.length / 400, 1.0))


def degrees(shapes: Any, crs: Any) -> Any:
    """Bring shapes to longitude and latitude."""
    import geopandas as gpd
    import shapely

    turned = shapely.transform(np.asarray(shapes), to_degrees(crs).transform, interleaved=False)
    return gpd.GeoSeries(turned, crs="EPSG:4326")


def fit(shapes: Any, most: int) -> tuple[npt.NDArray[np.object_], float]:
    """Simplify shapes until they have at most ``most`` points together.

    Returns
    -------
    shapes, tolerance_m : array, float
        The tolerance is 0 where nothing was simplified.

    Examples
    --------
    >>> import shapely
    >>> disc = shapely.Point(0, 0).buffer(1000, quad_segs=500)
    >>> int(shapely.get_num_coordinates(disc)), fit([disc], 100)[1]
    (2001, 2.0)
    """
    import shapely

    exact = np.asarray(shapes, dtype=object)
    if shapely.get_num_coordinates(exact).sum() <= most:
        return exact, 0.0
    tolerance = _FIRST_TOLERANCE_M
    # A part of the shapes tells about where to begin.
    some = exact[:: max(1, len(exact) // _SAMPLE)]
    share = shapely.get_num_coordinates(some).sum() / shapely.get_num_coordinates(exact).sum()
    while tolerance <= _COARSEST_M and _points(some, tolerance) > most * share:
        tolerance *= 2
    # The plain method leaves nearly as many points, in a fraction of the time.
    rough = shapely.simplify(exact, tolerance, preserve_topology=False)
    while tolerance > _FIRST_TOLERANCE_M:
        finer = shapely.simplify(exact, tolerance / 2, preserve_topology=False)
        if shapely.get_num_coordinates(finer).sum() > most:
            break
        rough, tolerance = finer, tolerance / 2
    while shapely.get_num_coordinates(rough).sum() > most and tolerance <= _COARSEST_M:
        tolerance *= 2
        rough = shapely.simplify(exact, tolerance, preserve_topology=False)
    # Where it leaves no proper polygon the careful method does.
    bent = ~shapely.is_valid(rough) | shapely.is_empty(rough)
    rough[bent] = shapely.simplify(exact[bent], tolerance)
    return rough, tolerance


def _points(shapes: Any, tolerance: float) -> int:
    """Count the points that simple shapes keep."""
    import shapely

    simple = shapely.simplify(shapes, tolerance, preserve_topology=False)
    return int(shapely.get_num_coordinates(simple).sum())


def plain(value: Any) -> Any:
    """Turn one cell of a table into plain data for the page.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> plain(np.int64(3)), plain(pd.NA), plain(0.123456789)
    (3, None, 0.123457)
    """
    import pandas as pd

    if value is None or (not isinstance(value, (list, tuple, dict)) and pd.isna(value)):
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(value)
        return float(f"{number:.6g}") if np.isfinite(number) else None
    return str(value)
