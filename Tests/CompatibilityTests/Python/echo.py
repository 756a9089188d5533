"""The smallest service, also with payloads of many MiB."""

from orra import OrraService, Task
from pydantic import BaseModel

from setting import KEY, URL, run


class Said(BaseModel):
    message: str


class Echoed(BaseModel):
    echo: str


def echo():
    service = OrraService(name="echo", description="Repeats a message.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Said]) -> Echoed:
        return Echoed(echo=task.input.message)

    return service


run(echo)
