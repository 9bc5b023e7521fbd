"""Soil pollution, meteorological hazard and climate comfort: layers that presets correct by."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoning.errors import InputError, Problem, Text, raise_all
from zoning.evaluation.presets import Preset
from zoning.evaluation.tables import NODATA, Array, Bands, Classes, worst


def soil_pollution(
    preset: Preset, metals: Mapping[str, Array], ph: Array, land: str = "paddy"
) -> Classes:
    """Class of soil pollution by GB 15618: 1 up to screening, 3 up to the control value, 5 above.

    A value equal to the screening value is of low risk, as the standard defines it.

    Parameters
    ----------
    preset : Preset
        With ``[soil_limits]`` (B).
    metals : mapping of arrays
        ``Cd``, ``Hg``, ``As``, ``Pb``, ``Cr``, ``Cu``, ``Ni``, ``Zn`` in mg/kg, any of them; the
        worst counts. The last three have screening values only: never class 5.
    ph : array
    land : {"paddy", "orchard", "other"}
        The standard has limits of its own for paddy fields, and one (Cu) for orchards.

    Raises
    ------
    InputError
        Unknown metals, or none.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> soil_pollution(load_preset("B"), {"Cd": np.array([0.2, 0.35, 5.0])},
    ...                np.array([6.0, 5.0, 8.0])).tolist()
    [1, 3, 5]
    """
    limits = preset.data["soil_limits"]
    tables = {**limits["screening"]["other"], **limits["screening"].get(land, {})}
    if land not in ("paddy", "orchard", "other"):
        raise InputError.one(
            f"land is paddy, orchard or other, not {land!r}",
            f"用地应为 paddy、orchard 或 other:{land}", where="soil", code="land",
        )  # fmt: skip
    known = ", ".join(tables)
    remedy = Text(f"known: {known}", f"可用：{known}")
    strange = [m for m in sorted(metals) if m not in tables] or ([] if metals else ["none"])
    raise_all(
        Problem(Text(f"no limits for {m}", f"没有 {m} 的限值"), "soil", remedy=remedy, code="metal")
        for m in strange
    )
    acid = Bands(tuple(map(float, limits["ph"])), ("lower",) * len(limits["ph"])).of(
        np.asarray(ph, dtype=np.float64)
    )
    band = np.minimum(acid, len(limits["ph"]))
    found = []
    for metal, x in metals.items():
        screening = np.asarray(tables[metal], dtype=np.float64)[band]
        none = [np.inf] * (len(limits["ph"]) + 1)
        control = np.asarray(limits["control"].get(metal, none), dtype=np.float64)[band]
        unknown = np.isnan(x) | (acid == NODATA)
        found.append(np.select([unknown, x > control, x > screening], [NODATA, 5, 3], 1))
    return worst(*(c.astype(np.uint8) for c in found))


def meteorological_hazard(preset: Preset, levels: Mapping[str, Array]) -> Array:
    """Index of meteorological hazard for farming: weighted sum of 5-level scores.

    Parameters
    ----------
    preset : Preset
        With ``[hazard_weights]`` (B).
    levels : mapping of arrays
        ``rain``, ``heat``, ``cold``, ``wind``, ``drought``, all five, 1..5, 5 worst.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> levels = {"rain": 5, "heat": 1, "cold": 2, "wind": 1, "drought": 3}
    >>> levels = {name: np.array([float(x)]) for name, x in levels.items()}
    >>> meteorological_hazard(load_preset("B"), levels).round(2).tolist()
    [2.65]
    """
    table = preset.data["hazard_weights"]
    weights = {k: float(v) for k, v in table.items() if k not in ("source", "evidence")}
    if set(levels) != set(weights):
        names = ", ".join(weights)
        raise InputError.one(
            f"needs exactly {names}", f"须恰好给出 {names}", where="hazard", code="layers"
        )
    return np.asarray(sum(w * levels[k] for k, w in weights.items()))


def comfort(preset: Preset, temperature_c: Array, humidity: Array) -> Classes:
    """Climate comfort of a month, 1 to 7 (7 most comfortable).

    ``THI = T - 0.55 (1 - f) (T - 58)`` with T in °F.

    Parameters
    ----------
    preset : Preset
        With ``[comfort]`` (B).
    temperature_c : array
        Mean temperature of the month in °C.
    humidity : array
        Relative humidity 0..1.

    Examples
    --------
    68 °F at 50 %: 68 - 0.55 * 0.5 * 10 = 65.25.

    >>> from zoning.evaluation import load_preset
    >>> comfort(load_preset("B"), np.array([20.0, np.nan]), np.array([0.5, 0.5])).tolist()
    [6, 255]
    """
    return comfort_score(preset, thi_fahrenheit(temperature_c * 1.8 + 32.0, humidity))


def thi_fahrenheit(temperature_f: Array, humidity: Array) -> Array:
    """Temperature-humidity index ``T - 0.55 (1 - f) (T - 58)``, all in °F, f in 0..1.

    Examples
    --------
    >>> thi_fahrenheit(np.array([68.0]), np.array([0.5])).tolist()
    [65.25]
    """
    return np.asarray(temperature_f - 0.55 * (1.0 - humidity) * (temperature_f - 58.0))


def comfort_score(preset: Preset, thi: Array) -> Classes:
    """Score 1 to 7 of a temperature-humidity index in °F.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> comfort_score(load_preset("B"), np.array([31.9, 60.0, 65.0, 90.0])).tolist()
    [1, 7, 6, 1]
    """
    table = preset.data["comfort"]
    edges = tuple(map(float, table["edges"]))
    lookup = np.full(256, NODATA, dtype=np.uint8)
    lookup[: len(table["scores"])] = table["scores"]
    return lookup[Bands(edges, (str(table["edge_in"]),) * len(edges)).of(thi)]


def yearly_comfort(monthly: Classes) -> Classes:
    """Mode of the monthly scores along the first axis; of several modes the lowest (own).

    Examples
    --------
    >>> yearly_comfort(np.uint8([[3, 3], [3, 7], [5, 255], [5, 7]])).tolist()
    [3, 255]
    """
    counts = np.stack([(monthly == score).sum(axis=0) for score in range(1, 8)])
    mode = counts.argmax(axis=0) + 1
    return np.where((monthly == NODATA).any(axis=0), NODATA, mode).astype(np.uint8)
