"""Areas are whole square metres inside the package; other units exist only at the rim."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

M2_PER_HA = 10_000
M2_PER_KM2 = 1_000_000
#: One mu (亩) is 1/15 hectare, so 666.67 square metres (国务院 1959 metric rule).
MU_PER_HA = 15

Ints = npt.NDArray[np.int64]
#: Positions and lattice numbers of millions of units; as wide as areas they took twice the memory.
Small = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


def floats(values: Any) -> Floats:
    """Give a column of numbers as floats, NaN where one is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> floats(pd.Series([1, None], dtype="Int64")).tolist()
    [1.0, nan]
    """
    found: Floats = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def km2(area_m2: float, digits: int = 2) -> str:
    """Write an area in square kilometres for people.

    Examples
    --------
    >>> km2(1_075_200_000)
    '1,075.20 km²'
    """
    return f"{area_m2 / M2_PER_KM2:,.{digits}f} km²"


def percent(share: float | None, digits: int = 2) -> str:
    """Write a share as a percentage; a missing share is a dash.

    Examples
    --------
    >>> percent(0.2594), percent(None)
    ('25.94%', '–')
    """
    return "–" if share is None or share != share else f"{share * 100:.{digits}f}%"


def round_to_total(values: npt.ArrayLike, total: int | None = None) -> Ints:
    """Round non-negative numbers to whole ones that add up to ``total`` (largest remainder).

    The whole parts are kept and the missing units go to the largest remainders; equal remainders
    are served in the order of the rows, so the result depends on nothing else.

    Parameters
    ----------
    values : array of float, shape (n,)
        Non-negative amounts, for areas in square metres.
    total : int, optional
        What the result adds up to; by default the rounded sum. It may differ from the sum of the
        whole parts by at most ``n`` either way.

    Returns
    -------
    int64 array, shape (n,)

    Raises
    ------
    ValueError
        If a value is negative or not finite, or ``total`` is out of reach.

    References
    ----------
    Largest remainder (Hamilton) method; M. Balinski and H. P. Young, Fair Representation, 1982.

    Examples
    --------
    >>> round_to_total([1.4, 1.3, 1.3]).tolist()
    [2, 1, 1]
    """
    v = np.asarray(values, dtype=np.float64)
    if v.size and (not np.isfinite(v).all() or v.min() < 0):
        raise ValueError("amounts must be finite and not negative")
    whole = np.floor(v).astype(np.int64)
    if total is None:
        import math

        total = round(math.fsum(v.tolist()))
    missing = int(total) - int(whole.sum())
    if missing == 0:
        return whole
    rest = v - whole
    if 0 < missing <= v.size:
        whole[np.argsort(-rest, kind="stable")[:missing]] += 1
        return whole
    give = np.flatnonzero(whole > 0)
    if missing < 0 and -missing <= give.size:
        # Only reached by float noise: take back where the remainder is smallest.
        whole[give[np.argsort(rest[give], kind="stable")[:-missing]]] -= 1
        return whole
    raise ValueError(f"cannot reach a total of {total} from {v.size} rows that add up to {v.sum()}")


def share(part: Any, whole: Any) -> Any:
    """Divide two columns of areas; a whole of 0 has no share, so it gives ``<NA>``.

    Examples
    --------
    >>> import pandas as pd
    >>> share(pd.Series([1, 0]), pd.Series([4, 0])).tolist()
    [0.25, <NA>]
    """
    import pandas as pd

    if not part.index.equals(whole.index):
        return part.astype("Float64") / whole.astype("Float64").where(whole > 0, pd.NA)
    # The same in NumPy, in a tenth of the time where there are few rows.
    up, down = (x.to_numpy(dtype=np.float64, na_value=np.nan) for x in (part, whole))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = up / down
    unknown = ~(down > 0) | np.isnan(up)
    found[unknown] = 1.0
    name = part.name if part.name == whole.name else None
    return pd.Series(pd.arrays.FloatingArray(found, unknown), index=part.index, name=name)
