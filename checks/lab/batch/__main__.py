"""`python -m checks.lab.batch PATH... --out DIR` is what `workshop.py grade` starts."""

import sys

from checks.lab.batch.round import main

if __name__ == "__main__":
    sys.exit(main())
