"""A service that fails, one that fails twice and then succeeds, and one that gives the action up."""

from orra import OrraService, Task
from pydantic import BaseModel

from setting import KEY, URL, run


class Order(BaseModel):
    orderId: str


class Done(BaseModel):
    done: str


def failing():
    service = OrraService(name="failing", description="Never succeeds.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Order]) -> Done:
        raise RuntimeError(f"no stock for {task.input.orderId}")

    return service


def flaky():
    service = OrraService(name="flaky", description="Succeeds at the third attempt.", url=URL, api_key=KEY)
    attempts = {}

    @service.handler()
    async def handle(task: Task[Order]) -> Done:
        attempts[task.input.orderId] = attempts.get(task.input.orderId, 0) + 1
        if attempts[task.input.orderId] < 3:
            raise RuntimeError("try again")
        return Done(done=f"after {attempts[task.input.orderId]} attempts")

    return service


def aborting():
    service = OrraService(name="aborting", description="Gives up.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Order]) -> Done:
        await task.abort({"reason": "out of stock", "orderId": task.input.orderId})

    return service


run(failing, flaky, aborting)
