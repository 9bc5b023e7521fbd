"""``run.json`` of a plan folder: which files stand beside it, and what it is read as."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from zoning.errors import InputError, raise_all
from zoning.planfile.read import complete
from zoning.planfile.shape import problems

#: Version of the layout of ``run.json``.
FORMAT = 2
#: The files without which a folder is no plan.
NEEDED = ("run.json", "units.parquet", "ledger.parquet", "plan.gpkg")
#: The files that must be those of ``run.json``, byte for byte.
SEALED = ("units.parquet", "ledger.parquet")


def read_run(path: Path) -> dict[str, Any]:
    """Read ``run.json``; a newer layout is told before anything of it is read."""
    run = json.loads(path.read_text(encoding="utf-8"))
    form = run["format"]
    if not isinstance(form, int):
        raise TypeError(f"format is {str(form)[:40]!r}")
    if form > FORMAT:
        raise InputError.one(
            f"written by a newer version (format {form}, known up to {FORMAT})",
            f"由更新的版本写成（格式 {form}，本版本最高支持 {FORMAT}）", where=str(path),
            code="newer-format", measured=form, limit=FORMAT,
            remedy=("update zoning: pip install -U zoning", "请升级 zoning:pip install -U zoning"),
        )  # fmt: skip
    missing = [k for k in ("plan", "notice", "config", "grid", "area_m2", "checks") if k not in run]
    if missing:
        raise KeyError(f"no {', '.join(missing)}")
    raise_all((replace(p, where=f"{path}{p.where.removeprefix('run.json')}")
               for p in problems(run)), InputError)  # fmt: skip
    return {**run, "format": FORMAT, "config": complete(run["config"], form)}
