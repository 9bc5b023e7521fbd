"""Double evaluation (双评价): ecological importance, suitability for farming and for towns.

One direction everywhere: **suitability 1 = best suited ... 5 = unsuited; ecological importance
5 = most important, 3 = important, 1 = the rest**. Unknown is 255, never 0.

Preset A follows the guide of 2020, preset B the drafts of 2019; both are data
(``data/evaluation``). `town`, `agriculture` and `ecology` turn rasters into a raster of classes;
`suitability`, `importance` and what they stand on (`tables`, `terrain`, `patches`, `processes`,
`hazards`, `carrying`) work on arrays. `integrate` reads the three results together: what comes
first, what contradicts, what is left.
"""

from zoning.evaluation.ecological import importance
from zoning.evaluation.integration import Integration, integrate, load_rules
from zoning.evaluation.loading import load_preset
from zoning.evaluation.presets import Preset
from zoning.evaluation.run import Result, agriculture, ecology, town
from zoning.evaluation.suited import suitability
from zoning.evaluation.tables import NODATA, classify, combine, correct, worst

__all__ = [
    "NODATA",
    "Integration",
    "Preset",
    "Result",
    "agriculture",
    "classify",
    "combine",
    "correct",
    "ecology",
    "importance",
    "integrate",
    "load_preset",
    "load_rules",
    "suitability",
    "town",
    "worst",
]
