"""Commands that ask a plan: explain, stability, allocate, price."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, say, write, write_json, write_table
from zoning.errors import InputError, Text

if TYPE_CHECKING:
    from zoning.plan import Plan

Folder = Annotated[
    Path, typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False)
]  # fmt: skip
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="Folder for the result. / 输出文件夹", show_default=False),
]


def explain(
    folder: Folder,
    place: Annotated[
        str,
        typer.Argument(
            help="Unit code, township code or name, or LON,LAT. / 单元、乡镇或经纬度",
            show_default=False,
        ),
    ],
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Say why a unit or township has its zone, from input to allocation. / 说明定类理由."""
    from zoning.questions.explain import explain as answer
    from zoning.store import load

    found = answer(load(folder), place, console.settings.lang)
    if console.settings.json:
        write_json(found.as_dict())
    for line in found.lines:
        write(line)


def stability(
    folder: Folder,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Number of draws. / 次数")] = 10_000,
    weights: Annotated[float, typer.Option("--weights", help="Half-width on weights.")] = 0.2,
    cuts: Annotated[float, typer.Option("--cuts", help="Half-width on thresholds.")] = 0.2,
    balance: Annotated[float, typer.Option("--balance", help="Half-width on balance.")] = 0.2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed. / 随机种子")] = 20_131,
    lattices: Annotated[
        bool, typer.Option("--lattices", help="Also shift the grid and change its cell.")
    ] = False,
    save: Annotated[
        bool, typer.Option("--save", help="Write the stability layer into the plan's files.")
    ] = False,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:  # fmt: skip
    """Say how firm the zones are under other weights, thresholds and lattices. / 稳定性检验."""
    from zoning.pipeline.ready import load_method
    from zoning.questions import stability as room
    from zoning.questions.answer import zones_on
    from zoning.store import load

    plan = load(folder)
    found = room.run(plan, draws=draws, weights=weights, cuts=cuts, balance=balance, seed=seed)
    answer: dict[str, Any] = found.as_dict()
    write(found.tell(console.settings.lang))
    units = plan.units.assign(stability=found.units["stability"])
    if lattices:
        grids = room.grid_stability(plan, lambda grid: zones_on(plan, grid))
        answer["lattices"] = grids.as_dict()
        units["grid_stability"] = grids.units["grid_stability"]
        write(grids.tell(console.settings.lang))
    if plan.townships is not None:
        towns = plan.townships[plan.townships["zone_reason"] != "override"]
        answer["cross_check"] = [
            _tell_clusters(room.cross_check(towns, load_method(plan.config), how))
            for how in ("ward", "kmeans")
        ]
    if save:
        _save_stability(plan, folder, units, found, answer)
    rows = found.townships.sort_values(["stability", "name"]).head(10)
    heads = [say("least firm townships", "最不稳定的乡镇"), say("zone", "分区"),
             say("kept", "保持"), say("else", "另一类")]  # fmt: skip
    table = [[str(r["name"]), str(r["zone"]), f"{r['stability']:.1%}", str(r["second"])]
             for _, r in rows.iterrows() if r["stability"] == r["stability"]]  # fmt: skip
    write_table("", heads, table)
    if console.settings.json:
        write_json(answer)


def _tell_clusters(found: Any) -> dict[str, Any]:
    """Tell how far clustering, which knows no matrices, agrees."""
    moved = found.moved
    listed = ", ".join(str(code) for code in moved.index[:8])
    write(say(
        f"{found.method} clusters: kappa {found.kappa:.2f}, {len(moved)} townships elsewhere: "
        f"{listed}",
        f"{found.method} 聚类:kappa {found.kappa:.2f},{len(moved)} 个乡镇归入他类:{listed}",
    ))  # fmt: skip
    return {"method": found.method, "kappa": found.kappa, "moved": [str(c) for c in moved.index]}


def _save_stability(plan: Plan, folder: Path, units: Any, found: Any, answer: Any) -> None:
    """Write the plan again with the stability of units and townships."""
    from zoning.outputs.folder import write as write_folder

    towns = plan.townships
    if towns is not None:
        towns = towns.assign(stability=found.townships["stability"])
    kept = {k: v for k, v in answer.items() if k not in ("units", "townships")}
    geometry = units.pop("geometry")
    units = units.set_geometry(geometry) if hasattr(units, "set_geometry") else units
    for file in write_folder(
        replace(plan, units=units, townships=towns, run={**plan.run, "stability": kept}), folder
    ):
        write(str(file))


def allocate(
    folder: Folder,
    cap: Annotated[
        float | None, typer.Option("--cap", help="Share of the cap, such as 0.27. / 上限")
    ] = None,
    weight: Annotated[
        float | None, typer.Option("--lambda", help="km2 of suitability per km of boundary.")
    ] = None,
    lock: Annotated[
        list[str] | None, typer.Option("--lock", help="Unit that takes nothing new. / 锁定单元")
    ] = None,
    build: Annotated[
        list[str] | None, typer.Option("--build", help="Unit whose free land is all built.")
    ] = None,
    quota: Annotated[
        list[str] | None, typer.Option("--quota", help="ZONE=SHARE, such as key=0.5. / 配额")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole-units", help="Build a unit as a whole or not at all.")
    ] = False,
    out: Out = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Allocate again: another cap, boundary weight, lock or quota. / 另一上限、锁定或配额."""
    from zoning.base.areas import km2, percent
    from zoning.questions.answer import Question, ask, with_allocation
    from zoning.store import load

    console.within(cap, "--cap", high=1)
    console.within(weight, "--lambda")
    plan = load(folder)
    question = Question(
        cap=cap, weight=weight, quotas=_quotas(quota or ()), lock_out=lock or (),
        lock_in=build or (), whole_units=True if whole else None,
    )  # fmt: skip
    account, found = ask(plan, question)
    then = with_allocation(plan, account, found, question)
    failed = [c for c in then.checks if not c.ok and c.level == "error"]
    new = int(found.new_m2.sum())
    before = plan.pieces["new_m2"] if plan.pieces is not None and "new_m2" in plan.pieces else 0
    moved = int((found.new_m2 - before).clip(lower=0).sum())
    answer = {
        "cap_m2": account.cap_m2, "headroom_m2": account.headroom_m2, "new_m2": new,
        "moved_m2": moved, "failed": [c.as_dict() for c in failed], **found.as_dict(),
    }  # fmt: skip
    if console.settings.json:
        write_json(answer)
    share = percent((account.existing_m2 + new) / account.base_m2)
    write(say(f"New land {km2(new)} of {km2(account.headroom_m2)} headroom, then {share}; "
              f"{km2(moved)} in other places than in the plan",
              f"新增 {km2(new)},余量 {km2(account.headroom_m2)},合计 {share};"
              f"与原方案相比位置变动 {km2(moved)}"))  # fmt: skip
    gap = "–" if found.gap is None else f"{found.gap:.2g}"
    write(say(f"method {found.method}, gap {gap}, certificate {found.certificate.grade}",
              f"方法 {found.method},间隙 {gap},证明等级 {found.certificate.grade}"))  # fmt: skip
    for c in failed:
        write(f"{c.level}: {c.check} [{c.where}] {c.text.get(console.settings.lang)}")
    if out is not None:
        from zoning.outputs.folder import write as write_folder

        for file in write_folder(then, console.new_folder(out)):
            write(str(file))
    if failed:
        raise typer.Exit(1)


def _quotas(given: Sequence[str]) -> dict[str, float] | None:
    found = {}
    for text in given:
        zone, _, share = text.partition("=")
        try:
            value = float(share)
        except ValueError as error:
            raise InputError.one(
                f"'{text}' is not ZONE=SHARE", f"“{text}”不是 分区=份额", where="--quota",
                code="usage", remedy=("such as key=0.5", "例如 key=0.5"),
            ) from error  # fmt: skip
        console.within(value, f"--quota {zone.strip()}", high=1)
        found[zone.strip()] = value
    return found or None


def price(
    folder: Folder,
    weight: Annotated[
        float | None, typer.Option("--lambda", help="km2 of suitability per km of boundary.")
    ] = None,
    out: Out = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Price every red line, cap, quota and lock by leaving it out. / 每条规则的代价."""
    from zoning.questions.answer import price_list
    from zoning.store import load

    console.within(weight, "--lambda")
    plan = load(folder)
    with console.counting(Text("price the rules", "计算规则代价")) as bar:
        found = price_list(plan, weight=weight, progress=lambda done, n, _: bar(done, n))
    if console.settings.json:
        write_json(found.as_dict())
    table = found.table()
    if out is not None:
        from zoning.outputs.office.prices import write as write_prices

        for file in write_prices(plan, found, console.new_folder(out)):
            write(str(file))
    names = {} if plan.redlines is None else plan.redlines.groupby("area_code")["name"].first()
    rows = [
        [f"{r.kind} {r.code} {names.get(r.code, '')}".strip(), f"{r.lower_share:.4%}",
         f"{r.upper_share:.4%}", f"{r.moved_m2 / 1e4:,.1f}"]
        for r in table.itertuples() if r.upper > 0
    ]  # fmt: skip
    heads = [say("rule", "规则"), say("at least", "至少"), say("at most", "至多"),
             say("moved ha", "移动 公顷")]  # fmt: skip
    title = say("What each rule costs, as a share of the plan's suitability",
                "每条规则的代价(占方案适宜性总值)")  # fmt: skip
    write_table(title, heads, rows)
    free = int((table["upper"] == 0).sum())
    write(say(f"{free} rules are proved to cost nothing. Prices do not add up.",
              f"{free} 条规则证明没有代价。各项代价不可相加。"))  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {
    "explain": explain, "stability": stability, "allocate": allocate, "price": price,
}  # fmt: skip
