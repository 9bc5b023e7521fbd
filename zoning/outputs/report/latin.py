"""Names of places in an English report: the planner's own, else by their reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from zoning.base.names import called, english
from zoning.outputs.office.document import Block, Figure, Heading, Table, Text
from zoning.pipeline.protected import names_of

if TYPE_CHECKING:
    from zoning.plan import Plan


def both(name: str, said: str) -> str:
    """Write a name in English with the one that documents have, where they differ.

    Examples
    --------
    >>> both("高桥镇", "Gaoqiao Town"), both("Riverside", "Riverside")
    ('Gaoqiao Town (高桥镇)', 'Riverside')
    """
    return said if name == said else f"{said} ({name})"


def english_names(plan: Plan) -> dict[str, str]:
    """Give the English names of all places that a plan knows by a Chinese one."""
    found = {n: english(n, "protections") for n in names_of(plan).values()}
    layers = [(plan.redlines, "protections"), (plan.counties, "places"),
              (plan.townships, "places")]  # fmt: skip
    layers += [
        (layer.frame, "protections" if layer.name == "protections" else "places")
        for given in plan.contributions for layer in given.layers
    ]  # fmt: skip
    for frame, kind in layers:
        if frame is not None and "name" in frame:
            found |= dict(zip(called(frame, "zh"), called(frame, "en", kind), strict=True))
    return {name: said for name, said in found.items() if name and name != said}


def in_english(blocks: Iterable[Block], names: dict[str, str]) -> Iterator[Block]:
    """Write the names that stand in blocks in English; those in brackets stay.

    Examples
    --------
    >>> told = [Text("first 高桥镇; 丁岗镇人民政府; Gaoqiao Town (高桥镇)")]
    >>> [b.text for b in in_english(told, {"高桥镇": "Gaoqiao Town", "丁岗镇": "Dinggang Town"})]
    ['first Gaoqiao Town; 丁岗镇人民政府; Gaoqiao Town (高桥镇)']
    """
    if not names:
        yield from blocks
        return
    # A name that is part of a longer word, such as the title of a document, stays as it is.
    longest = sorted(names, key=len, reverse=True)
    han = "\u4e00-\u9fff"
    any_name = re.compile(f"(?<![{han}(（《“])({'|'.join(map(re.escape, longest))})(?![{han}])")

    def said(text: str) -> str:
        return any_name.sub(lambda found: names[found[1]], text)

    for block in blocks:
        if isinstance(block, Heading | Text):
            yield replace(block, text=said(block.text))
        elif isinstance(block, Table):
            yield replace(
                block, caption=said(block.caption), note=said(block.note),
                rows=[[said(cell) for cell in row] for row in block.rows],
            )  # fmt: skip
        elif isinstance(block, Figure):
            yield replace(block, caption=said(block.caption), alt=said(block.alt))
        else:
            yield block
