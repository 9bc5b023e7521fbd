"""Engines that work the blocks of a plan, and batches of many plans.

`engine`: chooses one and tells how far it is; `processes`: on the cores of this machine;
`cluster`: on a Dask cluster; `batch`: many plans in one go. What is measured never depends on them.
"""
