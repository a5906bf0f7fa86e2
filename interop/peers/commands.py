"""The loop that the clients in Python share: it reads commands and prints answers. See check.py."""

import asyncio
import sys


class Command:
    """A line, in words: `fragment text more 00ff`."""

    def __init__(self, line):
        self.name, *self.words = line.rstrip("\n").split(" ")
        self.payload = bytes.fromhex(self.words[-1]) if self.words and self.name != "open" else b""

    def values(self, key):
        return [word.removeprefix(f"{key}=") for word in self.words if word.startswith(f"{key}=")]


async def serve(handle):
    """Answers each command with what `handle` returns for it: words and payloads."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            words = await handle(Command(line))
        except Exception as error:
            words = ["failed", f"{type(error).__name__}: {error}".replace("\n", " ")]
        print(*(word.hex() if isinstance(word, bytes) else word for word in words), flush=True)
