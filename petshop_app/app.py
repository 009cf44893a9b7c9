"""`python app.py` in this folder: open the shop."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Python put this folder first on the path; the package is found from its parent.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    try:
        from petshop_app.server import main
    except ModuleNotFoundError as error:
        sys.exit(f"{error}. In the course's folder, `python3 workshop.py demo` installs what the shop needs.")
    sys.exit(main())
