"""What the keys of models mean: the sentence under each field, read from the source when asked.

Reading it while the models are made costs every command a tenth of a second.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

if TYPE_CHECKING:
    from pydantic import BaseModel


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Give the sentence under each field of a model, those of its bases too.

    Examples
    --------
    >>> from zoning.schemes import SchemePart
    >>> sorted(descriptions(SchemePart)) == sorted(SchemePart.model_fields)
    True
    """
    found: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if "__pydantic_fields__" not in vars(cls) or cls.__module__.startswith("pydantic"):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
        made = tree.body[0]
        for field, below in pairwise(made.body if isinstance(made, ast.ClassDef) else ()):
            name = field.target if isinstance(field, ast.AnnAssign) else None
            said = below.value if isinstance(below, ast.Expr) else None
            if isinstance(name, ast.Name) and isinstance(said, ast.Constant):
                found[name.id] = inspect.cleandoc(str(said.value))
    stated = {k: f.description for k, f in model.model_fields.items() if f.description}
    return {k: v for k, v in (found | stated).items() if k in model.model_fields}


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Give the JSON schema of a model with the meaning of every key."""
    whole = model.model_json_schema()
    parts = whole.get("$defs", {})
    for cls in {model, *_inside(model)}:
        schema = whole if cls is model else parts.get(cls.__name__, {})
        said = descriptions(cls)
        for name, field in cls.model_fields.items():
            key = schema.get("properties", {}).get(field.alias or name)
            if key is not None and name in said:
                key.setdefault("description", said[name])
    return whole


def _inside(model: type[BaseModel], seen: set[Any] | None = None) -> Iterator[type[BaseModel]]:
    """Give all models that stand in the fields of a model."""
    from pydantic import BaseModel

    seen = set() if seen is None else seen
    waiting: list[Any] = [f.annotation for f in model.model_fields.values()]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
            seen.add(kind)
            yield kind
            yield from _inside(kind, seen)
