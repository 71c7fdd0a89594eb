"""What a member of staff sees and does: contacts, cases, forms, live events."""
