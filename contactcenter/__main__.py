"""`python -m contactcenter` is the `contactcenter` command."""

from contactcenter.cli.command import main

if __name__ == "__main__":
    main()
