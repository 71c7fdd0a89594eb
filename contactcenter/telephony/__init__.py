"""The telephone network: what we ask of it, and the Twilio adapter that asks."""
