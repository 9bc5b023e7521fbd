"""Policies: tables keyed by places, formulas, weights by zone, closing checks. Files, not code."""
