"""From a page that asks a network for its parts to one that asks for nothing.

Links to known libraries become the files that ship with this package; a link that is not known is
an error, so no page leaves here that would fail without a network. :func:`requests_left` looks at
the finished page with other eyes and names every request that it could make.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.errors import InputError, Problem, Text, raise_all

ASSETS = Path(__file__).parent.parent / "assets"

_LINK = re.compile(
    r'<script[^>]*\bsrc="([^"]*)"[^>]*>\s*</script>|<link[^>]*\bhref="([^"]*)"[^>]*>'
)
_CSS_URL = re.compile(r"""url\(\s*(['"]?)(.*?)\1\s*\)""")
_FAR = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
#: Ways in which a script could ask for something far away by a fixed address.
_SCRIPT_REQUEST = re.compile(
    r"""(?:\bfetch|\bimport|\bimportScripts|\bsendBeacon|\bopen|\bEventSource|\bWebSocket|\bWorker)"""
    r"""\s*\(\s*[^)"'`]*["'`]\s*((?:https?:|wss?:)?//[^"'`]+)|"""
    r"""\b(?:src|href)\s*=\s*\\?["'`]?\s*((?:https?:)?//[^"'`\\\s>]+)|"""
    r"""\bfrom\s*["']((?:https?:)?//[^"']+)""",
    re.IGNORECASE,
)


#: What stands in every one of them; most scripts have nothing like it.
_ADDRESS = re.compile(r"""["'`=\\]\s*(?:https?:|wss?:)?//""", re.IGNORECASE)


@cache
def vendored() -> tuple[dict[str, Any], ...]:
    """Give the list of browser files that ship with the package.

    Examples
    --------
    >>> sorted({f["package"] for f in vendored()})
    ['fflate', 'leaflet']
    """
    return tuple(strict.read(ASSETS / "assets.toml").data["file"])


def asset(path: str) -> str:
    """Read a text file of the assets, with the edits that the list asks for.

    Raises
    ------
    InputError
        If a vendored file is not the one that the list names.
    """
    data = (ASSETS / path).read_bytes()
    text = data.decode("utf-8").replace("\r\n", "\n")
    entry = next((f for f in vendored() if f["path"] == path), None)
    if entry is None:
        return text
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise InputError.one(
            f"the file differs from its sha256 in assets.toml ({entry['sha256'][:12]}...)",
            f"文件与 assets.toml 中的 sha256（{entry['sha256'][:12]}…）不符",
            where=path, code="asset-changed",
            remedy=("install the package again", "请重新安装本工具"),
        )  # fmt: skip
    text = re.sub(r"//# sourceMappingURL=\S*", "", text)
    for edit in entry.get("edits", ()):
        text, found = re.subn(edit["find"], edit["put"], text, flags=re.DOTALL)
        if not found:
            raise InputError.one(
                f"the edit '{edit['find'][:40]}' finds nothing",
                "资源文件的修改未能生效",
                where=path,
            )
    return text


def safe_script(text: str) -> str:
    r"""Keep a script from closing its own element.

    Examples
    --------
    >>> safe_script('a = "</script>"')
    'a = "<\\/script>"'
    """
    return re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE)


def vendored_script(path: str) -> str:
    """Read a script of another project, with its licence in front, as the licence asks."""
    return licence(Path(path).parent.as_posix()) + safe_script(asset(path))


def licence(folder: str) -> str:
    """Give the licence of another project as the comment that stands before its script."""
    path = f"{folder}/LICENSE"
    entry = next(f for f in vendored() if f["path"] == path)
    text = asset(path).replace("*/", "* /")
    return f"/*! {entry['package']} {entry['version']} ({entry['licence']})\n{text}*/\n"


def css_inline(path: str) -> str:
    """Read a stylesheet and put its pictures into it."""
    folder = (ASSETS / path).parent

    def picture(hit: re.Match[str]) -> str:
        address = hit[2]
        if address.startswith(("#", "data:")):
            return hit[0]
        file = folder / address
        if _FAR.match(address) or not file.is_file():
            raise _unknown([address])
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return f"url(data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()})"

    return _CSS_URL.sub(picture, asset(path))


def inline(html: str) -> str:
    """Replace the links of a rendered folium page by the files of this package.

    Parameters
    ----------
    html : str
        The page as folium renders it.

    Returns
    -------
    str
        The page, with scripts and stylesheets inside.

    Raises
    ------
    InputError
        For every link that no shipped file stands for.

    Examples
    --------
    >>> inline('<script src="elsewhere/unknown.js"></script>')
    Traceback (most recent call last):
    zoning.errors.InputError: elsewhere/unknown.js: the page asks for a file that...
    """
    unknown: list[str] = []
    done: set[str] = set()

    def replace(hit: re.Match[str]) -> str:
        address = hit[1] or hit[2]
        path = _stands_for(address)
        if path is None:
            unknown.append(address)
            return hit[0]
        if path in done:
            return ""
        done.add(path)
        name = Path(path).name
        if path.endswith(".css"):
            return f'<style data-name="{name}">{css_inline(path)}</style>'
        return f'<script data-name="{name}">{vendored_script(path)}</script>'

    page = _LINK.sub(replace, html)
    if unknown:
        raise _unknown(unknown)
    return page


def _stands_for(address: str) -> str | None:
    for f in vendored():
        if "stands_for" in f and re.search(f["stands_for"], address):
            return str(f["path"])
    return None


def _unknown(addresses: Iterable[str]) -> InputError:
    return InputError(
        [
            Problem(
                Text("the page asks for a file that this package does not carry",
                     "页面需要本工具未附带的文件"),
                where=a, code="map-request",
                remedy=Text("leave out the folium plugin that needs it, or the tiles",
                            "请去掉需要该文件的 folium 插件或在线底图"),
            )
            for a in addresses
        ]
    )  # fmt: skip


#: Names of libraries that elements of folium call although they ask for no file themselves.
_FOREIGN = {
    r"\bL\.AwesomeMarkers\b": Text(
        "coloured icons (folium.Icon) need the library Leaflet.awesome-markers",
        "彩色图标（folium.Icon）需要 Leaflet.awesome-markers 库",
    ),
}


def refuse_foreign(html: str) -> None:
    """Raise if an element of the page calls a library that this package does not carry.

    Raises
    ------
    InputError
        With the library, and what to use instead.

    Examples
    --------
    >>> refuse_foreign("<script>L.marker([32, 119])</script>")
    """
    raise_all(
        Problem(
            why, where="folium", code="map-library",
            remedy=Text("use folium.Marker without an icon, CircleMarker or DivIcon",
                        "请改用不带图标的 folium.Marker、CircleMarker 或 DivIcon"),
        )
        for pattern, why in _FOREIGN.items() if re.search(pattern, html)
    )  # fmt: skip


class _Reader(HTMLParser):
    """Collect every address that a browser would load while it reads the page."""

    _LOADING = ("src", "srcset", "poster", "background", "data", "action", "formaction", "ping")

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.addresses: list[str] = []
        self._inside: str | None = None
        self._kind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of one element."""
        given = {k: v or "" for k, v in attrs}
        names = (*self._LOADING, "href", "xlink:href") if tag != "a" else self._LOADING
        self.addresses += [given[n] for n in names if n in given]
        self.addresses += [m[2] for m in _CSS_URL.finditer(given.get("style", ""))]
        if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.addresses.append(given.get("content", ""))
        if tag in ("script", "style"):
            self._inside, self._kind = tag, given.get("type", "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style."""
        if tag == self._inside:
            self._inside = None

    def handle_data(self, data: str) -> None:
        """Look into scripts and styles; data blocks are no script."""
        if self._inside == "style":
            self.addresses += [m[2] for m in _CSS_URL.finditer(data)]
            self.addresses += re.findall(r"""@import\s+["']([^"']+)""", data)
        elif self._inside == "script" and self._kind != "application/json":
            code = re.sub(r"/\*.*?\*/", "", data, flags=re.DOTALL)
            found = _SCRIPT_REQUEST.findall(code) if _ADDRESS.search(code) else []
            self.addresses += [a for hit in found for a in hit if a]


def requests_left(html: str, beside: Iterable[str] = ()) -> list[str]:
    """Name every address outside the page that it would load.

    Parameters
    ----------
    html : str
        The finished page.
    beside : iterable of str
        Relative addresses of files that lie beside the page (the folder variant).

    Returns
    -------
    list of str

    Examples
    --------
    >>> requests_left('<img src="x.png"><a href="#">x</a><style>a{background:url(data:,)}</style>')
    ['x.png']
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    known = set(beside)
    return [
        a for a in reader.addresses
        if a and a not in known and not a.startswith(("data:", "#", "blob:"))
    ]  # fmt: skip


def refuse_requests(html: str, beside: Iterable[str] = ()) -> None:
    """Raise if the page would load anything."""
    raise_all(_unknown(left).problems if (left := requests_left(html, beside)) else ())
