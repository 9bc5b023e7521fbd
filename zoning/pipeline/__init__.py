"""The one place where the order of steps is written: from plan.toml to a plan."""

from zoning.pipeline.clock import STEPS, Progress
from zoning.pipeline.steps import rehearse, run

__all__ = ["STEPS", "Progress", "rehearse", "run"]
