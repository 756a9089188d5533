"""What TestService is, with the Python SDK: each effect happens once per key, and is on disk before it is answered."""

import asyncio
import fcntl
import json
import os
import sys

from orra import CompensationResult, CompensationStatus, OrraService, RevertSource, Task
from pydantic import BaseModel

SETTINGS = dict(word.split("=", 1) for word in sys.argv[1:])
NAME = SETTINGS["name"]
REVERTIBLE = SETTINGS.get("revertible") == "yes"


class Input(BaseModel):
    item: str
    step: str
    mode: str
    left: str
    right: str


class Output(BaseModel):
    result: str


class Journal:
    """A file of records that all processes of a service share."""

    def __init__(self, name):
        path = os.path.join(SETTINGS["directory"], f"{NAME}.{name}.jsonl")
        self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self.known = {}
        self.end = 0

    def append(self, record, unless_known=False):
        """Returns when the record is on disk, or the one that its key has already."""
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            self.read_on()
            if unless_known and record["key"] in self.known:
                return self.known[record["key"]]
            # Behind the last whole line: what a killed process left torn is cut off.
            os.ftruncate(self.file, self.end)
            os.pwrite(self.file, json.dumps(record).encode() + b"\n", self.end)
            os.fsync(self.file)
            return None
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)

    def read_on(self):
        size = os.fstat(self.file).st_size
        data = os.pread(self.file, size - self.end, self.end)
        lines = data[: data.rfind(b"\n") + 1]
        self.end += len(lines)
        for line in lines.splitlines():
            record = json.loads(line)
            self.known.setdefault(record["key"], record)


runs, effects, repeats, undos = (Journal(name) for name in ("runs", "effects", "repeats", "undos"))


def once(record, journal):
    earlier = journal.append(record, unless_known=SETTINGS.get("deduplicates") != "no")
    if earlier:
        repeats.append(record)
    return (earlier or record)["output"]


def record(key, task, execution, input, output=None):
    return {
        "key": key, "task": task, "execution": execution, "input": input, "output": output, "process": os.getpid()}


async def pause(name):
    await asyncio.sleep(int(SETTINGS.get(name, 0)) / 1000)


def service():
    service = OrraService(
        name=NAME, description="Does a test's work.", url=os.environ["ORRA_URL"],
        api_key=os.environ["ORRA_API_KEY"], revertible=REVERTIBLE, log_level="WARNING")

    @service.handler()
    async def handle(task: Task[Input]) -> Output:
        input = task.input.model_dump()
        # The SDK has no public name for what tells one task from another.
        entry = record(task._idempotency_key, task._task_id, task._execution_id, input)
        runs.append(entry)
        await pause("delay")
        if task.input.mode == "fail":
            raise RuntimeError("this task fails")
        if task.input.mode == "abort":
            await task.abort({"reason": "this task gives up"})
        words = (input[field] for field in ("item", "step", "mode", "left", "right"))
        entry["output"] = {"result": f"{NAME}({','.join(words)})"}
        output = once(entry, effects)
        await pause("linger")
        return Output(**output)

    if REVERTIBLE:

        @service.revert_handler()
        async def revert(source: RevertSource[Input, Output]) -> CompensationResult:
            # Nor does it tell the request's key: the work itself is the key.
            input = source.input.model_dump()
            once(record(f"undo-{input['item']}-{input['step']}", "undo", "", input), undos)
            await pause("linger")
            return CompensationResult(status=CompensationStatus.COMPLETED)

    return service


async def serve():
    await service().start()
    await asyncio.Event().wait()


asyncio.run(serve())
