"""Where codes stand in a list of codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

#: From here on Arrow's hashing is worth its start (our choice).
_MANY = 100_000


def find(names: Any, codes: pd.Index) -> npt.NDArray[np.intp]:
    """Give the position of each name in ``codes``, -1 where it is not there.

    Parameters
    ----------
    names : Series or array of str, shape (n,)
    codes : Index
        Without duplicates.

    Returns
    -------
    intp array, shape (n,)

    Examples
    --------
    >>> find(["b", "x"], pd.Index(["a", "b"])).tolist()
    [1, -1]
    """
    if len(names) < _MANY or pd.api.types.infer_dtype(codes[:9]) != "string":
        return np.asarray(codes.get_indexer(pd.Index(names)), dtype=np.intp)
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pc.index_in(pa.array(names, pa.large_string()), pa.array(codes, pa.large_string()))
    return np.asarray(pc.fill_null(at, -1).to_numpy(zero_copy_only=False), dtype=np.intp)
