"""May this stand here: sites asked of a plan, and the slip that is handed over."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.making import taken
from zoning.api.places import inputs_start
from zoning.api.plan import Plan
from zoning.api.speech import chosen
from zoning.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.outputs.office.document import Document, Figure
    from zoning.review.site.found import Sites
    from zoning.review.site.slip import Slip


def site(
    plan: Plan | str | Path,
    place: str | Path | gpd.GeoDataFrame,
    *,
    industry: str | None = None,
    catalogue_item: str | None = None,
    energy_tce: float | None = None,
    emission_t: float | None = None,
    name: str | None = None,
    width_m: float | None = None,
    lists: Sequence[str | Path] = (),
    rules: str | Path | None = None,
    inputs: str | Path | None = None,
    crs: str | None = None,
    datum: str | None = None,
    repair: bool = False,
    date: str | None = None,
) -> Sites:
    """Ask a plan about one place or many: what lies there, what it takes, what may come there.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    place : str, Path or GeoDataFrame
        A vector file, a CSV or XLSX with ``lon`` and ``lat`` or ``wkt``, ``LON,LAT`` in degrees, or
        WKT. A point stands for one square metre; a line needs a width.
    industry : str, optional
        Code of the industry (GB/T 4754), such as ``"C3011"``; a column ``industry`` of the file
        goes before it, as do columns for the next four.
    catalogue_item : str, optional
        Item of the catalogue of industries, as declared.
    energy_tce, emission_t : float, optional
        Energy in tonnes of standard coal and emission in tonnes of CO2 a year, as declared.
    name : str, optional
        Name of the project.
    width_m : float, optional
        Width of lines, and side of the square around a point, in metres.
    lists : sequence of str or Path
        Access lists in place of those of the plan; ``"made-up"`` is the one that ships.
    rules : str or Path, optional
        Questions and levels in place of the shipped ones.
    inputs : str or Path, optional
        Folder where the paths of plan.toml start; left out, that of the plan and the one above it
        are looked through. Files count only with the checksum of ``run.json``.
    crs, datum : str, optional
        What the place does not say of its coordinates: a CRS; ``"gcj02"``, ``"bd09"``.
    repair : bool
        Mend invalid polygons; each is told.
    date : str, optional
        Day as of which lists are read, ``"2026-01-31"``; today.

    Returns
    -------
    Sites
        One answer for each site: verdict, rows, what was not asked, headroom. Areas are planar
        square metres in the CRS of the plan.

    Raises
    ------
    InputError
        With all problems of the place, the lists and the rules.

    Examples
    --------
    >>> import zoning as zn
    >>> plan = zn.demo()
    >>> found = zn.site(plan, "119.4560, 32.2100", width_m=200)
    >>> found[0].verdict, round(found[0].area_m2), found[0].row("redline").text.en
    ('green', 40000, 'asked; none')
    >>> found[0].row("zone").asked[0].name.zh
    '主体功能区'
    """
    from zoning.digest import digest
    from zoning.inputs.access import industry_code, read_lists
    from zoning.inputs.sites import read_sites
    from zoning.outputs.office.whole import stamp
    from zoning.review.site.answer import ask
    from zoning.review.site.found import Sites
    from zoning.review.site.ground import gather
    from zoning.review.site.near import lattice_of, read_around
    from zoning.review.site.rules import load_rules

    if industry is not None:
        industry_code(industry)
    folder = Path(plan) if isinstance(plan, str | Path) else None
    spec = None if folder is None else lattice_of(folder)
    to_crs = taken(plan).grid.crs if spec is None else spec.crs
    given = None if not lists else read_lists(lists)[0]
    asked = load_rules(None if rules is None else Path(rules))
    frame, findings = read_sites(
        place, to_crs, width_m=width_m, crs=crs, datum=datum, repair=repair
    )
    for column, value in (("industry", industry), ("catalogue_item", catalogue_item),
                          ("energy_tce", energy_tce), ("emission_t", emission_t),
                          ("name", name)):  # fmt: skip
        if value is not None:
            frame[column] = frame[column].fillna(value)
    part = read_around(folder, spec, list(frame.geometry)) if folder and spec else None
    whole: Any = part or taken(plan)
    sealed = part is not None or _sealed(whole, folder)
    ground = gather(whole, sealed=sealed, inputs=_starts(folder, inputs), access=given)
    day = stamp().date() if date is None else _day(date)
    notice = Text(whole.notice or "", str(whole.run.get("notice_zh") or whole.notice or ""))
    number = str(whole.run.get("digest") or digest(whole))
    return Sites(
        whole.name, notice, number, day.isoformat(), ask(ground, asked, frame, day),
        (*findings, *ground.findings), whole.run, whole, list(frame.geometry),
    )  # fmt: skip


def _day(text: str) -> datetime.date:
    from zoning.errors import InputError

    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError.one(
            f"'{text}' is no date", f"“{text}”不是日期", where="--date", code="date",
            measured=text, remedy=("write it as 2026-01-31", "请写作 2026-01-31"),
        ) from None  # fmt: skip


def _sealed(plan: Plan, folder: Path | None) -> bool:
    """Say whether plan.gpkg is the file of the run; a plan in memory is its own."""
    from zoning.base.staged import sha256

    told = plan.run.get("files", {}).get("plan.gpkg")
    return folder is None or told is None or sha256(folder / "plan.gpkg") == told


def _starts(folder: Path | None, inputs: str | Path | None) -> list[Path]:
    """Give the folders where inputs may lie; only a checksum that fits makes one of them right."""
    from zoning.base.shipped import data_path

    found = [] if inputs is None else [inputs_start(inputs)]
    if folder is not None:
        found += [folder, folder.resolve().parent]
    return [*found, data_path()]


#: Forms of a slip.
SLIPS = ("docx", "pdf", "json")


def write_slips(
    found: Sites, out: str | Path, form: str = "docx", *, lang: str | None = None
) -> list[Path]:
    """Write the slip of each site: one page to hand over, with the notice that it has no force.

    Parameters
    ----------
    found : Sites
        Of :func:`site`.
    out : str or Path
        Folder, made if need be.
    form : {"docx", "pdf", "json"}
        A PDF needs no office program.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    list of Path
        ``slip-CODE.docx`` for each site.

    Raises
    ------
    InputError
        If there is no such form, or the place cannot be written.

    Examples
    --------
    >>> import zoning as zn
    >>> zn.api.write_slips(None, "slips", "odt")
    Traceback (most recent call last):
    zoning.errors.InputError: --slip: 'odt' is none of docx, pdf, json
    """
    import json

    from zoning.base.staged import plain, staged
    from zoning.errors import InputError
    from zoning.outputs.office import pdf, word
    from zoning.outputs.office.whole import stamp
    from zoning.review.site.slip import slip_of

    if form not in SLIPS:
        raise InputError.one(
            f"'{form}' is none of {', '.join(SLIPS)}", f"“{form}”不在 {'、'.join(SLIPS)} 之中",
            where="--slip", code="usage", measured=form,
        )  # fmt: skip
    speech = chosen(lang, str(found.run.get("config", {}).get("plan", {}).get("lang", "zh")))
    when, folder, names = stamp(), Path(out), _names(found, form)
    with staged(folder, last=()) as stage:
        for k, (one, name) in enumerate(zip(found.sites, names, strict=True)):
            slip = slip_of(found, one, speech)
            if form == "json":
                told = {**slip.as_dict(), "answer": one.as_dict(speech)}
                text = json.dumps(plain(told), ensure_ascii=False, indent=1, allow_nan=False)
                (stage / name).write_text(text + "\n", encoding="utf-8", newline="\n")
            else:
                writer = word.to_bytes if form == "docx" else pdf.to_bytes
                document = _with_map(slip, found, k, speech)
                (stage / name).write_bytes(writer(document, when))
    return [folder / n for n in names]


def _names(found: Sites, form: str) -> list[str]:
    """Name files after the codes of sites, with what no file system refuses."""
    import re

    names: list[str] = []
    for one in found.sites:
        word = re.sub(r"[^\w.-]+", "_", one.code).strip("._")[:60] or "site"
        name, number = f"slip-{word}.{form}", 2
        while name.lower() in {n.lower() for n in names}:
            name, number = f"slip-{word}-{number}.{form}", number + 1
        names.append(name)
    return names


def _with_map(slip: Slip, found: Sites, number: int, lang: str) -> Document:
    """Put a map of the place on a slip, unless that would make it longer than its page."""
    from zoning.outputs.office.document import Figure
    from zoning.outputs.office.pdf.paint import fit
    from zoning.outputs.prints.place import draw_place

    plain = _document(slip)
    if found.of is None or number >= len(found.shapes):
        return plain
    site = found.sites[number]
    drawn = draw_place(found.of, found.shapes[number], site.name or site.code, lang)
    caption = "位置示意" if lang == "zh" else "Where it lies"
    with_map = _document(slip, Figure(caption, drawn.to_bytes("png", 240), drawn.title))
    return plain if len(fit(with_map)[1]) > len(fit(plain)[1]) else with_map


def _document(slip: Slip, place: Figure | None = None) -> Document:
    """Give a slip to the writers of documents."""
    from zoning.outputs.office.document import Block, Document, Signatures, Table, Text

    blocks: list[Block] = [
        Table("", g.heads, g.rows, ["left"] * len(g.heads), g.widths, g.note) for g in slip.grids
    ]
    if place is not None:
        blocks.insert(1, place)
    blocks += [Text(n, "note") for n in slip.notes]
    blocks.append(Signatures(slip.roles, slip.date))
    return Document(slip.title, slip.subtitle, blocks, slip.lang, warning=slip.warning,
                    cover=False, contents=False, one_page=True)  # fmt: skip
