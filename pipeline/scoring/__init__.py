"""Claims that count become points, places, awards, and what other readings would change."""
