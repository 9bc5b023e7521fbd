"""Main-functional-zone planning (主体功能区规划): from boundaries and land use to a plan.

Start with `run` (or `demo`, or `load`), which give a `Plan`; `zoning.api` has one function per
command. The rooms of the package, from the ground up, are listed in ``docs/architecture.md``; a
room imports only from rooms that stand before it. Nothing heavy is imported here, so that the
command line starts quickly; names open their room when they are first used.

Examples
--------
>>> import zoning as zn
>>> zn.demo.__module__
'zoning.api.making'
>>> zn.laod
Traceback (most recent call last):
AttributeError: module 'zoning' has no attribute 'laod'. Did you mean: 'load'?
"""

from typing import TYPE_CHECKING

__version__ = "0.2.0"

__all__ = [
    "GridSpec", "InfeasibleError", "InputError", "Plan", "ZoningError", "allocate", "api",
    "audit", "batch", "check", "demo", "diff", "evaluate", "explain", "export", "init",
    "inspect", "load", "map", "mend", "methods", "open", "price", "qgis", "report", "run",
    "site", "solve", "stability", "write_findings",
]  # fmt: skip

if TYPE_CHECKING:
    # Type checkers see plain functions and classes: a misspelt name is an error.
    from zoning import api as api
    from zoning.api import Plan as Plan
    from zoning.api import allocate as allocate
    from zoning.api import audit as audit
    from zoning.api import batch as batch
    from zoning.api import check as check
    from zoning.api import demo as demo
    from zoning.api import diff as diff
    from zoning.api import evaluate as evaluate
    from zoning.api import explain as explain
    from zoning.api import export as export
    from zoning.api import init as init
    from zoning.api import inspect as inspect
    from zoning.api import load as load
    from zoning.api import map as map
    from zoning.api import mend as mend
    from zoning.api import methods as methods
    from zoning.api import open as open
    from zoning.api import price as price
    from zoning.api import qgis as qgis
    from zoning.api import report as report
    from zoning.api import run as run
    from zoning.api import site as site
    from zoning.api import solve as solve
    from zoning.api import stability as stability
    from zoning.api import write_findings as write_findings
    from zoning.errors import InfeasibleError as InfeasibleError
    from zoning.errors import InputError as InputError
    from zoning.errors import ZoningError as ZoningError
    from zoning.grid.lattice import GridSpec as GridSpec
else:
    #: Names that do not come from `zoning.api`.
    _ROOMS = {
        "GridSpec": "zoning.grid.lattice", "InfeasibleError": "zoning.errors",
        "InputError": "zoning.errors", "ZoningError": "zoning.errors",
    }  # fmt: skip

    def __getattr__(name):
        """Open the room of a public name."""
        if name not in __all__:
            from difflib import get_close_matches

            near = get_close_matches(name, __all__, n=1)
            hint = f". Did you mean: {near[0]!r}?" if near else ""
            raise AttributeError(f"module 'zoning' has no attribute {name!r}{hint}")
        from importlib import import_module

        if name == "api":
            return import_module("zoning.api")
        return getattr(import_module(_ROOMS.get(name, "zoning.api")), name)

    def __dir__():
        return sorted({*globals(), *__all__})
