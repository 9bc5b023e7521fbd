"""Functions that hold plans of one land against each other: the audit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from zoning.api.making import run
from zoning.api.places import plan_of
from zoning.api.plan import Plan
from zoning.errors import InputError, Text


def audit(
    plan: str | Path,
    out: str | Path | None = None,
    *,
    order: str | None = None,
    rules: str | Path | None = None,
    tolerance: str | Path | None = None,
    decisions: str | Path | None = None,
    workers: int = 1,
    progress: Callable[[Text], None] | None = None,
) -> Plan:
    """Make a plan and hold all plans of its land against each other.

    It is what `run` does where plan.toml has ``[[inputs.plans]]``; here they must be there, and
    what ``[audit]`` says may be said otherwise.

    Parameters
    ----------
    plan : str or Path
        The plan.toml.
    out : str or Path, optional
        Folder to write the plan into as well.
    order : str, optional
        ``2019``, ``2022`` or a TOML file: which of the three lines goes before the others.
    rules, tolerance, decisions : str or Path, optional
        Files in place of those of ``[audit]``; relative paths start where the command runs.
    workers : int
        Processes that measure areas.
    progress : callable, optional
        Told the name of each step as it begins.

    Returns
    -------
    Plan
        With the contribution ``audit``; not ``ok`` while a conflict is undecided.

    Raises
    ------
    InputError
        If plan.toml has no ``[[inputs.plans]]``, or with all problems of all inputs.

    Examples
    --------
    >>> from zoning import api
    >>> api.audit("no/plan.toml")
    Traceback (most recent call last):
    zoning.errors.InputError: no/plan.toml: no such file. Try: zoning init DIR makes one
    """
    from zoning.planfile import load

    path = plan_of(plan)
    config = load(path)
    if not config.inputs.plans:
        raise InputError.one(
            "plan.toml names no other plans", "plan.toml 未给出其他规划", where=str(path),
            code="no-plans",
            remedy=("add [[inputs.plans]]: path, role and class column of each",
                    "请添加 [[inputs.plans]]，写明各图层的 path、role 与类别字段"),
        )  # fmt: skip
    said = {"rules": rules, "tolerance": tolerance, "decisions": decisions}
    given: dict[str, Any] = {k: str(Path(v).absolute()) for k, v in said.items() if v is not None}
    if order is not None:
        given["order"] = str(Path(order).absolute()) if order.endswith(".toml") else order
    config = config.model_copy(update={"audit": config.audit.model_copy(update=given)})
    return run(config, out, folder=path.parent, workers=workers, progress=progress)
