"""How firm a plan is: other weights and thresholds, an indicator less, another grid, clusters.

`run` draws weights and thresholds; `grid_stability` moves the lattice; `cross_check` lets
clustering, which knows nothing of matrices, class the same townships.
"""

from zoning.questions.stability.clusters import CrossCheck, cross_check
from zoning.questions.stability.doubts import Doubts, doubts
from zoning.questions.stability.draws import Draws, leave_one_out, perturbed_zones
from zoning.questions.stability.lattice import GridStability, Shift, grid_stability
from zoning.questions.stability.opinions import Acceptability, opinions, smaa, topsis
from zoning.questions.stability.run import StabilityResult, run
from zoning.questions.stability.screening import Sensitivity, screen

__all__ = [
    "Acceptability",
    "CrossCheck",
    "Doubts",
    "Draws",
    "GridStability",
    "Sensitivity",
    "Shift",
    "StabilityResult",
    "cross_check",
    "doubts",
    "grid_stability",
    "leave_one_out",
    "opinions",
    "perturbed_zones",
    "run",
    "screen",
    "smaa",
    "topsis",
]
