"""A whole plan held against the answer that is kept of it: every table, number and part of a wing.

``data/kept/NAME.json`` holds what tests beside it worked out by hand or by another way; texts are
left out but for the numbers in them, and floats have six digits. Who changes a number on purpose
writes the files anew and reads the difference before it is committed::

    ZONING_KEEP=1 python -m pytest -m "" $(grep -l keeping.hold tests/*.py)
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.base.coded import in_text
from zoning.errors import Text

FOLDER = Path(__file__).parent / "data" / "kept"
#: Parts of ``run.json`` that hang on the day, the machine or a wording, or are given.
OTHER = {"software", "inputs", "config", "landuse_classes", "notes", "seconds", "grid"}
NOTE = ("level", "code", "where", "measured", "limit")
TABLES = (
    "city",
    "units",
    "zones",
    "townships",
    "counties",
    "redlines",
    "pieces",
    "ledger",
    "red_sets",
)


def hold(plan, name: str) -> None:
    """Compare a plan with the answer kept under a name, part by part."""
    hold_parts(told(plan), name)


def hold_parts(found: dict, name: str) -> None:
    """Compare parts of an answer, as `plain` gives them, with those kept under a name."""
    path = FOLDER / f"{name}.json"
    if os.environ.get("ZONING_KEEP"):
        path.parent.mkdir(exist_ok=True)
        lines = ",\n".join(f"{json.dumps(k)}: {_json(v)}" for k, v in found.items())
        path.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert list(found) == list(kept)
    for part, value in found.items():
        assert json.loads(_json(value)) == kept[part], part
        assert _json(value) == _json(kept[part]), f"{part}: another order"


def told(plan) -> dict:
    """Give all that a plan says, as plain data."""
    out = {n: plain(getattr(plan, n)) for n in TABLES}
    out |= {f"table {n}": plain(t) for n, t in plan.tables.items()}
    out |= {f"run {n}": plain(v) for n, v in plan.run.items() if n not in OTHER}
    out["run notes"] = [[plain(note[k]) for k in NOTE] for note in plan.run["notes"]]
    for given in plan.contributions:
        out |= {f"wing {given.wing} {f.name}": plain(getattr(given, f.name))
                for f in dataclasses.fields(given) if f.name != "wing"}  # fmt: skip
    return out


def plain(value):
    """Give anything of a plan as plain data without texts for people."""
    if isinstance(value, pd.DataFrame):
        columns = {str(c): _column(value[c]) for c in value}
        return {"index": [str(x) for x in value.index], **columns}
    if isinstance(value, Text):
        return _numbers(value.en)
    if dataclasses.is_dataclass(value):
        parts = {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {k: v for k, v in parts.items() if v not in (None, "", [], {})}
    if isinstance(value, dict):
        texts = {"en", "zh", "seconds"}
        return {str(k): plain(v) for k, v in value.items() if k not in texts}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    return _one(value)


def _column(values: pd.Series) -> list:
    values = in_text(values)
    if values.dtype == "geometry":
        return [
            f"area {values.crs and values.crs.to_epsg()}",
            *(None if g is None else round(g.area) for g in values),
        ]
    if re.search(r"(_en|_zh|_text)$", str(values.name)) and not _is_number(values):
        return ["numbers", *(_numbers("" if pd.isna(v) else v) for v in values)]
    kind = values.dtype.name  # of other texts it hangs on the version of pandas
    kind = kind if _is_number(values) or kind == "string" else "text"
    return [kind, *(_one(v) for v in values)]


def _is_number(values: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)


def _numbers(text: str) -> str:
    return " ".join(re.findall(r"\d[\d.,]*", text))


def _one(value):
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") + 0.0
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, bool | int | str) else str(value)


def _json(value) -> str:
    return json.dumps(value, ensure_ascii=False)
