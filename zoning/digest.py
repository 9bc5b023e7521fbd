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

from zoning.base.attributes import apart
from zoning.base.coded import is_coded, names, numbers
from zoning.base.staged import plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

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
    import pandas as pd

    table = pd.DataFrame(frame)  # columns are taken one by one: each would be looked at for shapes
    flat = table.reset_index() if frame.index.name else table
    whole = hashlib.sha256()
    # By the names that they have in the plan's file, where a planner's own may step aside.
    for column, own in sorted(zip(apart(flat.columns), flat.columns, strict=True)):
        values = flat[own]
        if str(values.dtype) == "geometry":
            whole.update(f"geometry\x1f{len(values)}\x1f".encode())
            _feed_shapes(whole, values.to_numpy())
            continue
        whole.update(f"{column}\x1f{len(values)}\x1f".encode())
        cells = _cells(values)
        if isinstance(cells, list):
            whole.update("\x1e".join(cells).encode("utf-8", "surrogatepass"))
        else:
            _feed(whole, cells)
    return whole.hexdigest()


def _feed(whole: Any, cells: pa.Array) -> None:
    """Digest written cells, each but the first after a mark, without one Python string."""
    import pyarrow as pa
    import pyarrow.compute as pc

    empty, mark = (pa.scalar(x, pa.large_string()) for x in ("", "\x1e"))
    for start in range(0, len(cells), _AT_ONCE):
        part = pc.binary_join_element_wise(cells.slice(start, _AT_ONCE), empty, mark)
        _, places, letters = part.buffers()
        offsets = np.frombuffer(places, np.int64)[part.offset : part.offset + len(part) + 1]
        end = int(offsets[-1]) - (start + len(part) == len(cells))  # no mark after the last
        whole.update(memoryview(letters)[int(offsets[0]) : end])


#: Cells that are written together, and up to how many one by one are sooner done.
_AT_ONCE, _FEW = 1 << 16, 150


def _cells(values: pd.Series) -> list[str] | pa.Array:
    """Write the cells of a column: those of texts and whole numbers by Arrow, others one by one."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(values) <= _FEW:
        return [_cell(v) for v in values.tolist()]
    if is_coded(values):
        return _written(_cells(names(values).to_series()), numbers(values))
    kind = values.dtype
    whole = isinstance(kind, np.dtype) and kind.kind in "iu" and len(values)
    if whole and values.min() > -(2**53) and values.max() < 2**53:
        return pc.cast(pa.array(values.to_numpy()), pa.large_string())
    if isinstance(kind, np.dtype) and kind.kind == "f":
        return _numbers(values.to_numpy())
    if isinstance(kind, pd.Float64Dtype):
        return _numbers(values.to_numpy(np.float64, na_value=np.nan))
    if isinstance(kind, pd.StringDtype) and kind.storage == "pyarrow" and len(values):
        texts = pa.array(values.array)
        if isinstance(texts, pa.ChunkedArray):
            texts = texts.combine_chunks()
        texts = texts.cast(pa.large_string())
        quote, nothing, gone = (pa.scalar(x, pa.large_string()) for x in ("'", "", "\x00"))
        said = pc.binary_join_element_wise(quote, texts, nothing)
        return pc.if_else(pc.fill_null(pc.equal(texts, "<NA>"), True), gone, said)
    plain = values.astype(object)
    try:
        place, different = pd.factorize(plain)
    except TypeError:  # lists and the like cannot be looked up
        return [_cell(v) for v in plain.tolist()]
    return _written([*map(_cell, different.tolist())], place)


def _written(each: list[str] | pa.Array, place: Any) -> list[str] | pa.Array:
    """Write each different cell where it stands; -1 is a missing value."""
    import pyarrow as pa

    at = np.where(place < 0, len(each), place)
    try:
        cells = pa.array(each, pa.large_string())
        return pa.concat_arrays([cells, pa.array(["\x00"], pa.large_string())]).take(pa.array(at))
    except UnicodeEncodeError:  # half of a pair of signs, from a broken file
        every = [*each, "\x00"]
        return [every[k] for k in at.tolist()]


def _numbers(values: Any) -> list[str] | pa.Array:
    """Write floats, each value that occurs often once; whole ones as whole numbers."""
    import pandas as pd

    place, different = pd.factorize(values)
    far = np.abs(different) >= 2.0**62
    whole = (different == np.floor(different)) & ~far
    written = np.empty(len(different), dtype=object)
    written[whole] = [*map(str, different[whole].astype(np.int64).tolist())]
    written[~whole] = [*map(repr, different[~whole].tolist())]
    return _written(written.tolist(), place)


#: What stands before the only polygon of a multipolygon in WKB, in hexadecimal digits.
_ONE_OF_ONE = b"010600000001000000"


def _feed_shapes(whole: Any, shapes: Any) -> None:
    """Digest shapes as the digits of their WKB; a polygon and a multipolygon of it are the same."""
    import binascii

    import shapely

    for start in range(0, len(shapes), _AT_ONCE):
        some = shapes[start : start + _AT_ONCE].copy()
        polygon = shapely.get_type_id(some) == shapely.GeometryType.POLYGON
        empty = polygon & shapely.is_empty(some)
        some[empty] = [shapely.multipolygons([shape]) for shape in some[empty]]
        heads = np.where(polygon & ~empty, _ONE_OF_ONE, b"").tolist()
        written = shapely.to_wkb(some, output_dimension=2, byte_order=1).tolist()
        if bool((polygon & ~empty).all()) and len({*map(len, written)}) == 1:
            digits = _alike(written)
        else:
            digits = b"".join(
                b"\x1eNone" if w is None else b"\x1e" + head + binascii.hexlify(w).upper()
                for head, w in zip(heads, written, strict=True)
            )
        whole.update(digits if start else digits[1:])


def _alike(written: list[bytes]) -> bytes:
    """Write polygons of equal length, such as squares, each after a mark."""
    signs = np.frombuffer(b"0123456789ABCDEF", np.uint8)
    numbers = np.frombuffer(b"".join(written), np.uint8).reshape(len(written), -1)
    head = np.frombuffer(b"\x1e" + _ONE_OF_ONE, np.uint8)
    out = np.empty((len(written), len(head) + 2 * numbers.shape[1]), np.uint8)
    out[:, : len(head)] = head
    out[:, len(head) :: 2] = signs[numbers >> 4]
    out[:, len(head) + 1 :: 2] = signs[numbers & 15]
    return out.tobytes()


def _cell(value: Any) -> str:
    """Write a value so that types of columns do not matter: 1, 1.0 and True differ from text."""
    if isinstance(value, str):
        return "\x00" if value == "<NA>" else "'" + value
    if type(value) is int and abs(value) < 2**53:
        return str(value)
    if value is None or str(value) == "<NA>" or value != value:
        return "\x00"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return str(int(value))
    try:
        number = float(value)
    except TypeError:  # a day, as the planner's table has it
        return "'" + str(value)
    return str(int(value)) if number.is_integer() and abs(number) < 2**62 else repr(number)


def _text(value: Any) -> str:
    text = json.dumps(plain(value), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
