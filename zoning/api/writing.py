"""Functions that write files of a plan: its folder, map, report, exchange formats, prices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api import REPORTS, speech
from zoning.api.making import taken
from zoning.api.places import inputs_start, own_file
from zoning.api.plan import Plan
from zoning.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from zoning.outputs.exchange.decisions import ToDecide
    from zoning.questions.prices import PriceList

#: Formats of `export` that hold the question of the allocation, not the plan.
PROBLEMS = ("mps", "lp", "marxan")


def map(
    plan: Plan | str | Path,
    out: str | Path,
    *,
    compare: Plan | str | Path | None = None,
    names: Sequence[str] | None = None,
    folder: bool = False,
    tiles: str | None = None,
    tianditu_key: str | None = None,
    ladder: bool | None = None,
    inputs: str | Path | None = None,
    lang: str | None = None,
    progress: Callable[[Any], None] | None = None,
) -> Path:
    """Write the interactive map: one file, no network.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    out : str or Path
        The file; with ``folder`` a folder for ``index.html`` and its assets.
    compare : Plan, str or Path, optional
        Another plan of the same city, side by side.
    names : sequence of str, optional
        What to call the two; by default their own names, told apart by the cap.
    folder : bool
        Scripts and styles as files of their own, for servers with a strict content policy.
    tiles, tianditu_key : str, optional
        A background that needs the network: ``"tianditu"`` and its key.
    ladder : bool, optional
        Whether the page has a slider of caps: 41 of them are solved before it is drawn. By
        default as ``[outputs] ladder`` of the plan says, and where the answers to the very question
        of the plan ship (the reference case).
    inputs : str or Path, optional
        Where the paths of the inputs start, for water, roads and relief under the plan; beside
        the plan's folder they are found by themselves.
    lang : {"zh", "en"}, optional
        By default that of the plan.
    progress : callable, optional
        Told each cap as it is solved.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    InputError
        If the place cannot be written or the background not be used.
    """
    from zoning.api.saving import home_of, kept_ladder, ladder_of, under_of
    from zoning.outputs import webmap
    from zoning.outputs.withheld import handed_out

    whole, place = taken(plan), Path(out)
    own_file(place, whole)
    chosen = speech.chosen(lang, whole.lang)
    if compare is not None:
        other = handed_out(taken(compare))
        called = None if names is None else (names[0], names[1])
        return webmap.write_compare(
            handed_out(whole), other, place, lang=chosen, folder=folder, names=called
        )
    near = home_of(whole)
    if isinstance(plan, str | Path):
        near += [Path(plan).resolve().parent, Path(plan)]
    if inputs is not None:
        near.insert(0, inputs_start(inputs))
    steps = None
    if whole.config.outputs.ladder if ladder is None else ladder:
        steps = ladder_of(whole, progress)
    elif ladder is None:
        steps = kept_ladder(whole)
    return webmap.write(
        handed_out(whole), place, lang=chosen, folder=folder, tiles=tiles,
        tianditu_key=tianditu_key, ladder=steps, under=under_of(whole, near),
    )  # fmt: skip


def report(
    plan: Plan | str | Path,
    out: str | Path,
    *,
    to: str = "docx",
    sheets: bool = False,
    template: str | Path | None = None,
    outline: str | None = None,
    lang: str | None = None,
) -> list[Path]:
    """Write the report (docx or pdf) and tables.xlsx, and map sheets as PDF on request.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    out : str or Path
        Folder, made if need be.
    to : {"docx", "pdf"}
        ``pdf`` gives report.pdf, laid out without an office program, its font embedded.
    sheets : bool
        Also a map sheet of every theme, in the folder ``sheets``.
    template : str or Path, optional
        House template (.docx) of the Word document; by default that of the plan.
    outline : str, optional
        ``full``, ``township`` or a TOML file; by default that of the plan.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        If the format is unknown, the place cannot be written, or the template is refused.
    """
    from zoning.api.dressed import dress
    from zoning.api.saving import home_of
    from zoning.base.staged import staged
    from zoning.outputs import report as room
    from zoning.outputs.folder import inputs_of
    from zoning.outputs.office import workbook
    from zoning.outputs.prints import draw
    from zoning.outputs.withheld import handed_out

    if to not in REPORTS:
        raise InputError.one(
            f"a report is written as {' or '.join(REPORTS)}, not as {to!r}",
            f"报告格式为 {' 或 '.join(REPORTS)}，没有 {to!r}", code="format",
        )  # fmt: skip
    whole, place = taken(plan), Path(out)
    chosen = speech.chosen(lang, whole.lang)
    near = home_of(whole)
    if isinstance(plan, str | Path):
        near += [Path(plan), Path(plan).resolve().parent]
    dressed = dress(whole, near, template=template, outline=outline, docx=to == "docx")
    shown = handed_out(whole)
    with staged(place, last=(), inputs=inputs_of(whole)) as stage:
        files = [
            room.write(shown, stage / f"report.{to}", lang=chosen, **dressed),
            workbook.write(shown, stage / "tables.xlsx", lang=chosen),
        ]
        if sheets:
            files += draw.write_all(shown, stage / "sheets", lang=chosen)
        names = [file.relative_to(stage) for file in files]
    return [place / name for name in names]


def sheets(
    plan: Plan | str | Path,
    out: str | Path,
    *,
    form: str = "pdf",
    paper: str = "A3",
    lang: str | None = None,
) -> list[Path]:
    """Write a map sheet of every theme.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    out : str or Path
        Folder, made if need be.
    form : {"pdf", "png", "svg"}
    paper : {"A3", "A4"}
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    list of Path
        What was written.
    """
    from zoning.base.staged import staged
    from zoning.outputs.folder import inputs_of
    from zoning.outputs.prints import draw
    from zoning.outputs.withheld import handed_out

    whole, place = taken(plan), Path(out)
    chosen = speech.chosen(lang, whole.lang)
    with staged(place, last=(), inputs=inputs_of(whole)) as stage:
        files = draw.write_all(handed_out(whole), stage, lang=chosen, form=form, paper=paper)
        names = [file.name for file in files]
    return [place / name for name in names]


def export(
    plan: Plan | str | Path,
    to: str,
    out: str | Path,
    *,
    encoding: str = "GBK",
    url: str | None = None,
    schema: str = "zoning",
    layers: Sequence[str] = (),
    public: bool = False,
    lang: str | None = None,
) -> list[Path]:
    """Write a plan in another format, or in the official schema.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    to : str
        ``qgis``, ``gdb``, ``shp``, ``geojson``, ``fgb``, ``parquet``, ``kml``, ``gpkg``, ``csv``,
        ``postgis`` or ``official``;
        ``decisions`` for layers of units and townships to decide in; ``mps``, ``lp`` or
        ``marxan`` for the question of the allocation, so that others can check its optimum.
    out : str or Path
        Folder; files lie in a folder of the format's name inside.
    encoding : {"GBK", "UTF-8"}
        Text of shapefiles.
    url, schema : str
        Database and schema for ``postgis``.
    layers : sequence of str
        Layers and tables to write, such as ``units``; by default all that the plan has.
    public : bool
        Without red lines, other protections, farmland and all that follows from them; for
        formats of layers and tables.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        If the format is unknown or cannot hold the plan.
    """
    whole, place = taken(plan), Path(out)
    chosen = speech.chosen(lang, whole.lang)
    kept_back = whole.config.outputs.withhold
    if public or kept_back:
        from zoning.outputs import exchange
        from zoning.outputs.withheld import check_format, names, withheld
        from zoning.planfile.models import WITHHELD

        check_format(to, "--public" if public else "[outputs] withhold")
        shown = withheld(whole, WITHHELD if public else kept_back)
        there = names(shown)
        hidden = [name for name in layers if name not in there]
        if hidden:
            raise InputError.one(
                f"'{hidden[0]}' is kept back", f"“{hidden[0]}”不对外提供", where="--layer",
                code="withheld", remedy=("one of " + ", ".join(there),
                                         "可用：" + "、".join(there)),
            )  # fmt: skip
        only = () if to == "qgis" else layers or there
        return exchange.write(
            shown, to, place, lang=chosen, encoding=encoding, url=url, schema=schema,
            only=only,
        )  # fmt: skip
    if to in PROBLEMS:
        from zoning.questions.answer import write_problem

        return write_problem(whole, to, place)
    if to == "decisions":
        from zoning.outputs.exchange.decisions import write as write_decisions

        return [write_decisions(whole, place / "decisions.gpkg", chosen, _conflicts(whole))]
    from zoning.outputs import exchange

    return exchange.write(
        whole, to, place, lang=chosen, encoding=encoding, url=url, schema=schema, only=layers
    )


def _conflicts(plan: Plan) -> dict[str, ToDecide]:
    """Give the layer of conflicts to decide in, where the plan has an audit."""
    from zoning.outputs.exchange.decisions import ToDecide
    from zoning.review.audit.again import given_of
    from zoning.review.audit.contribute import LAYER as LIKE
    from zoning.review.audit.decisions import LAYER, layer
    from zoning.review.audit.fields import choices, names_of

    given = given_of(plan)
    if given is None:
        return {}
    drawn = next(x for x in given.layers if x.name == LIKE)
    frame = layer(drawn.frame)
    roles = sorted({str(r) for r in given.table("audit_layers").frame["role"]})
    return {
        LAYER: ToDecide(frame, LIKE, names_of(frame, drawn.fields), choices(drawn.fields, roles))
    }


def write_prices(
    plan: Plan | str | Path, prices: PriceList, out: str | Path, *, lang: str | None = None
) -> list[Path]:
    """Write the price list, the cap ladder and the trade-off as tables and charts.

    Parameters
    ----------
    plan : Plan, str or Path
        The plan that was priced.
    prices : PriceList
        Of `zoning.api.price`.
    out : str or Path
        Folder.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    list of Path
    """
    from zoning.outputs.office.prices import write
    from zoning.questions.answer import curves

    whole = taken(plan)
    chosen = speech.chosen(lang, whole.lang)
    return write(whole, prices, curves(whole, prices.base), Path(out), chosen)


def write_table(table: pd.DataFrame, out: str | Path) -> Path:
    """Write a table as CSV that spreadsheets open, whole or not at all.

    Parameters
    ----------
    table : DataFrame
        Its index is not written.
    out : str or Path
        The file.

    Returns
    -------
    Path
    """
    from zoning.base.staged import beside
    from zoning.outputs.office import csv_file

    with beside(Path(out)) as part:
        csv_file.write(table, part)
    return Path(out)
