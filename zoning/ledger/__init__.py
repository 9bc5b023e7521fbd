"""The one table of areas, and every sum of it."""
