"""A journal that outlives its process: each line is on disk before the caller goes on."""

import asyncio
import json
import os

PATH = "undoing.jsonl"


def note(service, what, **more):
    """Writes one line, such as {"service": "holding", "what": "undone", "order": "ORD1", "process": 4711}."""
    line = json.dumps({"service": service, "what": what, "process": os.getpid(), **more}) + "\n"
    with open(PATH, "a") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def noted(service, what, order):
    """Whether such a line is there, also from a process before this one."""
    if not os.path.exists(PATH):
        return False
    with open(PATH) as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    return any((line["service"], line["what"], line.get("order")) == (service, what, order) for line in lines)


async def gate(name):
    """Waits until the test makes the file."""
    while not os.path.exists(name):
        await asyncio.sleep(0.02)
