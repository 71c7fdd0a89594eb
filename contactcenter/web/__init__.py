"""What every page and route of the staff port shares: errors, headers, request ids, access log."""
