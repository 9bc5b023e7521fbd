"""The lattice: its squares and codes, its CRS, how far a projection distorts areas."""
