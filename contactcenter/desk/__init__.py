"""The listeners' screens: server-rendered pages, and the moving parts that use the staff API."""
