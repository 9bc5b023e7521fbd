"""Commands that ask a plan: explain, stability, allocate, price, methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.api.places import new_folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk, within
from zoning.errors import InputError, Text, some

if TYPE_CHECKING:
    import pandas as pd

    from zoning.questions.stability import CrossCheck

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
        help="km2 of suitability per km of boundary. / 每公里边界折合的适宜性面积(平方公里)",
    ),
]  # fmt: skip
#: Names of the boundary weight in version 0.1.0.
OldWeight = Annotated[
    float | None,
    typer.Option("--weight", "--lambda", hidden=True, help="Old name. / 旧名"),
]
PLAN_FILES = ("plan.gpkg", "plan.qgz", "map.html", "units.parquet", "ledger.parquet", "run.json")


@command()
def explain(
    talk: Talk,
    folder: Folder,
    place: Annotated[
        str,
        typer.Argument(
            help="Unit code, township code or name, or LON,LAT. / 单元、乡镇或经纬度",
            show_default=False,
        ),
        About("place"),
    ],
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy", show_default=False,
            help="A policy of the plan: every term of its formulas. / 按政策列出各项计算",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Say why a unit or township has its zone, from input to allocation. / 说明定类理由."""
    found = api.explain(folder, place, talk.lang, policy=policy)
    talk.write_json(found.as_dict())
    for line in found.lines:
        talk.write(line)


@command(writes={"folder": PLAN_FILES})
def stability(
    talk: Talk,
    folder: Folder,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Number of draws. / 次数")] = 10_000,
    weights: Annotated[
        float, typer.Option("--weights", help="Half-width on weights. / 权重浮动幅度")
    ] = 0.2,
    cuts: Annotated[
        float, typer.Option("--cuts", help="Half-width on thresholds. / 阈值浮动幅度")
    ] = 0.2,
    overlays: Annotated[
        float,
        typer.Option(
            "--overlays",
            "--balance",
            help="Half-width on thresholds of overlays. / 叠加区阈值浮动幅度",
        ),
    ] = 0.2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed. / 随机种子")] = 20_131,
    lattices: Annotated[
        bool,
        typer.Option(
            "--lattices", help="Also shift the grid and change its cell. / 同时平移网格并改变边长"
        ),
    ] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Write the stability layer into the plan's files. / 将结果写入方案"
        ),
    ] = False,
) -> None:
    """Say how firm the zones are under other weights, thresholds and lattices. / 稳定性检验."""
    found = api.stability(
        folder, draws=draws, weights=weights, cuts=cuts, overlays=overlays, seed=seed,
        lattices=lattices,
    )  # fmt: skip
    talk.write(found.draws.tell(talk.lang))
    if found.lattices is not None:
        talk.write(found.lattices.tell(talk.lang))
    _tell_clusters(talk, found.clusters, found.draws.townships["name"])
    if save:
        for file in found.plan.save(folder):
            talk.write(str(file))
    rows = found.draws.townships.sort_values(["stability", "name"]).head(10)
    heads = [("least firm townships", "最不稳定的乡镇"), ("zone", "分区"),
             ("kept", "保持"), ("else", "另一类")]  # fmt: skip
    table = [[str(r["name"]), str(r["zone"]), f"{r['stability']:.1%}", str(r["second"])]
             for _, r in rows.iterrows() if r["stability"] == r["stability"]]  # fmt: skip
    talk.write_table("", [talk.say(*h) for h in heads], table)
    talk.write_json(found.as_dict())


def _tell_clusters(talk: Talk, clusters: Sequence[CrossCheck], names: pd.Series) -> None:
    """Tell how far clustering, which knows no matrices, agrees."""
    for found in clusters:
        moved = found.moved
        listed = some([str(names.get(code, code)) for code in moved.index], 8)
        talk.write(talk.say(
            f"{found.method} clusters: kappa {found.kappa:.2f}, {len(moved)} townships elsewhere: "
            f"{listed.en}",
            f"{found.method} 聚类：kappa {found.kappa:.2f}，"
            f"{len(moved)} 个乡镇归入他类：{listed.zh}",
        ))  # fmt: skip


@command(writes={"out": PLAN_FILES})
def allocate(
    talk: Talk,
    folder: Folder,
    cap: Annotated[
        float | None, typer.Option("--cap", help="Share of the cap, such as 0.27. / 上限")
    ] = None,
    boundary_weight: BoundaryWeight = None,
    lock: Annotated[
        list[str] | None,
        typer.Option("--lock", help="Unit that takes nothing new. / 锁定单元"),
        About("units"),
    ] = None,
    build: Annotated[
        list[str] | None,
        typer.Option("--build", help="Unit whose free land is all built. / 全部建设的单元"),
        About("units"),
    ] = None,
    quota: Annotated[
        list[str] | None,
        typer.Option("--quota", help="ZONE=SHARE, such as key=0.5. / 配额(分区=份额)"),
        About("zone=share"),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole-units", help="Build a unit as a whole or not at all. / 整单元建设"),
    ] = False,
    out: Out = None,
    weight: OldWeight = None,
) -> None:
    """Allocate again: another cap, boundary weight, lock or quota. / 另一上限、锁定或配额."""
    from zoning.base.areas import km2, percent

    within(cap, "--cap", high=1)
    plan, place = api.load(folder), None if out is None else new_folder(out)
    then = plan.allocate(
        cap=cap, boundary_weight=_weight(talk, boundary_weight, weight), lock_out=lock or (),
        lock_in=build or (), quotas=_quotas(quota or ()), whole_units=True if whole else None,
    )  # fmt: skip
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
                        f"新增 {km2(new)},余量 {km2(room)},合计 {share};"
                        f"与原方案相比位置变动 {km2(moved)}"))  # fmt: skip
    gap, grade = found["gap"], found["certificate"]["grade"]
    gap = "–" if gap is None else f"{gap:.2g}"
    talk.write(talk.say(f"method {found['method']}, gap {gap}, certificate {grade}",
                        f"方法 {found['method']},间隙 {gap},证明等级 {grade}"))  # fmt: skip
    for c in failed:
        talk.wrong(f"{c.level}: {c.check} [{c.where}] {c.text.get(talk.lang)}")
    if place is not None:
        for file in then.save(place):
            talk.write(str(file))
    if failed:
        raise typer.Exit(1)


def _moved(plan: api.Plan, then: api.Plan) -> int:
    """Add up the new land that lies where the plan has none of it."""
    new = then.pieces["new_m2"]  # type: ignore[index]
    before = plan.pieces.get("new_m2", 0)  # type: ignore[union-attr]
    return int((new - before).clip(lower=0).sum())


def _weight(talk: Talk, weight: float | None, old: float | None) -> float | None:
    """Take the boundary weight under its name, or with a note under its old one."""
    if old is not None:
        talk.note("--weight and --lambda are now --boundary-weight; the old names will go",
                  "--weight 与 --lambda 现名 --boundary-weight,旧名将取消")  # fmt: skip
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
            value = float(share)
        except ValueError as error:
            raise InputError.one(
                f"'{text}' is not ZONE=SHARE", f"“{text}”不是 分区=份额", where="--quota",
                code="usage", remedy=("such as key=0.5", "例如 key=0.5"),
            ) from error  # fmt: skip
        within(value, f"--quota {zone.strip()}", high=1)
        found[zone.strip()] = value
    return found or None


@command(
    writes={
        "out": (
            "prices.csv", "prices.png", "cap_ladder.csv", "cap_ladder.png", "trade_off.csv",
            "trade_off.png", "worth_of_a_hectare.csv",
        )
    }
)  # fmt: skip
def price(
    talk: Talk,
    folder: Folder,
    boundary_weight: BoundaryWeight = None,
    out: Out = None,
    weight: OldWeight = None,
) -> None:
    """Price every red line, cap, quota and lock by leaving it out. / 每条规则的代价."""
    weight = _weight(talk, boundary_weight, weight)
    plan, place = api.load(folder), None if out is None else new_folder(out)
    with talk.counting(Text("price the rules", "计算规则代价")) as bar:
        found = plan.price(boundary_weight=weight, progress=lambda done, n, _: bar(done, n))
    talk.write_json(found.as_dict())
    table = found.table()
    if place is not None:
        for file in api.write_prices(plan, found, place):
            talk.write(str(file))
    names = {} if plan.redlines is None else plan.redlines.groupby("area_code")["name"].first()
    rows = [
        [f"{r.kind} {r.code} {names.get(r.code, '')}".strip(), f"{r.lower_share:.4%}",
         f"{r.upper_share:.4%}", f"{r.moved_m2 / 1e4:,.1f}"]
        for r in table.itertuples() if r.upper > 0
    ]  # fmt: skip
    heads = [("rule", "规则"), ("at least", "至少"), ("at most", "至多"), ("moved ha", "移动 公顷")]
    title = talk.say("What each rule costs, as a share of the plan's suitability",
                     "每条规则的代价(占方案适宜性总值)")  # fmt: skip
    talk.write_table(title, [talk.say(*h) for h in heads], rows)
    free = int((table["upper"] == 0).sum())
    talk.write(talk.say(f"{free} rules are proved to cost nothing. Prices do not add up.",
                        f"{free} 条规则证明没有代价。各项代价不可相加。"))  # fmt: skip


@command()
def methods(
    talk: Talk,
    folder: Folder,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method", show_default=False,
            help="Shipped name or TOML file; by default all. / 方法名或文件,默认全部",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Lay methods of classing townships side by side, and clusters beside them. / 方法对比."""
    from zoning.zones import zone_name

    found, scheme = api.methods(folder, method or ()), api.load(folder).scheme
    talk.write_json(found.as_dict(talk.lang))
    names = list(found.kappa.columns)
    open_ = found.table[found.table["status"] != "accept"]

    def word(zone: object) -> str:
        return zone_name(zone, talk.lang, scheme) if isinstance(zone, str) else "–"

    rows = [
        [str(r["name"]), *[word(r[n]) for n in names], f"{r['agree']}/{len(names)}"]
        for _, r in open_.iterrows()
    ]
    title = talk.say(f"{len(open_)} of {len(found.table)} townships where methods differ",
                     f"方法结果不一致的乡镇:{len(open_)} / {len(found.table)}")  # fmt: skip
    talk.write_table(title, [talk.say("township", "乡镇"), *names, talk.say("agree", "一致")], rows)
    kappa = [[n, *[f"{found.kappa.at[n, m]:.2f}" for m in names]] for n in names]
    talk.write_table(talk.say("Cohen's kappa", "Cohen's kappa 一致性"), ["", *names], kappa)
    _tell_clusters(talk, found.clusters, found.table["name"])
    for name, error in found.cannot.items():
        talk.wrong(f"{name}: {error.tell(talk.lang)}")


COMMANDS: dict[str, Callable[..., None]] = {
    "explain": explain, "stability": stability, "allocate": allocate, "price": price,
    "methods": methods,
}  # fmt: skip
