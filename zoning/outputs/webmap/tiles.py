"""Optional background tiles: Tianditu with the user's own key, and nothing shifted.

A page with tiles asks the network for them; without tiles it asks for nothing.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from zoning.errors import InputError, Text, meant, suggest

log = logging.getLogger(__name__)

#: Layer of the tile service and the layer with its names. Source: 天地图 WMTS service description,
#: 球面墨卡托投影 (matrix set w).
_TIANDITU = {"vector": ("vec", "cva"), "imagery": ("img", "cia"), "terrain": ("ter", "cta")}
_GCJ02 = re.compile(r"gaode|amap|autonavi|gcj|高德|qq|tencent|腾讯|google\.cn", re.IGNORECASE)


def background(tiles: str | None, key: str | None) -> dict[str, Any] | None:
    """Describe the background tiles of a map.

    Parameters
    ----------
    tiles : {None, "tianditu-vector", "tianditu-imagery", "tianditu-terrain"}
        ``"tianditu"`` is short for the vector map.
    key : str, optional
        The user's own key of the service.

    Returns
    -------
    dict or None
        Addresses, levels and credit line for the page.

    Raises
    ------
    InputError
        For tiles in shifted coordinates (GCJ-02), unknown tiles, or a missing or odd key.

    Examples
    --------
    >>> background(None, None)
    >>> background("Gaode.Normal", None)
    Traceback (most recent call last):
    zoning.errors.InputError: tiles: 'Gaode.Normal' is in GCJ-02 coordinates...
    """
    if tiles is None:
        return None
    if _GCJ02.search(tiles):
        raise InputError.one(
            f"'{tiles}' is in GCJ-02 coordinates, shifted by 300 to 600 m against CGCS2000, "
            "about half a unit; the plan would lie beside its place",
            f"“{tiles}”采用 GCJ-02 坐标，与 CGCS2000 相差约 300 至 600 米（约半个单元），"
            "叠加后会错位",
            where="tiles", code="tiles-gcj02",
            remedy=("use tiles = 'tianditu' with your own key, or no tiles",
                    "请使用 tiles = 'tianditu' 及自己的密钥，或不用底图"),
        )  # fmt: skip
    head, _, kind = tiles.partition("-")
    kind = kind or "vector"
    if head != "tianditu" or kind not in _TIANDITU:
        names = [f"tianditu-{k}" for k in _TIANDITU]
        near = suggest(tiles, names)
        raise InputError.one(
            f"tiles '{tiles}' are not known", f"未知的底图“{tiles}”", where="tiles",
            code="tiles-unknown",
            remedy=meant(near, Text(f"one of {', '.join(names)}", f"可用：{'、'.join(names)}")),
        )  # fmt: skip
    if not key or not re.fullmatch(r"[0-9A-Za-z]+", key):
        raise InputError.one(
            "Tianditu tiles need your own key (letters and digits)",
            "天地图底图需要您自己的密钥（字母与数字）", where="tiles", code="tiles-key",
            remedy=("get one from the service and set the environment variable TIANDITU_TK "
                    "(in Python: tianditu_key = ...)",
                    "请向天地图申请密钥，并写入环境变量 TIANDITU_TK"
                    "（Python 中为 tianditu_key 参数）"),
        )  # fmt: skip
    log.warning(
        "the Tianditu key can be read by everyone who gets this map"
        "（地图中的天地图密钥对所有收到文件的人可见）"
    )
    return {
        "layers": [_address(layer, key) for layer in _TIANDITU[kind]],
        "subdomains": "01234567",
        "maxNativeZoom": 18,
        "credit": "天地图",
        "origin": "https://*.tianditu.gov.cn",
    }


def _address(layer: str, key: str) -> str:
    return (
        f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        f"&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
    )
