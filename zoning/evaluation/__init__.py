"""Double evaluation (双评价): ecological importance, suitability for farming and for towns.

One direction everywhere: a grade is more of what its name says. Ecological importance 5 is
extremely important, suitability 5 is best, 0 is unknown. (Sources count classes from 1 = best; that
stays inside, in ``data/evaluation``.)

`preset_a` follows the guide of 2020, `preset_b` the drafts of 2019; `patches` grades how
concentrated land is; `processes` holds the formulas behind ecological services; `streams` runs any
of them over rasters in blocks.
"""

from zoning.evaluation.patches import patch_areas, reock
from zoning.evaluation.preset_a import ecology, farming_a, retention_cuts, town_a
from zoning.evaluation.preset_b import farming_b, soil_class, town_b
from zoning.evaluation.streams import stream

__all__ = [
    "ecology",
    "farming_a",
    "farming_b",
    "patch_areas",
    "reock",
    "retention_cuts",
    "soil_class",
    "stream",
    "town_a",
    "town_b",
]
