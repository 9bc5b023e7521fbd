"""The GeoPackage and the QGIS project."""
