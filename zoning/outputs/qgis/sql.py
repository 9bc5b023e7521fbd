"""Names in the SQL of plan.gpkg."""

from __future__ import annotations

from zoning.base.attributes import quoted as quoted

#: The column of shapes.
GEOMETRY = "geom"
