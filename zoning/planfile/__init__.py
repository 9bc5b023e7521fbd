"""plan.toml: its models, its reader, a template to start from."""

from zoning.planfile.read import load, parse

__all__ = ["load", "parse"]
