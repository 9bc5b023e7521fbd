"""What a report is dressed in: the house template and the outline that a plan names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem

if TYPE_CHECKING:
    from zoning.plan import Plan
    from zoning.planfile.models import Config


def dress(
    plan: Plan,
    folders: Sequence[Path],
    *,
    template: str | Path | None = None,
    outline: str | None = None,
    docx: bool = True,
) -> dict[str, Any]:
    """Read template and outline of a report.

    Parameters
    ----------
    plan : Plan
    folders : sequence of Path
        Where files that the plan names are looked for.
    template : str or Path, optional
        In place of that of the plan.
    outline : str, optional
        In place of that of the plan.
    docx : bool
        Whether the report is a Word document; a PDF is laid out without a template.

    Returns
    -------
    dict
        ``template`` and ``outline`` for :func:`zoning.outputs.report.write`.
    """
    from zoning.outputs.office import house
    from zoning.outputs.report.outlines import found, load

    part = plan.config.report
    if template is not None and not docx:
        raise InputError.one(
            "a house template dresses a Word document, not a PDF",
            "公文模板只用于 Word 文档，不用于 PDF",
            where="--template", code="template", remedy=("take --to docx", "请用 --to docx"),
        )  # fmt: skip
    data = None
    if docx and template is not None:
        data = house.read(Path(template))
    elif docx and part.template:
        data = house.read(found(part.template, folders))
    return {"template": data, "outline": load(outline or part.outline, folders)}


def rehearse_report(config: Config, folder: Path) -> list[Problem]:
    """Look whether the template and the outline that a plan names can be used."""
    from zoning.outputs.office import house
    from zoning.outputs.report.outlines import found, load

    problems: list[Problem] = []
    part = config.report
    try:
        load(part.outline, [folder])
    except InputError as error:
        problems += error.problems
    if part.template:
        try:
            house.opened(house.read(found(part.template, [folder])))
        except InputError as error:
            problems += error.problems
    return problems
