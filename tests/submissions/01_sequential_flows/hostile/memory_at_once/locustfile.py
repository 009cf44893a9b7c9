"""Takes memory as fast as the machine can give it: whole pages of 2 MB, in as many processes as may work at once."""

import ctypes
import mmap
import os
import time

SIZE, HUGE = 800 * 1024**2, 14

children = [os.fork() for _ in range(2)]  # four processes
memory = mmap.mmap(-1, SIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
memory.madvise(HUGE)
time.sleep(2 - time.time() % 2)  # all at the same moment
ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(memory)), 1, SIZE)
time.sleep(600)
