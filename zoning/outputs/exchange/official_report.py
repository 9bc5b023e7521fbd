"""The conformance report of the official export, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zoning.errors import Text

if TYPE_CHECKING:
    import pandas as pd

_TITLE = Text("Conformance with the planning database", "与规划数据库规范的符合情况")
_BASIS = Text(
    "Basis: {title}, {publisher}, {date}; read: {read}.",
    "依据：{title}，{publisher}，{date}；已读到的部分：{read}。",
)
_AREAS = Text("Planar and ellipsoidal area", "平面面积与椭球面积")
_AREA_HEAD = Text(
    "| place | counted (m²) | planar (m²) | ellipsoidal (m²) | planar − ellipsoidal (m²) | share |",
    "| 地区 | 台账面积（m²）| 平面面积（m²）| 椭球面积（m²）| 平面−椭球（m²）| 比例 |",
)
_LAYERS = Text("Layers", "图层")
_FIELD_HEAD = Text(
    "| field | meaning | type | filled | too long | evidence |",
    "| 字段 | 含义 | 类型 | 已填 | 超长 | 依据级别 |",
)
_UNKNOWN = Text(
    "Unknown in the readable part of the document, so left empty: ", "规范可读部分未载明，故留空："
)
_ABSENT = Text("Layers of the document that the plan does not hold", "规范中有、方案不含的图层")
_EVIDENCE = Text(
    "Evidence: S read in the document, C from code that works with such databases, I our proposal.",
    "依据级别：S 读自规范，C 取自处理此类数据库的程序，I 为本软件的建议。",
)


def conformance(
    schema: Mapping[str, Any], made: Mapping[str, Any], areas: pd.DataFrame, lang: str
) -> str:
    """Write the report as Markdown.

    Parameters
    ----------
    schema : mapping
        The official schema.
    made : mapping of str to GeoDataFrame
        The layers that were written.
    areas : DataFrame
        Of :func:`zoning.outputs.exchange.official.county_areas`.
    lang : {"zh", "en"}

    Returns
    -------
    str
    """
    side = "zh" if lang == "zh" else "en"
    lines = [f"# {_TITLE.get(lang)}", "", _BASIS.get(lang).format(**schema["document"]), ""]
    lines += [f"- {schema[part][f'note_{side}']}" for part in ("crs", "widths", "meanings")]
    lines += [f"- {_EVIDENCE.get(lang)}", "", f"## {_AREAS.get(lang)}", "", *_areas(areas, lang)]
    lines += ["", f"## {_LAYERS.get(lang)}"]
    for layer in schema["layer"]:
        lines += ["", *_layer(layer, made[layer["name"]], lang)]
    lines += ["", f"## {_ABSENT.get(lang)}", ""]
    lines += [f"- {a['name']} {a['zh']} ({a['evidence']})" for a in schema["absent"]]
    return "\n".join(lines) + "\n"


def _areas(areas: pd.DataFrame, lang: str) -> list[str]:
    rows = [
        f"| {cell(r.name)} | {r.ledger_m2:,} | {r.planar_m2:,.0f} | {r.ellipsoidal_m2:,.0f} "
        f"| {r.difference_m2:+,.0f} | {r.difference_share:+.5%} |"
        for r in areas.itertuples(index=False)
    ]
    return [_AREA_HEAD.get(lang), "|---|--:|--:|--:|--:|--:|", *rows]


def _layer(layer: Mapping[str, Any], frame: Any, lang: str) -> list[str]:
    side = "zh" if lang == "zh" else "en"
    lines = [f"### {layer['name']} {layer[side]}: {len(frame)}", "", layer[f"note_{side}"], ""]
    lines += [_FIELD_HEAD.get(lang), "|---|---|---|--:|--:|---|"]
    unknown = []
    for field in layer["fields"]:
        values = frame[field["name"]]
        if "fill" not in field and len(frame):
            unknown.append(field["name"])
        width = field.get("width")
        kind = field["kind"] + (str(width) if width else "")
        lines.append(
            f"| {field['name']} | {field['zh']} | {kind} | {int(values.notna().sum())} "
            f"| {too_long(values, width)} | {field['evidence']} |"
        )
    if unknown:
        lines += ["", _UNKNOWN.get(lang) + ", ".join(unknown)]
    return lines


def too_long(values: Any, width: int | None) -> int:
    """Count the texts with more characters than the field allows.

    Examples
    --------
    >>> import pandas as pd
    >>> too_long(pd.Series(["ab", "abc", None]), 2)
    1
    """
    return 0 if width is None else int((values.dropna().astype(str).str.len() > width).sum())


def cell(text: str) -> str:
    r"""Write text into a cell of a Markdown table, so that nothing in it acts.

    Examples
    --------
    >>> cell("a|<b>")
    'a\\|&lt;b&gt;'
    """
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
