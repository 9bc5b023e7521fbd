"""Which atoms of the ledger lie under which kinds of protection."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd


def covered(atoms: pd.DataFrame, kinds: Collection[str]) -> pd.Series:
    """Say which atoms lie under one of some kinds of protection.

    Parameters
    ----------
    atoms : DataFrame
        The ledger.
    kinds : collection of str
        Codes of ``data/protections/kinds.toml``; ``redline`` among them.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> atoms = pd.DataFrame({"red_level": [0, 1, 0], "protected_by": ["core+lock", "", ""]},
    ...                      index=[7, 8, 9])
    >>> covered(atoms, ["lock", "redline"]).to_dict()
    {7: True, 8: True, 9: False}
    """
    return covers(atoms)(kinds)


def covers(atoms: pd.DataFrame) -> Callable[[Collection[str]], pd.Series]:
    """Give `covered` for atoms that are asked about more than once."""
    number, seen = pd.factorize(atoms["protected_by"])
    protecting = [set(p.split("+")) for p in seen]
    red = atoms["red_level"] > 0

    def under(kinds: Collection[str]) -> pd.Series:
        hit = np.array([not protects.isdisjoint(kinds) for protects in protecting], bool)
        found = pd.Series(hit[number], index=atoms.index)
        return found | red if "redline" in kinds else found

    return under
