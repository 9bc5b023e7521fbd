"""The question of the allocation as files of other programs: MPS, LP, Marxan."""
