"""Main-functional-zone planning (主体功能区规划): from boundaries and land use to a plan.

The rooms of the package, from the ground up, are listed in ``docs/architecture.md``; a room
imports only from rooms that stand before it. Nothing heavy is imported here, so that the command
line starts quickly; the names below open their room when they are first used.

Examples
--------
>>> import zoning
>>> sorted(zoning.__all__)[:3]
['GridSpec', 'Plan', 'Question']
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_DOORS = {
    "GridSpec": "zoning.grid",
    "Plan": "zoning.plan",
    "Question": "zoning.questions.answer",
    "ask": "zoning.questions.answer",
    "load": "zoning.store",
    "plot": "zoning.outputs.notebook",
    "price_list": "zoning.questions.answer",
    "show": "zoning.outputs.notebook",
}
__all__ = [*_DOORS]


def __getattr__(name: str) -> Any:
    """Open the room of a public name."""
    if name not in _DOORS:
        raise AttributeError(f"module 'zoning' has no attribute {name!r}")
    return getattr(import_module(_DOORS[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_DOORS])
