"""Codes and texts of a layer that look spoiled before they came here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoning.errors import Finding, Spot, Text
from zoning.inputs.source import some
from zoning.inputs.spots import MOST_SPOTS, labels, spots

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Digits of codes: county 6, township 9, village 12 (GB/T 10114-2003 and GB/T 2260).
_CODE_DIGITS = (6, 9, 12)


def odd_codes(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Find codes that are no place codes of 6, 9 or 12 digits."""
    if "code" not in frame.columns:
        return []
    codes = frame["code"].dropna().astype(str)
    odd = codes[~(codes.str.fullmatch(r"\d+") & codes.str.len().isin(_CODE_DIGITS))]
    if odd.empty:
        return []
    return [
        Finding(
            Text(
                f"{len(odd)} codes have not 6, 9 or 12 digits: {some(odd)}",
                f"{len(odd)} 个代码不是 6、9 或 12 位数字：{some(odd)}",
            ),
            where,
            measured=len(odd),
            limit=0,
            code="odd-codes",
            level="note",
            spots=_features(frame, odd.index, odd),
        )
    ]


def odd_text(frame: gpd.GeoDataFrame, where: str) -> list[Finding]:
    """Find text that was read in a wrong encoding before it came here."""
    columns = [c for c in frame.columns if c != frame.geometry.name]
    texts = {str(c) for c in columns}
    for column in columns:
        texts |= {v for v in frame[column].dropna().unique() if isinstance(v, str)}
    spoiled = sorted(t for t in texts if "\ufffd" in t or _is_mojibake(t))
    if not spoiled:
        return []
    return [
        Finding(
            Text(
                f"{len(spoiled)} texts look read in a wrong encoding: {some(spoiled)}",
                f"{len(spoiled)} 处文本疑似乱码：{some(spoiled)}",
            ),
            where,
            measured=len(spoiled),
            limit=0,
            remedy=Text(
                'set encoding, such as encoding = "gb18030"',
                '请设置 encoding，例如 encoding = "gb18030"',
            ),
            code="mojibake",
            spots=tuple(s for c in columns for s in _spoiled(frame, c, set(spoiled)))[:MOST_SPOTS],
        )
    ]


def _features(frame: gpd.GeoDataFrame, rows: pd.Index, values: pd.Series) -> tuple[Spot, ...]:
    """Give the places of features."""
    at = frame.index.get_indexer(rows)
    ids = labels(frame)
    return spots((ids[i] for i in at), values, frame.geometry.to_numpy()[at], frame.crs)


def _spoiled(frame: gpd.GeoDataFrame, column: str, bad: set[str]) -> tuple[Spot, ...]:
    """Give the places of spoiled texts of a column."""
    hit = frame[column][frame[column].isin(bad)]
    return _features(frame, hit.index, hit)


def _is_mojibake(text: str) -> bool:
    """Whether Latin letters with accents turn into Chinese when read as bytes."""
    if text.isascii():
        return False
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            again = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return any("\u4e00" <= c <= "\u9fff" for c in again)
    return False
