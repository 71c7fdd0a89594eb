"""The visitor's side of a web chat: protocol, session, gateway and widget."""
