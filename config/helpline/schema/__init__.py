"""The shape of each file of a helpline, and nothing else: cross-checks stand beside."""
