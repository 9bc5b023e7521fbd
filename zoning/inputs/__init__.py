"""Readers, inspection and administrative boundaries; the only room that opens the planner's files.

`china` finds places by name, `vector`, `tables` and `rasters` read files, `inspect` and
`topology` look for what is likely wrong.
"""
