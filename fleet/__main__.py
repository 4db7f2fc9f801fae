"""`python -m fleet`, installed as `fleet` too."""

import sys

from fleet.cli.command import main

if __name__ == "__main__":
    sys.exit(main())
