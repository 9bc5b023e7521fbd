"""The auditor: a plan proved again from its files alone."""

from zoning.verify.audit import verify

__all__ = ["verify"]
