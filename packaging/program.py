"""The start of both frozen programs: the command line, which opens the window where that is inside."""

from app.cli import main

if __name__ == "__main__":
    main()
