"""A service whose handler blocks the event loop: while it works, nothing is read and no ping is answered."""

import time

from orra import OrraService, Task
from pydantic import BaseModel

from setting import KEY, URL, run


class Job(BaseModel):
    number: int
    seconds: float


class Done(BaseModel):
    number: int


def service():
    service = OrraService(name="blocking", description="Blocks.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Job]) -> Done:
        time.sleep(task.input.seconds)
        return Done(number=task.input.number)

    return service


run(service)
