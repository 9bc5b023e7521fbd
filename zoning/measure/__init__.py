"""Exact geometry: polygons and rasters against squares; NumPy in, NumPy out."""
