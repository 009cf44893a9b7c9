"""`python -m petshop_app`: open the shop."""

import sys

from .server import main

if __name__ == "__main__":
    sys.exit(main())
