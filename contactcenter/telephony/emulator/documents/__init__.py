"""TwiML documents: read, then played to a call."""
