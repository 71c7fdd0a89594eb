"""What the network asks of the service: signed webhooks and callbacks."""
