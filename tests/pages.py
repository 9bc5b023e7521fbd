"""What a page of the map carries, read by other means than the browser's and the tool's own."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

PAYLOAD = re.compile(r'<script type="application/json" id="zoning-plan">(.*?)</script>', re.DOTALL)


def payload(page: str) -> dict[str, Any]:
    """Give the document of a page, its packed tables in the open."""
    return opened(json.loads(PAYLOAD.search(page)[1]))


def opened(tree: Any) -> Any:
    """Put every packed table in its place; numbers and shapes stay packed."""
    if isinstance(tree, list):
        return [opened(value) for value in tree]
    if not isinstance(tree, dict):
        return tree
    if tree.get("type") == "json":
        return json.loads(zlib.decompress(base64.b64decode(tree["data"])))
    return {key: opened(value) for key, value in tree.items()}


def forged(page: str, pattern: str, put: str) -> str:
    """Change what the open document says, and pack it as the tool does."""
    from zoning.outputs.webmap.document import packed, to_json

    open_ = payload(page)
    text, found = re.subn(pattern, put, json.dumps(open_, ensure_ascii=False), count=1)
    assert found, pattern
    doc = json.loads(text)
    for layer in doc["layers"].values():
        layer.update(layer.pop("table"))
    return page.replace(PAYLOAD.search(page)[1], to_json(packed(doc)))
