"""Takes memory without end, in several processes, so that no limit of one of them is reached."""

import os

for _ in range(2):
    if os.fork() == 0:
        break
taken = []
while True:
    taken.append(bytearray(16 * 1024**2))
