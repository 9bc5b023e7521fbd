"""The command that allocates again: other rules, several plans, a range of caps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from zoning import api
from zoning.api.places import new_folder
from zoning.base import words
from zoning.base.words import method_words
from zoning.cli.command import About, command
from zoning.cli.console import Talk, within
from zoning.cli.solving import ended, searching
from zoning.errors import LEVELS, InputError

Folder = Annotated[
    Path,
    typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False),
    About("plan-folder"),
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="Folder for the result. / 输出文件夹", show_default=False),
    About("folder", output=True),
]
BoundaryWeight = Annotated[
    float | None,
    typer.Option(
        "--boundary-weight", show_default=False,
        help="km2 of suitability per km of boundary. / 每公里边界折合的适宜性面积（平方公里）",
    ),
]  # fmt: skip
#: Names of the boundary weight in version 0.1.0.
OldWeight = Annotated[
    float | None,
    typer.Option("--weight", "--lambda", hidden=True, help="Old name. / 旧名"),
]
PLAN_FILES = (
    "plan.gpkg",
    "plan.qgz",
    "map.html",
    "units.parquet",
    "ledger.parquet",
    "run.json",
    "times.json",
)


@command(writes={"out": (*PLAN_FILES, "cap_range.csv", "alternatives.csv")})
def allocate(
    talk: Talk,
    folder: Folder,
    cap: Annotated[
        str | None,
        typer.Option(
            "--cap",
            help="Share of the cap, such as 0.27 or 27%; a range 0.26:0.30[:STEP]. / 上限或区间",
            show_default=False,
        ),
    ] = None,
    boundary_weight: BoundaryWeight = None,
    lock: Annotated[
        list[str] | None,
        typer.Option(
            "--lock",
            help="Unit, township, county or file of polygons that takes nothing new. / 锁定",
        ),
        About("units"),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option(
            "--build",
            help="Unit, township, county or file whose free land is all built. / 全部建设",
        ),
        About("units"),
    ] = None,
    quota: Annotated[
        list[str] | None,
        typer.Option("--quota", help="ZONE=SHARE, such as key=0.5 or key=50%. / 配额（分区=份额）"),
        About("zone=share"),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole-units", help="Build a unit as a whole or not at all. / 整单元建设"),
    ] = False,
    goal: Annotated[
        list[str] | None,
        typer.Option(
            "--goal",
            show_default=False,
            help="Goal before suitability, such as 'least farmland'; in order. / 优先目标",
        ),
        About("goal"),
    ] = None,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="Whole units: gap to stop at. / 停止求解的间隙")
    ] = 0.0,
    seconds: Annotated[
        float | None,
        typer.Option(
            "--seconds", help="Time limit of a search. / 求解时限（秒）", show_default=False
        ),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(
            "--alternatives",
            help="So many good plans, the best first. / 方案个数",
            show_default=False,
        ),
    ] = None,
    near: Annotated[
        float,
        typer.Option("--within", min=0, help="Worth that a further plan may lose. / 容许损失"),
    ] = 0.01,
    out: Out = None,
    weight: OldWeight = None,
) -> None:
    """Allocate again: another cap, boundary weight, lock or quota. / 另一上限、锁定或配额。"""
    low, high, step = _range(cap)
    within(gap, "--gap")
    within(seconds, "--seconds")
    place = None if out is None else new_folder(out, [folder])
    # Only a plan that is written, and a place that is drawn, ask where the squares lie.
    plan = api.load(folder, squares=place is not None or bool(lock or build))
    question: dict[str, Any] = {
        "cap": low, "boundary_weight": weight_of(talk, boundary_weight, weight),
        "lock_out": lock or (), "lock_in": build or (), "quotas": _quotas(quota or ()),
        "whole_units": True if whole else None, "goals": goal or None, "gap": gap,
        "seconds": seconds,
    }  # fmt: skip
    if high is not None and low is not None:
        _only_a_range(question, count)
        with talk.working("allocate under every cap", "逐一上限分配"):
            table = api.cap_range(plan, low, high, step)
        return _tell_range(talk, table, place)
    with talk.working("allocate", "分配新增用地"), searching(talk):
        if count is not None:
            made = api.alternatives(plan, count, near, **question)
            return _tell_several(talk, plan, made, place)
        then = plan.allocate(**question)
    _tell_plan(talk, plan, then, place)


def _tell_plan(talk: Talk, plan: api.Plan, then: api.Plan, place: Path | None) -> None:
    """Tell and write one plan; one that was stopped too early is written whole."""
    from zoning.base.areas import km2, percent

    failed = [c for c in then.checks if not c.ok and c.level == "error"]
    account, found, moved = then.run["construction"], then.run["allocation"], _moved(plan, then)
    talk.write_json({
        "cap_m2": account["cap_m2"], "headroom_m2": account["headroom_m2"],
        "new_m2": account["new_m2"], "moved_m2": moved,
        "failed": [c.as_dict() for c in failed], **found,
    })  # fmt: skip
    new, room, share = account["new_m2"], account["headroom_m2"], percent(account["share"])
    talk.write(talk.say(f"New land {km2(new)} of {km2(room)} headroom, then {share}; "
                        f"{km2(moved)} in other places than in the plan",
                        f"新增 {km2(new)}，余量 {km2(room)}，合计 {share}；"
                        f"与原方案相比位置变动 {km2(moved)}"))  # fmt: skip
    gap, grade = found["gap"], found["certificate"]["grade"]
    gap = "–" if gap is None else f"{gap:.2g}"
    talk.write(talk.say(f"method {found['method']}, gap {gap}, certificate {grade}",
                        f"方法：{method_words(found['method'], 'zh')}；间隙 {gap}；"
                        f"证明：{words.value('proof', grade, 'zh')}"))  # fmt: skip
    known = {(c.check, c.where) for c in plan.checks if not c.ok}
    fresh = [c for c in then.checks if not c.ok and c.level == "warning"
             and (c.check, c.where) not in known]  # fmt: skip
    for c in (*failed, *fresh):  # what was wrong before, but not against the rules, was told then
        level, text = LEVELS[c.level].get(talk.lang), c.text.get(talk.lang)
        line = talk.say(f"{level}: {c.check} [{c.where}] {text}", f"{level}：{text}")
        (talk.wrong if c in failed else talk.write)(line)
    if place is not None:
        with talk.progress() as progress:
            files = then.save(place, progress=progress)
        talk.wrote(files)
    ended(talk, found.get("status", "proved"))
    if failed:
        raise typer.Exit(1)


def _tell_several(talk: Talk, plan: api.Plan, made: api.Alternatives, place: Path | None) -> None:
    """Tell several plans side by side; each is written into a folder of its own."""
    told = made.as_dict()
    rows = [
        [str(r["plan"]), f"{r['objective_share']:.4f}", _km2(r["elsewhere_m2"]), _km2(r["most_m2"])]
        for r in told["plans"]
    ]
    heads = [("plan", "方案"), ("worth of the best", "相对价值"),
             ("elsewhere km²", "异地新增 km²"), ("at most km²", "上限 km²")]  # fmt: skip
    title = talk.say("Plans, each apart from all earlier ones", "相互差异最大的若干方案")
    talk.write_table(title, [talk.say(*h) for h in heads], rows)
    both = [p.units["new_m2"] > 0 for p in made.plans]
    every = int(sum(both).eq(len(both)).sum())
    talk.write(talk.say(f"{every:,} units take new land in every plan",
                        f"{every:,} 个单元在全部方案中新增"))  # fmt: skip
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        for k, one in enumerate(made.plans, start=1):
            talk.wrote(one.save(place / f"plan-{k}"))
        talk.wrote([api.write_table(made.table, place / "alternatives.csv")])
    talk.write_json(told)
    ended(talk, made.status)


def _km2(m2: int | None) -> str:
    return "–" if m2 is None else f"{m2 / 1e6:.2f}"


def _tell_range(talk: Talk, table: Any, place: Path | None) -> None:
    """Tell a range of caps as one table."""
    plain = table.reset_index()
    talk.write_json({"caps": plain.astype(object).where(plain.notna(), None).to_dict("records")})
    rows = [
        [f"{r.cap_share:.2%}", f"{r.headroom_m2 / 1e6:.2f}", f"{r.new_m2 / 1e6:.2f}",
         f"{r.suitability_m2 / 1e6:.3f}", "–" if r.per_m2 != r.per_m2 else f"{r.per_m2:.3f}"]
        for r in plain.itertuples()
    ]  # fmt: skip
    heads = [("cap", "上限"), ("headroom km²", "余量 km²"), ("new km²", "新增 km²"),
             ("suitability km²", "适宜性 km²"), ("per m²", "每 m²")]  # fmt: skip
    talk.write_table(talk.say("One cap after the other", "逐一上限"),
                     [talk.say(*h) for h in heads], rows)  # fmt: skip
    if place is not None:
        place.mkdir(parents=True, exist_ok=True)
        talk.wrote([api.write_table(plain, place / "cap_range.csv")])


def _range(text: str | None) -> tuple[float | None, float | None, float]:
    """Read a share, or a range LOW:HIGH[:STEP]; each as 0.15 or 15%."""
    if text is None:
        return None, None, 0.01
    try:
        numbers = [share_of(part) for part in text.replace("：", ":").split(":")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3:
        raise InputError.one(
            f"'{text}' is no share and no range", f"“{text}”不是份额，也不是区间", where="--cap",
            code="usage", remedy=("such as 0.27, 27% or 0.26:0.30", "例如 0.27、27% 或 0.26:0.30"),
        )  # fmt: skip
    for number in numbers[:2]:
        within(number, "--cap", high=1)
    low, high = numbers[0], numbers[1] if len(numbers) > 1 else None
    return low, high, numbers[2] if len(numbers) > 2 else 0.01


def share_of(text: str) -> float:
    """Read a share, as a number or in per cent.

    Examples
    --------
    >>> share_of("0.27"), share_of("27.5%"), share_of("27％")
    (0.27, 0.275, 0.27)
    """
    bare = text.strip().removesuffix("%").removesuffix("％")
    number = float(bare)
    return number if bare == text.strip() else float(Decimal(bare) / 100)


def _only_a_range(question: dict[str, Any], count: int | None) -> None:
    """Refuse what a range of caps would silently leave out."""
    others = {k: v for k, v in question.items() if k not in ("cap", "gap") and v not in (None, ())}
    if others or count is not None:
        raise InputError.one(
            "a range of caps takes no other option", "上限区间不能与其他选项同时使用",
            where="--cap", code="usage",
            remedy=("allocate once with the options, then ask that plan",
                    "请先用这些选项分配一次，再对所得方案提问"),
        )  # fmt: skip


def _moved(plan: api.Plan, then: api.Plan) -> int:
    """Add up the new land that lies where the plan has none of it."""
    new = then.pieces["new_m2"]  # type: ignore[index]
    before = plan.pieces.get("new_m2", 0)  # type: ignore[union-attr]
    return int((new - before).clip(lower=0).sum())


def weight_of(talk: Talk, weight: float | None, old: float | None) -> float | None:
    """Take the boundary weight under its name, or with a note under its old one."""
    if old is not None:
        talk.note("--weight and --lambda are now --boundary-weight; the old names will go",
                  "--weight 与 --lambda 现名 --boundary-weight，旧名将取消")  # fmt: skip
        if weight is not None:
            raise InputError.one(
                "the boundary weight is given twice", "边界权重重复给出",
                where="--boundary-weight", code="usage",
            )  # fmt: skip
        weight = old
    within(weight, "--boundary-weight")
    return weight


def _quotas(given: Sequence[str]) -> dict[str, float] | None:
    found = {}
    for text in given:
        zone, _, share = text.partition("=")
        try:
            value = share_of(share)
        except ValueError as error:
            raise InputError.one(
                f"'{text}' is not ZONE=SHARE", f"“{text}”不是 分区=份额", where="--quota",
                code="usage", remedy=("such as key=0.5 or key=50%", "例如 key=0.5 或 key=50%"),
            ) from error  # fmt: skip
        within(value, f"--quota {zone.strip()}", high=1)
        found[zone.strip()] = value
    return found or None
