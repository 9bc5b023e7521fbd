"""The offline map: one file (or one folder) that opens in any browser, without a network."""

from zoning.outputs.webmap.page import build, html, save, write, write_compare

__all__ = ["build", "html", "save", "write", "write_compare"]
