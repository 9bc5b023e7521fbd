"""What every room stands on: areas, words, shipped data, staged writing, contracts of tables."""
