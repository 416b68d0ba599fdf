"""Marked copies and notices that go back to the units."""
