"""Commands that ask a plan: explain, stability, allocate, price, methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.api.places import new_folder
from zoning.cli.allocating import (
    PLAN_FILES,
    BoundaryWeight,
    Folder,
    OldWeight,
    Out,
    allocate,
    weight_of,
)
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.cli.plan import Engine, Scheduler, Workers
from zoning.errors import InputError, Text, some

if TYPE_CHECKING:
    import pandas as pd

    from zoning.questions.stability import CrossCheck, Doubts


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
    """Say why a unit or township has its zone, from input to allocation. / 说明定类理由。"""
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
        float, typer.Option("--cuts", help="Move of cuts, share of their span. / 分界移动占量程比")
    ] = 0.05,
    overlays: Annotated[
        float,
        typer.Option(
            "--overlays",
            "--balance",
            help="Half-width on thresholds of overlays. / 叠加区阈值浮动幅度",
        ),
    ] = 0.1,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed. / 随机种子")] = 20_131,
    lattices: Annotated[
        bool,
        typer.Option(
            "--lattices", help="Also shift the grid and change its cell. / 同时平移网格并改变边长"
        ),
    ] = False,
    doubts: Annotated[
        int,
        typer.Option(
            "--doubts",
            min=0,
            help="Draws of each source of error alone; 0: none. / 各单项误差抽样次数",
        ),
    ] = 200,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Write the stability layer into the plan's files. / 将结果写入方案"
        ),
    ] = False,
    workers: Workers = 1,
    engine: Engine = None,
    scheduler: Scheduler = None,
) -> None:
    """Say how firm the zones are under other weights, thresholds and lattices. / 稳定性检验。"""
    with talk.working(f"{draws:,} draws", f"{draws:,} 次抽样"):
        found = api.stability(
            folder, draws=draws, weights=weights, cuts=cuts, overlays=overlays, seed=seed,
            lattices=lattices, doubts=doubts, workers=workers, engine=engine, scheduler=scheduler,
        )  # fmt: skip
    talk.write(found.draws.tell(talk.lang))
    talk.write(found.sensitivity.tell(talk.lang))
    if found.doubts is not None:
        talk.write(found.doubts.tell(talk.lang))
        _tell_doubts(talk, found.doubts)
    if found.lattices is not None:
        talk.write(found.lattices.tell(talk.lang))
    _tell_clusters(talk, found.clusters, found.draws.townships["name"])
    if found.free is not None:
        talk.write(found.free.tell(talk.lang))
    if save:
        with talk.progress() as progress:
            files = found.plan.save(folder, progress=progress)
        talk.wrote(files)
    rows = found.draws.townships.sort_values(["stability", "name"]).head(10)
    from zoning.zones import zone_name

    scheme = found.plan.scheme

    def said(zone: object) -> str:
        return zone_name(zone, talk.lang, scheme)

    heads = [("least firm townships", "最不稳定的乡镇"), ("zone", "分区"),
             ("kept", "保持"), ("else", "另一类")]  # fmt: skip
    table = [[str(r["name"]), said(r["zone"]), f"{r['stability']:.1%}",
              said(r["second"]) if r["stability"] < 1 else "–"]
             for _, r in rows.iterrows() if r["stability"] == r["stability"]]  # fmt: skip
    talk.write_table("", [talk.say(*h) for h in heads], table)
    talk.write_json(found.as_dict())


def _tell_doubts(talk: Talk, found: Doubts) -> None:
    """Tell what each source of error alone does, and what could not be drawn."""
    from zoning.base.areas import percent

    heads = [("source of error", "误差来源"), ("firm", "稳定面积"),
             ("without overlays", "不计叠加区"), ("kept on average", "平均保持")]  # fmt: skip
    rows = [
        [str(r[talk.lang]), *(percent(float(r[c]), 0) for c in
                              ("firm_share", "firm_outside", "kept_share"))]
        for _, r in found.table.iterrows()
    ]  # fmt: skip
    talk.write_table("", [talk.say(*h) for h in heads], rows)
    for told in found.left_out:
        talk.write(talk.say("not drawn: ", "未抽样：") + told.get(talk.lang))


_OPINIONS = {
    "ward": Text("Ward's clusters", "Ward 聚类"), "kmeans": Text("k-means clusters", "K 均值聚类"),
    "topsis": Text("TOPSIS", "TOPSIS"),
    "evaluation": Text("Ward's clusters of the double evaluation", "双评价指标的 Ward 聚类"),
}  # fmt: skip


def _tell_clusters(talk: Talk, clusters: Sequence[CrossCheck], names: pd.Series) -> None:
    """Tell how far clustering, which knows no matrices, agrees."""
    for found in clusters:
        moved = found.moved
        listed = some([str(names.get(code, code)) for code in moved.index], 8)
        named = _OPINIONS[found.method]
        by_chance = Text("", "")
        if found.chance:
            by_chance = Text(f" (by chance {found.chance:.2f})", f"（随机值 {found.chance:.2f}）")
        talk.write(talk.say(
            f"{named.en}: kappa {found.kappa:.2f}{by_chance.en}, {len(moved)} townships "
            f"elsewhere{': ' if len(moved) else ''}{listed.en}",
            f"{named.zh}：kappa {found.kappa:.2f}{by_chance.zh}，"
            f"{len(moved)} 个乡镇归入他类{'：' if len(moved) else ''}{listed.zh}",
        ))  # fmt: skip


@command(
    writes={
        "out": (
            "prices.csv", "prices.png", "cap_ladder.csv", "cap_ladder.png", "trade_off.csv",
            "trade_off.png", "worth_of_a_hectare.csv", "unit_losses.csv",
        ),
        "folder": PLAN_FILES,
    }
)  # fmt: skip
def price(
    talk: Talk,
    folder: Folder,
    boundary_weight: BoundaryWeight = None,
    units: Annotated[
        bool,
        typer.Option(
            "--units", help="Also what each unit is worth: one plan per unit. / 逐单元损失"
        ),
    ] = False,
    save: Annotated[
        bool,
        typer.Option(
            "--save", help="Write the losses of units into the plan's files. / 将损失写入方案"
        ),
    ] = False,
    out: Out = None,
    weight: OldWeight = None,
) -> None:
    """Price every red line, cap, quota and lock by leaving it out. / 每条规则的代价。"""
    if units and out is None and not save:
        raise InputError.one(
            "--units writes a table, so it needs -o or --save",
            "--units 会写出表格，需要 -o 或 --save",
            where="--units", code="usage",
        )  # fmt: skip
    if save and not units:
        raise InputError.one(
            "--save writes the losses of units, so it needs --units",
            "--save 写入逐单元损失，需要 --units", where="--save", code="usage",
        )  # fmt: skip
    weight = weight_of(talk, boundary_weight, weight)
    # Rules are priced by sums: of shapes only what is written again needs them.
    plan, place = api.load(folder, squares=save), None if out is None else new_folder(out)
    with talk.counting(Text("price the rules", "计算规则代价")) as bar:
        found = plan.price(boundary_weight=weight, progress=lambda done, n, _: bar(done, n))
    talk.write_json(found.as_dict())
    table = found.table()
    if place is not None:
        talk.wrote(api.write_prices(plan, found, place))
    if units:
        with talk.counting(Text("bar and force each unit", "逐单元禁止与强制")) as bar:
            lost = api.unit_losses(plan, progress=bar)
        if place is not None:
            talk.wrote([api.write_table(lost.reset_index(), place / "unit_losses.csv")])
        if save:
            talk.wrote(api.with_losses(plan, lost).save(folder))
    names = {} if plan.redlines is None else plan.redlines.groupby("area_code")["name"].first()
    said = [p.label.get(talk.lang) for p in (*found.prices, found.all_together)]
    rows = [
        [word or f"{r.kind} {r.code} {names.get(r.code, '')}".strip(), f"{r.lower_share:.4%}",
         f"{r.upper_share:.4%}", f"{r.moved_m2 / 1e4:,.1f}"]
        for word, r in zip(said, table.itertuples(), strict=True) if r.upper > 0
    ]  # fmt: skip
    heads = [("rule", "规则"), ("at least", "至少"), ("at most", "至多"), ("moved ha", "移动 公顷")]
    title = talk.say("What each rule costs, as a share of the plan's suitability",
                     "每条规则的代价（占方案适宜性总值）")  # fmt: skip
    talk.write_table(title, [talk.say(*h) for h in heads], rows)
    free = int((table["upper"] == 0).sum())
    nothing = talk.say(f"{free} rules are proved to cost nothing. ", f"{free} 条规则证明没有代价。")
    sums = talk.say("Prices do not add up.", "各项代价不可相加。")
    talk.write((nothing if free else "") + sums)


@command()
def methods(
    talk: Talk,
    folder: Folder,
    method: Annotated[
        list[str] | None,
        typer.Option(
            "--method", show_default=False,
            help="Shipped name or TOML file; by default all. / 方法名或文件，默认全部",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Lay methods of classing townships side by side, and clusters beside them. / 方法对比。"""
    with talk.working("class townships by every method", "按各方法定类"):
        found, scheme = api.methods(folder, method or ()), api.load(folder).scheme
    talk.write_json(found.as_dict(talk.lang))
    names = list(found.kappa.columns)
    open_ = found.table[found.table["status"] != "accept"]

    def word(zone: object) -> str:
        from zoning.zones import zone_name

        return zone_name(zone, talk.lang, scheme) if isinstance(zone, str) else "–"

    rows = [
        [str(r["name"]), *[word(r[n]) for n in names], f"{r['agree']}/{len(names)}"]
        for _, r in open_.iterrows()
    ]
    title = talk.say(f"{len(open_)} of {len(found.table)} townships where methods differ",
                     f"方法结果不一致的乡镇：{len(open_)} / {len(found.table)}")  # fmt: skip
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
