"""The one place where the order of steps is written: from plan.toml to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoning.pipeline.clock import STEPS, Progress
    from zoning.pipeline.steps import rehearse, run
else:
    _HOME = {"STEPS": "clock", "Progress": "clock", "rehearse": "steps", "run": "steps"}

    def __getattr__(name):
        """Open the steps when they are first asked for: a question needs the method alone."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


__all__ = ["STEPS", "Progress", "rehearse", "run"]
