"""What keeps the rules going from year to year: a new year, what changes, the pages in docs."""
