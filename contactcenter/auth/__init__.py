"""Who is asking, how they proved it, and what each route asks of them."""
