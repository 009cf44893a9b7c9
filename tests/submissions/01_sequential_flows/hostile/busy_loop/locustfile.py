"""Keeps a core busy for ever, and reads no signal."""

import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    pass
