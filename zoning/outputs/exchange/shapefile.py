"""Shapefiles with Chinese text: names and values cut between characters, never inside one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from zoning.base.encoding import can_write, simplified
from zoning.errors import InputError, Problem, Text, raise_all
from zoning.outputs.exchange.contents import Contents
from zoning.outputs.exchange.files import write_companions, write_looks
from zoning.outputs.office import csv_file

#: A .dbf holds field names of 10 bytes and texts of 254.
_NAME_BYTES, _TEXT_BYTES = 10, 254
ENCODINGS = ("GBK", "UTF-8")


def write(contents: Contents, folder: Path, encoding: str = "GBK") -> None:
    """Write each layer as a shapefile, with ``.cpg``, and a map of the field names.

    Parameters
    ----------
    contents : Contents
    folder : Path
        Made before; gets ``<layer>.shp`` and companions, ``field_map.csv`` (full name to name in
        the file, and how many texts were changed) and ``fields.csv``.
    encoding : {"GBK", "UTF-8"}
        Old Chinese desktops expect GBK.

    Raises
    ------
    InputError
        If the encoding is not known, or a text has a character that it lacks and that has no
        plain form (² becomes 2).
    """
    import pandas as pd
    import pyogrio

    encoding = encoding.upper()
    if encoding not in ENCODINGS:
        raise InputError.one(
            f"shapefiles are written in GBK or UTF-8, not '{encoding}'",
            f"shapefile 只支持 GBK 或 UTF-8，不支持“{encoding}”",
            where="--encoding", code="unknown-encoding",
        )  # fmt: skip
    raise_all(p for name, f in contents.layers.items() for p in _unwritable(name, f, encoding))
    maps, renamed = [], {}
    for name, frame in contents.layers.items():
        columns = [c for c in frame.columns if c != "geometry"]
        short = renamed[name] = short_names(columns, encoding)
        texts = {c: _fit_texts(frame[c], encoding) for c in columns if _is_text(frame[c])}
        ready = frame.assign(**{c: t for c, (t, _) in texts.items()}).rename(columns=short)
        pyogrio.write_dataframe(
            ready, folder / f"{name}.shp", driver="ESRI Shapefile", encoding=encoding
        )
        maps += [
            {
                "layer": name,
                "field": c,
                "field_in_shp": short[c],
                "texts_changed": texts[c][1] if c in texts else 0,
            }
            for c in columns
        ]
    csv_file.write(pd.DataFrame(maps), folder / "field_map.csv")
    write_looks(contents, folder, renamed)
    write_companions(contents, folder)


def short_names(names: Iterable[str], encoding: str = "GBK") -> dict[str, str]:
    """Shorten field names to 10 bytes, each different from all others in any case.

    Parameters
    ----------
    names : iterable of str
    encoding : str
        In GBK a Chinese character has 2 bytes, in UTF-8 it has 3.

    Returns
    -------
    dict of str to str
        In the order of ``names``.

    Examples
    --------
    >>> short_names(["主体功能区名称", "主体功能区代码", "redline_level1_m2", "redline_m2"], "GBK")
    {'主体功能区名称': '主体功能区', '主体功能区代码': '主体功能_1',
     'redline_level1_m2': 'redline_le', 'redline_m2': 'redline_m2'}
    """
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        short, number = cut(name, _NAME_BYTES, encoding), 0
        while short.upper() in used:
            number += 1
            tail = f"_{number}"
            short = cut(name, _NAME_BYTES - len(tail), encoding) + tail
        used.add(short.upper())
        found[name] = short
    return found


def cut(text: str, limit: int, encoding: str) -> str:
    """Cut a text to at most ``limit`` bytes, between characters.

    Examples
    --------
    >>> cut("主体功能", 10, "UTF-8"), cut("主体功能", 10, "GBK")
    ('主体功', '主体功能')
    """
    return text.encode(encoding, "replace")[:limit].decode(encoding, "ignore")


def _fit_texts(column: Any, encoding: str) -> tuple[Any, int]:
    """Make the texts of a column fit; give them and the number of those that changed."""
    texts = [
        cut(simplified(v, encoding), _TEXT_BYTES, encoding) if isinstance(v, str) else None
        for v in column
    ]
    changed = sum(a != b for a, b in zip(column, texts, strict=True) if isinstance(a, str))
    return np.array(texts, dtype=object), int(changed)  # None, or the text "<NA>" is written


def _is_text(column: Any) -> bool:
    return any(isinstance(v, str) for v in column.dropna().head(1))


def _unwritable(layer: str, frame: Any, encoding: str) -> list[Problem]:
    """Find texts that the encoding cannot write."""
    found = []
    for column in frame.columns:
        if column == "geometry" or not _is_text(frame[column]):
            continue
        values = {v for v in frame[column].dropna() if isinstance(v, str)}
        lost = sorted(v for v in values if not can_write(simplified(v, encoding), encoding))
        found += [
            Problem(
                Text(f"'{v}' cannot be written in {encoding}", f"“{v}”无法用 {encoding} 编码"),
                f"{layer}.{column}", code="encoding",
                remedy=Text("write UTF-8 (--encoding UTF-8)", "请改用 UTF-8(--encoding UTF-8)"),
            )
            for v in lost
        ]  # fmt: skip
    return found
