"""Telephones on sockets: the phone page and the softphones."""
