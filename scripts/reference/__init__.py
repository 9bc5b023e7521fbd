"""Builders of the reference case: a reconstruction of Zhenjiang for illustration."""
