"""What a plan carries for later questions: access lists and environment units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.contribution.parts import Chapter, Class, Contribution, Field, Layer, Table
from zoning.errors import Text
from zoning.inputs.access import COLUMNS
from zoning.inputs.environment import CATEGORIES
from zoning.review.site.answer import STATUS_NAMES

if TYPE_CHECKING:
    import geopandas as gpd

#: The word of this part.
WING = "access"
_TITLE = Text("Access lists and environment units", "准入清单与生态环境管控单元")
_UNITS = Text("environment units", "生态环境管控单元")
_COLOURS = {"1": "#1a9850", "2": "#fdae61", "3": "#ffffbf"}
_NAMES = {
    "list": Text("list", "清单"), "scope": Text("scope", "适用范围"),
    "scope_id": Text("code of the scope", "范围代码"),
    "code_prefix": Text("industry", "行业代码"),
    "catalogue_item": Text("item of the catalogue", "目录条目"),
    "status": Text("status", "准入类别"),
    "dimension": Text("dimension", "管控维度"), "rule": Text("rule", "条件"),
    "text_zh": Text("words (Chinese)", "说明"), "text_en": Text("words", "说明（英文）"),
    "source": Text("source", "来源"), "evidence": Text("evidence", "证据"),
    "valid_from": Text("from", "生效"), "valid_to": Text("to", "失效"),
}  # fmt: skip


def contribute_access(
    access: pd.DataFrame | None, units: gpd.GeoDataFrame | None
) -> Contribution | None:
    """Hand access lists and environment units to the plan.

    Parameters
    ----------
    access : DataFrame or None
        Of :func:`zoning.inputs.access.read_lists`.
    units : GeoDataFrame or None
        Of :func:`zoning.inputs.environment.read_environment`.

    Returns
    -------
    Contribution or None
        Table ``access_list``, layer ``environment_units``, a chapter; None where both are None.
    """
    if access is None and units is None:
        return None
    layers, tables, said = [], [], []
    if units is not None:
        used = set(units["category"])
        classes = tuple(Class(t, _COLOURS[k], k) for k, t in CATEGORIES.items() if k in used)
        fields: tuple[Field, ...] = (
            Field("code", Text("code", "代码"), Text("of the unit", "单元代码")),
            Field("name", Text("name", "名称"), Text("of the unit", "单元名称")),
            Field("category", Text("category", "类别"), Text("of the unit", "单元类别"),
                  words=CATEGORIES),
            Field("source", Text("source", "来源"), Text("document", "文件")),
            Field("year", Text("year", "年份"), Text("of the document", "文件年份"), "year"),
        )  # fmt: skip
        layers.append(Layer("environment_units", _UNITS, units, fields, by="category",
                            classes=classes))  # fmt: skip
        counts = [(t, int((units["category"] == k).sum())) for k, t in CATEGORIES.items()]
        said.append(Text(
            "Environment units: " + ", ".join(f"{t.en} {n}" for t, n in counts) + ".",
            "生态环境管控单元：" + "，".join(f"{t.zh} {n} 个" for t, n in counts) + "。",
        ))  # fmt: skip
    if access is not None:
        fields = tuple(
            Field(c, _NAMES[c], _NAMES[c], words=STATUS_NAMES if c == "status" else {})
            for c in COLUMNS
        )
        frame = access.astype(object).where(access != "", None)
        tables.append(Table("access_list", Text("access lists", "产业准入清单"), frame, fields))
        names = "、".join(sorted(set(access["list"])))
        said.append(Text(
            f"{len(access)} rows of access lists ({names}); zoning site asks them.",
            f"准入清单共 {len(access)} 条（{names}），供 zoning site 查询。",
        ))  # fmt: skip
    chapter = Chapter(_TITLE, tuple(said))
    return Contribution(WING, _TITLE, tuple(layers), tuple(tables), chapters=(chapter,))
