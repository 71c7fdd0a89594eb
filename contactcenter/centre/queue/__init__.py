"""Who waits, who is free, who is offered what: the index and the truth kept together."""
