"""Drafts of the mails that the office sends, and sending them."""
