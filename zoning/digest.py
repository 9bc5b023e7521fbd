"""One number that stands for a plan: a digest over ledger, tables, layers, rules and decisions.

It does not depend on how files are written (compression, order of columns, times), only on what
they say, so a plan that was read back has the digest it was written with. A signature on paper can
refer to it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.base.staged import plain

if TYPE_CHECKING:
    import pandas as pd

    from zoning.plan import Plan


def digest(plan: Plan) -> str:
    """Give the digest of a plan, 64 hexadecimal digits (SHA-256).

    Examples
    --------
    >>> import zoning as zn
    >>> plan = zn.demo()
    >>> digest(plan) == digest(plan)
    True
    """
    whole = hashlib.sha256()
    for name, part in sorted(_parts(plan)):
        whole.update(f"{name} {part}\n".encode())
    return whole.hexdigest()


def _parts(plan: Plan) -> Iterator[tuple[str, str]]:
    # A key that holds its default says nothing: a later version knows more keys, of the same plan.
    stated = plan.config.model_dump(mode="json", exclude_defaults=True)
    config = {k: v for k, v in stated.items() if k != "outputs"}
    yield "config", _text(config)
    yield "grid", _text(plan.grid.as_dict())
    yield "name", _text([plan.name, plan.notice, plan.run.get("what_if")])
    frames: dict[str, Any] = {"ledger": plan.ledger, "red_sets": plan.red_sets}
    for name in ("city", "units", "zones", "townships", "counties", "redlines", "pieces"):
        frames[name] = getattr(plan, name)
    frames |= {f"table {name}": frame for name, frame in plan.tables.items()}
    for given in plan.contributions:
        frames |= {f"{given.wing} {part.name}": part.frame for part in given.layers}
        frames |= {f"{given.wing} {part.name}": part.frame for part in given.tables}
    for name, frame in frames.items():
        if frame is not None:
            yield name, _frame(frame)


def _frame(frame: pd.DataFrame) -> str:
    """Digest a table: its columns by name, its rows in order."""
    flat = frame.reset_index() if frame.index.name else frame.reset_index(drop=True)
    whole = hashlib.sha256()
    for column in sorted(map(str, flat.columns)):
        values = flat[column]
        if str(values.dtype) == "geometry":
            column, cells = "geometry", _shapes(values)
        else:
            cells = _cells(values)
        whole.update(f"{column}\x1f{len(cells)}\x1f".encode())
        whole.update("\x1e".join(cells).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _cells(values: pd.Series) -> list[str]:
    """Write the cells of a column; a value that occurs often is written once."""
    import pandas as pd

    whole = isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu" and len(values)
    if whole and values.min() > -(2**53) and values.max() < 2**53:
        return list(map(str, values.tolist()))
    plain = values.astype(object)
    try:
        place, different = pd.factorize(plain)
    except TypeError:  # lists and the like cannot be looked up
        return [_cell(v) for v in plain.tolist()]
    written = np.array([*map(_cell, different.tolist()), "\x00"], dtype=object)
    return list(written[place])  # -1, a missing value, is the last


def _shapes(column: Any) -> list[str]:
    """Write shapes as bytes; a polygon and a multipolygon of it are the same."""
    import shapely

    shapes = column.to_numpy()
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    made = shapes.copy()
    if single.any():
        made[single] = shapely.multipolygons(shapes[single], indices=np.arange(int(single.sum())))
    return [str(w) for w in shapely.to_wkb(made, hex=True, output_dimension=2)]


def _cell(value: Any) -> str:
    """Write a value so that types of columns do not matter: 1, 1.0 and True differ from text."""
    if isinstance(value, str):
        return "\x00" if value == "<NA>" else "'" + value
    if value is None or str(value) == "<NA>" or value != value:
        return "\x00"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(int(value))
    number = float(value)
    return str(int(value)) if number.is_integer() and abs(number) < 2**62 else repr(number)


def _text(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
