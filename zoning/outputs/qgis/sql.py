"""Names in the SQL of plan.gpkg."""

from __future__ import annotations

from zoning.base.attributes import quoted as quoted

#: The column of shapes.
GEOMETRY = "geom"
#: The table of projects of QGIS, and which of them we wrote and nobody saved over.
PROJECTS = "qgis_projects"
OUR_PROJECT = "coalesce(metadata, '') LIKE '%\"last_modified_user\": \"zoning\"%'"
