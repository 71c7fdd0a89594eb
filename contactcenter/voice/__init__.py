"""Incoming calls: the webhooks Twilio asks, the TwiML we answer, the steps of a call."""
