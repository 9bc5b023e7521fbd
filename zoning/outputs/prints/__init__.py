"""Map sheets and charts on paper."""
