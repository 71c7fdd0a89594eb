"""What a visitor of the chat does, and how we know that they are still there."""
