"""The one place where the order of steps is written: from plan.toml to a plan."""

from zoning.pipeline.steps import STEPS, Progress, rehearse, run

__all__ = ["STEPS", "Progress", "rehearse", "run"]
