"""The lattice of planning units: its CRS, its codes, and which squares belong to a city.

A unit is a whole square of an infinite lattice. It belongs to the city when its overlap with the
city has an area above 0. Units are never clipped: what lies inside is an area, not a geometry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError
from zoning.grid.crs import crs_tag, is_national, normal_crs

if TYPE_CHECKING:
    pass

Ints = npt.NDArray[np.int64]

Floats = npt.NDArray[np.float64]

#: Most units of one plan (our choice: China in 1 km squares twice over).
MAX_UNITS = 20_000_000
#: Units of a whole plan, which holds some kilobytes for each (our choice; docs/scale.md).
PLAN_UNITS = 4_000_000


@dataclass(frozen=True, slots=True)
class GridSpec:
    """An infinite lattice of squares; a value that can be compared and hashed.

    Parameters
    ----------
    crs : str
        A projected CRS in metres, ``"EPSG:4549"`` or WKT. Every spelling of a CRS that EPSG
        lists (``"4549"``, ``"epsg:4549"``, its WKT) is kept as ``"EPSG:4549"``.
    cell_m : int
        Side of a square in metres.
    origin_m : tuple of int
        A corner of the lattice (x, y) in metres; any corner names the same lattice.

    Examples
    --------
    >>> GridSpec("EPSG:4549").code(404, 3563)
    '1kmN3563E404'
    >>> GridSpec("EPSG:4549", 1000, (404550, 3563050)).code(0, 0)
    'CRS4549RES1000mN3563050E404550'
    """

    crs: str
    cell_m: int = 1000
    origin_m: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        """Spell the CRS in one way; refuse a lattice that has no size."""
        object.__setattr__(self, "crs", normal_crs(self.crs))
        if self.cell_m <= 0:
            raise InputError.one(
                f"the cell size is {self.cell_m} m", f"网格边长为 {self.cell_m} 米",
                where="[grid] cell_m", limit=1, measured=self.cell_m, code="cell-size",
                remedy=("give a length above 0, such as 1000", "请给出大于 0 的边长，例如 1000"),
            )  # fmt: skip

    @classmethod
    def written(cls, grid: Mapping[str, Any]) -> GridSpec:
        """Read a lattice of ``run.json``, whose CRS is spelled in the one way already.

        Asking for its code once more takes a fifth of a second where it has none.

        Examples
        --------
        >>> grid = GridSpec("4549", 1000, (500, 0))
        >>> GridSpec.written(grid.as_dict()) == grid
        True
        """
        made = cls("EPSG:4549", grid["cell_m"], (grid["origin_m"][0], grid["origin_m"][1]))
        object.__setattr__(made, "crs", str(grid["crs"]))
        return made

    @property
    def same_lattice(self) -> tuple[str, int, tuple[int, int]]:
        """What two plans must share to be joined: CRS, cell and origin modulo the cell."""
        x, y = self.origin_m
        return (self.crs, self.cell_m, (x % self.cell_m, y % self.cell_m))

    @property
    def is_whole_km(self) -> bool:
        """Whether this is the 1 km lattice on whole kilometres of a national CRS."""
        on_km = self.cell_m == 1000 and self.same_lattice[2] == (0, 0)
        return on_km and is_national(self.crs)

    def corner(self, col: Any, row: Any) -> tuple[Any, Any]:
        """Give the lower-left corner (x, y) of squares in metres."""
        return self.origin_m[0] + col * self.cell_m, self.origin_m[1] + row * self.cell_m

    def code(self, col: int, row: int) -> str:
        """Name one square by its lower-left corner; see :meth:`codes`."""
        return self.codes([col], [row])[0]

    def codes(self, cols: Iterable[int], rows: Iterable[int]) -> list[str]:
        """Name squares by their lower-left corners, never by an order of rows.

        Parameters
        ----------
        cols, rows : iterable of int
            Lattice numbers, counted from the origin.

        Returns
        -------
        list of str
            ``1kmN3563E404`` on the whole-kilometre lattice of a national CRS, otherwise with CRS,
            cell size and metres spelled out.

        References
        ----------
        Form after the geographical grid codes of INSPIRE (D2.8.I.2, 2014).
        """
        if self.is_whole_km:
            x0, y0 = self.origin_m[0] // 1000, self.origin_m[1] // 1000
            return [f"1kmN{y0 + r}E{x0 + c}" for c, r in zip(cols, rows, strict=True)]
        head = f"CRS{crs_tag(self.crs)}RES{self.cell_m}m"
        (x0, y0), s = self.origin_m, self.cell_m
        return [f"{head}N{y0 + r * s}E{x0 + c * s}" for c, r in zip(cols, rows, strict=True)]

    def order(self, cols: Ints, rows: Ints) -> Ints:
        """Give the positions that sort squares by their codes, without writing the codes.

        Examples
        --------
        >>> grid = GridSpec("EPSG:4549")
        >>> cols, rows = np.array([5, 40, 5]), np.array([3, 3, 30])
        >>> codes = np.array(grid.codes(cols.tolist(), rows.tolist()))
        >>> codes[grid.order(cols, rows)].tolist() == sorted(codes.tolist())
        True
        """
        step = 1 if self.is_whole_km else self.cell_m
        near = [o // 1000 if self.is_whole_km else o for o in self.origin_m]
        keys = []
        for numbers, start, end in ((cols, near[0], ""), (rows, near[1], "E")):
            there = np.asarray(numbers, dtype=np.int64)
            if not len(there):
                return np.empty(0, dtype=np.int64)
            low, high = int(there.min()), int(there.max())
            # Whether a place between is taken does not matter for the order of the others.
            text = [f"{start + v * step}{end}" for v in range(low, high + 1)]
            rank = np.empty(len(text), dtype=np.int64)
            rank[sorted(range(len(text)), key=text.__getitem__)] = np.arange(len(text))
            keys.append((rank[there - low], len(text)))
        (col, many), (row, _) = keys
        # Rows come one after the other, so one number per square is nearly sorted already.
        return np.argsort(row * many + col, kind="stable")

    def locate(self, code: str) -> tuple[int, int]:
        """Give (col, row) of a code made by this lattice.

        Raises
        ------
        InputError
            If the code is not of this lattice.

        Examples
        --------
        >>> GridSpec("EPSG:4549").locate("1kmN3563E404")
        (404, 3563)
        """
        hit = re.fullmatch(r"(.*)N(-?\d+)E(-?\d+)", code)
        if hit:
            scale = 1000 if self.is_whole_km else 1
            y, x = int(hit[2]) * scale, int(hit[3]) * scale
            dx, dy = x - self.origin_m[0], y - self.origin_m[1]
            if dx % self.cell_m == 0 and dy % self.cell_m == 0:
                col, row = dx // self.cell_m, dy // self.cell_m
                if self.code(col, row) == code:
                    return col, row
        raise InputError.one(
            f"'{code}' is not a unit code of this lattice", f"“{code}”不是本网格的单元编码",
            code="unit-code", remedy=(
                f"codes look like {self.code(0, 0)}", f"编码形如 {self.code(0, 0)}"),
        )  # fmt: skip

    def squares(self, cols: Ints, rows: Ints) -> npt.NDArray[np.object_]:
        """Make the whole squares as shapely polygons."""
        import shapely

        x, y = self.corner(cols, rows)
        boxes: npt.NDArray[np.object_] = shapely.box(x, y, x + self.cell_m, y + self.cell_m)
        return boxes

    def as_dict(self) -> dict[str, Any]:
        """Give the lattice as it stands in ``run.json``."""
        return {"crs": self.crs, "cell_m": self.cell_m, "origin_m": list(self.origin_m)}


def check_size(
    area_m2: float, cell_m: int, where: str = "[grid] cell_m", most: int = MAX_UNITS
) -> None:
    """Refuse a lattice with more units than one plan can hold, before anything is computed.

    Raises
    ------
    InputError
        If the area has room for more than ``most`` squares.

    Examples
    --------
    >>> check_size(3840e6, 1000)
    """
    units = round(area_m2 / cell_m**2)
    if units > most:
        raise InputError.one(
            f"{cell_m} m squares would make {units:,} units, more than {most:,}",
            f"边长 {cell_m} 米将产生 {units:,} 个单元，超过 {most:,} 个",
            where=where, measured=units, limit=most, code="too-many-units",
            remedy=("use larger squares or a smaller area", "请加大边长或缩小范围"),
        )  # fmt: skip
