"""Codes that were renamed between a layer and its table: proposed, and applied when stated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zoning.errors import Finding, Problem, Text
from zoning.inputs.codes import clean_codes
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

#: Last digits of a township code, which mostly stay when a county is merged or renamed.
_TAIL = 3
#: This many townships of a county must have moved together before digits alone are a reason.
_TOGETHER = 2


def apply(
    table: pd.DataFrame, code: str, renamed: Mapping[str, str], where: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Write the codes of a table as the layer has them.

    Parameters
    ----------
    table : DataFrame
        Its codes stand in the column ``code``.
    renamed : mapping of str to str
        Code of the table to code of the layer.
    where : str
        How to name the table in messages.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"code": ["320111001", "320111002"]})
    >>> apply(table, "code", {"320111001": "320116001"}, "a.csv")[0]["code"].tolist()
    ['320116001', '320111002']
    """
    if not renamed:
        return table, []
    codes = clean_codes(table[code])
    gone = sorted(set(renamed) - set(codes.dropna()))
    problems = [
        Problem(
            Text(f"renamed names codes that the table does not have: {some(gone)}",
                 f"renamed 中的代码不在表内：{some(gone)}"),
            where, measured=len(gone), limit=0, code="renamed-unknown",
            remedy=Text("left: code of the table, right: code of the layer",
                        "等号左边为表中代码，右边为图层代码"),
        )
    ] if gone else []  # fmt: skip
    return table.assign(**{code: codes.map(lambda c: renamed.get(c, c), na_action="ignore")}), (
        problems
    )


def propose(
    layer: pd.Series, table: pd.Series, layer_names: pd.Series | None, table_names: pd.Series | None
) -> dict[str, tuple[str, str]]:
    """Find codes of a table that may be codes of the layer under another number.

    A name that one polygon without a row and one row without a polygon share is a reason; so are
    the last digits, where two or more townships moved together from one county to another. Nothing
    is taken: a person decides.

    Parameters
    ----------
    layer, table : Series of str
        Codes of both sides.
    layer_names, table_names : Series of str, optional
        Names on the same rows.

    Returns
    -------
    dict
        Code of the table to code of the layer and the reason (``"name"`` or ``"digits"``).

    Examples
    --------
    >>> import pandas as pd
    >>> propose(pd.Series(["320116001", "320116002"]), pd.Series(["320111001", "320111002"]),
    ...         None, None)
    {'320111001': ('320116001', 'digits'), '320111002': ('320116002', 'digits')}
    """
    old = table[~table.isin(set(layer.dropna())) & table.notna()]
    new = layer[~layer.isin(set(table.dropna())) & layer.notna()]
    found: dict[str, tuple[str, str]] = {}
    if layer_names is not None and table_names is not None:
        ours, theirs = layer_names.loc[new.index].dropna(), table_names.loc[old.index].dropna()
        ours, theirs = _single(ours), _single(theirs)
        places = {str(name): new[i] for i, name in ours.items()}
        for i, name in theirs.items():
            if str(name) in places:
                found[str(old[i])] = (str(places[str(name)]), "name")
    taken = {to for to, _ in found.values()}
    old, new = old[~old.isin(list(found))], new[~new.isin(taken)]
    pairs = [
        (str(a), str(b)) for a in old for b in new
        if len(a) == len(b) > _TAIL and a[-_TAIL:] == b[-_TAIL:] and a[:4] == b[:4]
    ]  # fmt: skip
    moves: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for a, b in pairs:
        moves.setdefault((a[:-_TAIL], b[:-_TAIL]), []).append((a, b))
    for group in moves.values():
        if len(group) >= _TOGETHER:
            for a, b in group:
                found.setdefault(a, (b, "digits"))
    return dict(sorted(found.items()))


def tell(proposed: Mapping[str, tuple[str, str]], where: str) -> list[Finding]:
    """Offer the lines that a person may write.

    Examples
    --------
    >>> print(tell({"1": ("2", "name")}, "a.csv")[0].line("en"))
    warning: a.csv: 1 codes may have been renamed: 1 → 2 (same name). Try: if so, write in \
[inputs.townships] renamed = { "1" = "2" }
    """
    if not proposed:
        return []
    why = {"name": Text("same name", "同名"), "digits": Text("same last digits", "末三位相同")}
    en = some([f"{a} → {b} ({why[r].en})" for a, (b, r) in proposed.items()])
    zh = some([f"{a} → {b}（{why[r].zh}）" for a, (b, r) in proposed.items()])
    line = "renamed = { " + ", ".join(f'"{a}" = "{b}"' for a, (b, _) in proposed.items()) + " }"
    return [Finding(
        Text(f"{len(proposed)} codes may have been renamed: {en}",
             f"{len(proposed)} 个代码可能已变更：{zh}"),
        where, measured=len(proposed), code="renamed-codes",
        remedy=Text(f"if so, write in [inputs.townships] {line}",
                    f"若属实，请在 [inputs.townships] 中写 {line}"),
    )]  # fmt: skip


def _single(names: pd.Series) -> pd.Series:
    """Keep names that stand once: of two alike no one knows which is which."""
    plain = names.astype("string").str.strip()
    return plain[~plain.duplicated(keep=False) & (plain != "")]
