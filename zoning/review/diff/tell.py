"""What a comparison says in words: the chapter's paragraphs, and the lines of the console."""

from __future__ import annotations

from zoning.base.areas import M2_PER_KM2
from zoning.errors import Text
from zoning.review.diff.causes import word_of
from zoning.review.diff.compare import Diff, cause_table
from zoning.review.diff.walk import CHANGED, OPEN

#: So many keys are named in a sentence; the table names all.
_FEW = 5


def paragraphs(diff: Diff) -> tuple[Text, ...]:
    """Say in a few sentences what changed, why, and what is not known."""
    if diff.empty:
        return (Text("Nothing differs between the two.", "两者没有差异。"),)
    if diff.unmoved:
        keys = diff.differences["key"].tolist()
        count = f"{len(keys)} setting{'s' * (len(keys) > 1)} or input{'s' * (len(keys) > 1)}"
        do = "do" if len(keys) > 1 else "does"
        some = ", ".join(keys[:_FEW]) + (" ..." if len(keys) > _FEW else "")
        return (Text(
            f"The results do not differ; {count} {do}: {some}.",
            f"两者结果没有差异；设置或输入有 {len(keys)} 处不同：{some}。",
        ),)  # fmt: skip
    found = [_units(diff), _causes(diff), _places(diff), _land(diff), _protected(diff)]
    return tuple(t for t in (*found, *_limits(diff)) if t is not None)


def _km2(m2: float) -> str:
    return f"{m2 / M2_PER_KM2:,.2f}"


def _units(diff: Diff) -> Text:
    units, total = diff.units, len(diff.units)
    moved = units[units["state"] == CHANGED]
    area, whole = int(moved["common_m2"].sum()), int(units["area_after_m2"].sum()) or 1
    opened = units[units["state"] == OPEN]
    en = (
        f"{len(moved):,} of {total:,} units have another zone ({_km2(area)} km², "
        f"{area / whole:.1%} of the land)"
    )
    zh = (
        f"{total:,} 个单元中有 {len(moved):,} 个改变分区（{_km2(area)} km²，占 {area / whole:.1%}）"
    )
    if len(opened):
        land = _km2(int(opened["common_m2"].sum()))
        en += (
            f"; {len(opened):,} more ({land} km²) are left open by the crosswalk: decisions are due"
        )
        zh += f"；另有 {len(opened):,} 个（{land} km²）对照表未定，有待决定"
    return Text(f"{en}.", f"{zh}。")


def _causes(diff: Diff) -> Text | None:
    table = cause_table(diff)
    table = table[(table["units"] > 0) | (table["new_units"] > 0)]
    if table.empty:
        return None
    en, zh = [], []
    for row in table.itertuples(index=False):
        name = word_of(str(row.cause))
        units, new = int(row.units), int(row.new_units)
        en.append(f"{name.en}: {units:,} units, new land of {new:,}")
        zh.append(f"{name.zh}：{units:,} 个单元、{new:,} 个单元的新增用地")
    tail = Text(
        f". A group is the cause where swapping it alone in the first plan brings the change and "
        f"in the second undoes it; {diff.causes.runs} plans were made again to find out.",
        f"。某一因素单独替换到原方案即引起变化、从现方案单独还原即消除变化者，认定为原因；"
        f"为此重新计算了 {diff.causes.runs} 个方案。",
    )
    return Text(f"By cause: {'; '.join(en)}{tail.en}", f"按原因：{'；'.join(zh)}{tail.zh}")


def _places(diff: Diff) -> Text | None:
    towns = diff.changed_towns
    if towns.empty:
        return None
    count = towns["relation"].value_counts()
    gone, new, unlisted = (int(count.get(k, 0)) for k in ("gone", "new", "unlisted"))
    kept = towns[~towns["relation"].isin(["gone", "new", "unlisted"])]
    classes, opened = (int((kept["state"] == s).sum()) for s in (CHANGED, OPEN))
    other = len(kept) - classes - opened
    en = f"{classes} townships have another class; {other} have another name, code or boundary only"
    zh = f"{classes} 个乡镇改变类型；另有 {other} 个乡镇仅更名、换码或调整界线"
    if opened:
        en += f"; {opened} are left open by the crosswalk"
        zh += f"；{opened} 个对照表未定"
    if gone or new:
        en += f"; {gone} are gone and {new} new"
        zh += f"；撤销 {gone} 个，新设 {new} 个"
    if unlisted:
        en += f"; {unlisted} are not in the list, their units stand as unzoned"
        zh += f"；{unlisted} 个名单未列，其单元按未分区计"
    open_ = int((~diff.proposed["confirmed"]).sum()) if len(diff.proposed) else 0
    if open_:
        en += (f". {open_} pairs of codes are proposed by overlap and not taken: a crosswalk has "
               "to confirm them")  # fmt: skip
        zh += f"。按重叠关系提出了 {open_} 组代码对应建议，未予采用，须经对照表确认"
    return Text(f"{en}.", f"{zh}。")


def _land(diff: Diff) -> Text | None:
    grown = diff.units.get("new_difference_m2")
    if grown is None or not grown.any():
        return None
    more, less = int(grown.clip(lower=0).sum()), int(-grown.clip(upper=0).sum())
    merit = diff.agreement.query("basis == 'new_m2'")["value"]
    share = float(merit.iloc[0]) if len(merit) else float("nan")
    return Text(
        f"New construction land: {_km2(more)} km² came, {_km2(less)} km² went; of what either "
        f"plan builds on, both build on {share:.0%}.",
        f"新增建设用地：增加 {_km2(more)} km²，减少 {_km2(less)} km²；两方案任一方案拟用的土地中，"
        f"共同部分占 {share:.0%}。",
    )


def _protected(diff: Diff) -> Text | None:
    moved = diff.protections
    if moved.empty:
        return None
    came, went = int(moved["in_m2"].sum()), int(moved["out_m2"].sum())
    return Text(
        f"{len(moved)} protected areas changed: {_km2(came)} km² came under protection, "
        f"{_km2(went)} km² left it (areas of several kinds count for each).",
        f"{len(moved)} 处保护区有变化：调入 {_km2(came)} km²，调出 {_km2(went)} km²"
        "（不同类别重叠处分别计）。",
    )


def _limits(diff: Diff) -> list[Text]:
    """Say what could not be found out."""
    return [f.what for f in diff.findings]
