"""Raw values become claims that count or do not: checks, statuses, rulings, ledger."""
