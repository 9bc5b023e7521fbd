"""The public door: one function per command, and the `Plan` that answers questions itself.

The command line, notebooks, scripts and servers call only this room. Its functions return values
and raise `zoning.errors.ZoningError`; none of them prints, asks or keeps a setting. Where a plan
is asked for, its folder will do.

=====================  =============================================================
make a plan            `demo`, `init`, `check`, `run`, `load`; `batch` makes many
look at data           `inspect` any file; `mend` writes repaired copies; `write_findings`
units alone            `grid`
ask a plan             `explain`, `stability`, `allocate`, `price`, `methods`, `verify`
ask about a place       `site`
compare plans          `diff`
write files            `map`, `report`, `sheets`, `export`, `write_prices`
many plans of a land   `audit`
policies               `policy`, `policies`, `check_policy`, `write_policy`
work without a plan    `evaluate`, `integrate`, `roles`, `solve`
other programs         `qgis`, `open`
=====================  =============================================================

Examples
--------
>>> from zoning import api
>>> sorted(set(api.COMMANDS) - set(api.__all__))
[]
"""

from typing import TYPE_CHECKING

#: Commands, each with a function of the same name.
COMMANDS = (
    "demo", "init", "check", "run", "batch", "grid", "explain", "stability", "allocate", "price",
    "methods", "site", "verify", "diff", "map", "report", "export", "evaluate", "solve", "policy",
    "audit",
    "qgis", "open",
)  # fmt: skip
#: Formats of `report`.
REPORTS = ("docx", "pdf")
#: Formats that `export` writes; the last three hold the question of the allocation, not the plan.
FORMATS = (
    "qgis", "gdb", "shp", "geojson", "fgb", "parquet", "kml", "gpkg", "csv", "postgis", "official",
    "decisions", "mps", "lp", "marxan",
)  # fmt: skip

__all__ = [
    "COMMANDS", "FORMATS", "REPORTS", "Alternatives", "Batch", "Changes", "MethodComparison",
    "Plan", "QgisPlugin", "Stability", "Units", "allocate", "alternatives", "audit", "batch",
    "cap_range", "check", "check_policy", "demo", "diff", "evaluate", "explain", "export",
    "grid", "init", "inspect", "integrate", "joined", "load", "map", "mend", "methods", "open",
    "policies", "policy", "policy_rows", "price", "qgis", "report", "roles", "run", "sheets",
    "site", "solve", "stability", "target_file", "unit_losses", "verify", "watching",
    "with_losses", "write_findings", "write_policy", "write_prices", "write_slips",
    "write_table",
]  # fmt: skip

if TYPE_CHECKING:
    from zoning.api.asking import MethodComparison, allocate, explain, methods, price, verify
    from zoning.api.auditing import audit
    from zoning.api.firm import Stability, stability
    from zoning.api.inspecting import inspect, mend, write_findings
    from zoning.api.making import check, demo, init, load, run
    from zoning.api.many import Batch, batch
    from zoning.api.plan import Plan
    from zoning.api.policy_files import (
        check_policy,
        joined,
        policies,
        policy,
        policy_rows,
        write_policy,
    )
    from zoning.api.programs import QgisPlugin, open, qgis
    from zoning.api.several import Alternatives, alternatives, cap_range, unit_losses, with_losses
    from zoning.api.sites import site, write_slips
    from zoning.api.units import Units, grid
    from zoning.api.versions import Changes, diff
    from zoning.api.without import evaluate, integrate, roles, solve, target_file, watching
    from zoning.api.writing import export, map, report, sheets, write_prices, write_table
else:
    _ROOMS = {
        "asking": ("MethodComparison", "allocate", "explain", "methods", "price", "verify"),
        "auditing": ("audit",),
        "firm": ("Stability", "stability"),
        "inspecting": ("inspect", "mend", "write_findings"),
        "many": ("Batch", "batch"),
        "making": ("check", "demo", "init", "load", "run"),
        "plan": ("Plan",),
        "policy_files": (
            "check_policy",
            "joined",
            "policies",
            "policy",
            "policy_rows",
            "write_policy",
        ),
        "programs": ("QgisPlugin", "open", "qgis"),
        "several": ("Alternatives", "alternatives", "cap_range", "unit_losses", "with_losses"),
        "sites": ("site", "write_slips"),
        "units": ("Units", "grid"),
        "versions": ("Changes", "diff"),
        "without": ("evaluate", "integrate", "roles", "solve", "target_file", "watching"),
        "writing": ("export", "map", "report", "sheets", "write_prices", "write_table"),
    }
    _HOME = {name: room for room, names in _ROOMS.items() for name in names}

    def __getattr__(name):
        """Open the room of a name when it is first used: the command line starts quickly."""
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
