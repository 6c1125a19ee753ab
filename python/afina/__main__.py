"""`python -m afina` is the command `afina`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
