"""Ways to place new land, and the choice between them."""
