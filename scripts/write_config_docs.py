"""Write docs/plan-toml.md: every key of plan.toml, from the models that check it.

python scripts/write_config_docs.py [--check]
"""

import sys
import types
import typing
from pathlib import Path

from pydantic import BaseModel

from zoning.base.described import descriptions
from zoning.planfile.models import Config

DOC = Path(__file__).parent.parent / "docs" / "plan-toml.md"
HEAD = """# plan.toml

Every key, made by `python scripts/write_config_docs.py` from the models that check the file.
Relative paths resolve from the file; unknown keys are errors. `zoning init DIR` writes a file with
comments to start from.
"""


def model_of(annotation: object) -> tuple[type[BaseModel] | None, str]:
    """Find the model inside an annotation, and how TOML writes it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, "[{}]"
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    for part in inner:
        model, form = model_of(part)
        if model is not None:
            form = "[[{}]]" if origin is tuple else "[{}.ZONE]" if origin is dict else form
            return model, form
    return None, ""


def kind(annotation: object) -> str:
    """Name a type as a planner would."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return kind(inner[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(kind(part) for part in inner if part is not type(None))
    if origin is typing.Literal:
        return "one of " + ", ".join(f"`{value!r}`" for value in inner)
    if origin is tuple:
        return "list of " + kind(inner[0])
    if origin is dict:
        return "table"
    words = {str: "text", float: "number", int: "whole number", bool: "true or false"}
    return words.get(annotation, "any")  # type: ignore[call-overload]


def section(model: type[BaseModel], head: str, more: str = "") -> list[str]:
    """Write one table of the file and those inside it."""
    about = " ".join(f"{model.__doc__ or ''} {more}".split())
    lines = [
        "",
        f"## `{head}`",
        "",
        about,
        "",
        "| key | kind | default | meaning |",
        "|---|---|---|---|",
    ]
    inside: list[str] = []
    said = descriptions(model)
    name = head.strip("[]")
    for key, field in model.model_fields.items():
        below, form = model_of(field.annotation)
        if below is not None:
            inside += section(
                below, form.format(f"{name}.{key}" if name else key), said.get(key, "")
            )
            continue
        default = field.get_default(call_default_factory=True)
        shown = "**needed**" if field.is_required() else "" if default is None else f"`{default!r}`"
        meaning = " ".join(said.get(key, "").split()).replace("|", "\\|")
        lines.append(f"| `{key}` | {kind(field.annotation)} | {shown} | {meaning} |")
    return ([] if lines[-1].startswith("|---") else lines) + inside


def document() -> str:
    """Give the whole page."""
    lines = [HEAD.rstrip()]
    for key, field in Config.model_fields.items():
        model, form = model_of(field.annotation)
        if model is not None:
            lines += section(model, form.format(key))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = document()
    if "--check" in sys.argv:
        sys.exit(DOC.read_text(encoding="utf-8") != text)
    DOC.write_text(text, encoding="utf-8", newline="\n")
    print(f"{DOC.name}: {text.count('| `')} keys")
