"""The `contactcenter` command; one file for each group of sub-commands."""
