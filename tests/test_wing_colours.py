"""Themes of wings are told apart by colour-blind eyes; lines of layers are seen on paper."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from test_webmap import BLIND, _lab, _linear, _pairs

from zoning.base.shipped import load_toml
from zoning.contribution import palette
from zoning.inputs.protections import load_kinds
from zoning.review.audit.rules import LEVELS
from zoning.review.site import given as site
from zoning.schemes.contrast import contrast

diff = import_module("zoning.review.diff.contribute")
parks = import_module("zoning.review.parks.contribute")

ZONING = Path(__file__).parent.parent / "zoning"


def apart(a: str, b: str) -> float:
    """Give the distance of two colours in CIELAB to the eye that tells them worst."""
    seen = [np.eye(3), *map(np.array, BLIND.values())]
    return min(float(np.linalg.norm(_lab(m @ _linear(a)) - _lab(m @ _linear(b)))) for m in seen)


THEMES = {
    "protections": ([*load_kinds()["colour"], palette.STILL], 20),
    "levels of conflicts": ([colour for _, colour in LEVELS.values()], 20),
    "parks": ([colour for _, colour in parks._STATUS.values()], 20),
    "access": (list(site._COLOURS.values()), 19),
    "more or less new land": ([c.colour for c in diff._steps(1e6)], 20),
    # Eleven classes and twelve groups cannot lie as far apart; the legend hides single ones.
    "classes of conflicts": ([c["colour"] for c in load_toml("review", "rules.toml")["class"]], 12),
    "groups of policies, causes of changes": ([*palette.GROUPS, palette.STILL], 12),
}


@pytest.mark.parametrize("name", THEMES)
def test_classes_stay_apart_for_every_eye(name):
    colours, least = THEMES[name]
    assert len(colours) == len(set(colours)) > 2
    worst = min((apart(a, b), a, b) for a, b in _pairs(colours))
    assert worst[0] >= least, worst


def test_what_stood_here_before_was_not_told_apart():
    assert apart("#1c6043", "#a3122a") < 12  # cores and red lines
    assert apart("#0072b2", "#8c6bb1") < 4  # two causes of changes


def test_lines_of_layers_are_seen_on_paper():
    text = "\n".join(p.read_text(encoding="utf-8") for p in ZONING.rglob("*.py"))
    found = re.findall(r'\bcolour="(#[0-9a-f]{6})"', text)
    assert len(found) >= 4
    assert min(contrast(colour, "#ffffff") for colour in found) >= 3
