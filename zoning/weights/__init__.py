"""Weights and scores: AHP, entropy, CRITIC, their combination; scales from values to scores."""

from zoning.weights.ahp import Ahp, ahp, group_judgement, read_pairwise
from zoning.weights.objective import combine_weights, critic_weights, entropy_weights, normalised
from zoning.weights.scaling import Scale, scored

__all__ = [
    "Ahp",
    "Scale",
    "ahp",
    "combine_weights",
    "critic_weights",
    "entropy_weights",
    "group_judgement",
    "normalised",
    "read_pairwise",
    "scored",
]
