"""The folder of a plan, with the files that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.dressed import dress
from zoning.api.places import new_folder

if TYPE_CHECKING:
    from zoning.inputs.geography import Geography
    from zoning.plan import Plan
    from zoning.questions.rungs import Ladder


def save(
    plan: Plan,
    folder: Path,
    wanted: Mapping[str, bool | None],
    progress: Callable[[Any], None] | None = None,
) -> list[Path]:
    """Write the folder of a plan; see `Plan.save`."""
    from zoning.outputs.folder import write

    if not folder.is_dir():
        new_folder(folder)
    home = home_of(plan)
    said = {name: value for name, value in wanted.items() if value is not None}
    if said:
        outputs = plan.config.outputs.model_copy(update=said)
        config = plan.config.model_copy(update={"outputs": outputs})
        run = dict(plan.run)
        run["config"] = {**run["config"], "outputs": outputs.model_dump(mode="json")}
        plan = replace(plan, config=config, run=run)
    steps = None
    if plan.config.outputs.map and plan.config.outputs.ladder:
        steps = ladder_of(plan, progress)
    elif plan.config.outputs.map and wanted.get("ladder") is None:
        steps = kept_ladder(plan)
    under = under_of(plan, [*home, folder.parent]) if plan.config.outputs.map else None
    dressed = dress(plan, [*home, folder, folder.parent]) if plan.config.outputs.report else {}
    return write(plan, folder, progress=progress, ladder=steps, under=under, dressed=dressed)


def home_of(plan: Plan) -> list[Path]:
    """Say where the inputs of a plan that this process made start; nothing of it is stored."""
    home = getattr(plan, "_home", None)
    return [] if home is None else [home]


def under_of(plan: Plan, folders: Sequence[Path]) -> Geography:
    """Gather water, roads, relief and neighbours from the inputs, where they are at hand."""
    from zoning.base.shipped import data_path
    from zoning.inputs.geography import geography

    return geography(plan, [*folders, data_path()])


def kept_ladder(plan: Plan) -> Ladder | None:
    """Give the ladder that was solved beforehand for the very question of a plan, if there is."""
    from zoning.outputs.webmap import kept

    return kept.find(plan)


def ladder_of(plan: Plan, progress: Callable[[Any], None] | None = None) -> Ladder:
    """Solve the plan under other caps, before anything is drawn."""
    from zoning.errors import Text
    from zoning.questions.ladder import ladder

    def tell(done: int, every: int) -> None:
        if progress and done < every:
            n = f"{done + 1}/{every}"
            progress(Text(f"caps for the slider {n}", f"上限滑块 {n}"))

    return ladder(plan, tell)
