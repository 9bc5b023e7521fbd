"""Classes of the drafts (1 = best, 5 = worst, 0 = unknown): factors, matrices, corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.resources import load_toml

Classes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.floating[Any]]


def book(preset: str = "preset-b") -> Mapping[str, Any]:
    """Give the data of a preset."""
    return load_toml("evaluation", f"{preset}.toml")


def factor(name: str, x: Floats) -> Classes:
    """Class of a factor; NaN gives 0.

    Examples
    --------
    >>> factor("farm_slope", np.array([2.0, 2.1, 26.0, np.nan])).tolist()
    [1, 2, 5, 0]
    """
    table = book()["factors"][name]
    edges, equal = table["edges"], table["equal"]
    sides = [equal] * len(edges) if isinstance(equal, str) else equal
    step = np.zeros(np.shape(x), dtype=np.int8)
    for edge, side in zip(edges, sides, strict=True):
        step += (x >= edge) if side == "above" else (x > edge)
    out: Classes = np.asarray(table["classes"], dtype=np.int8)[step]
    return np.where(np.isnan(x), 0, out).astype(np.int8)


def matrix(name: str, rows: Classes, columns: Classes) -> Classes:
    """Look two classes up in a matrix; 0 if either is unknown.

    Examples
    --------
    >>> matrix("town_base", np.array([1, 3, 0]), np.array([5, 5, 1])).tolist()
    [3, 4, 0]
    """
    table = np.zeros((6, 6), dtype=np.int8)
    table[1:, 1:] = book()["matrices"][name]
    out: Classes = table[rows, columns]
    return out


def worst(*classes: Classes) -> Classes:
    """Worst of several classes; 0 if any is unknown.

    Examples
    --------
    >>> worst(np.array([1, 4, 0]), np.array([3, 2, 5])).tolist()
    [3, 4, 0]
    """
    stack = np.stack(classes)
    return np.where((stack == 0).any(axis=0), 0, stack.max(axis=0)).astype(np.int8)


def change(c: Classes, steps: Classes, *, known: npt.NDArray[np.bool_] | None = None) -> Classes:
    """Add classes and clip to 1..5; unknown stays, and becomes so where ``known`` is false.

    Examples
    --------
    >>> change(np.array([1, 4, 0], np.int8), np.array([-1, 2, 1], np.int8)).tolist()
    [1, 5, 0]
    """
    moved = np.clip(c + steps, 1, 5)
    keep = c > 0 if known is None else (c > 0) & known
    return np.where(keep, moved, 0).astype(np.int8)


def correct(c: Classes, name: str, layer: npt.NDArray[Any]) -> Classes:
    """Correct classes by a layer of classes (``[corrections.<name>]``); layer 0 is unknown.

    Examples
    --------
    >>> correct(np.array([1, 2, 3, 3]), "geological_hazard", np.array([5, 4, 3, 0])).tolist()
    [5, 4, 4, 0]
    """
    steps = np.zeros(np.shape(c), dtype=np.int8)
    for value, step in book()["corrections"][name].items():
        steps[layer == int(value)] = 5 if step == "worst" else int(step)
    return change(c, steps, known=layer > 0)


def stepped(c: Classes, x: Floats, edges_name: str, steps: tuple[int, int], side: str) -> Classes:
    """Correct classes by a number with two edges: nothing, ``steps[0]``, ``steps[1]``.

    ``side`` says where a value on the *upper* edge belongs; the lower edge starts its band.
    """
    low, high = book()["corrections"][edges_name]
    above = (x >= high) if side == "above" else (x > high)
    add = np.select([above, x >= low], [steps[1], steps[0]], 0).astype(np.int8)
    return change(c, add, known=~np.isnan(x))


def as_grade(c: Classes) -> npt.NDArray[np.uint8]:
    """Turn classes (1 = best) into grades of suitability (5 = best); 0 stays unknown.

    Examples
    --------
    >>> as_grade(np.array([1, 5, 0])).tolist()
    [5, 1, 0]
    """
    return np.where(c > 0, 6 - c, 0).astype(np.uint8)
