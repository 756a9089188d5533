"""A service that ends the action: it fails for good, or gives up."""

from orra import OrraService, Task
from pydantic import BaseModel

from journal import gate
from setting import KEY, URL, run


class Order(BaseModel):
    orderId: str
    end: str
    after: str
    also: str


class Done(BaseModel):
    done: str


def service():
    service = OrraService(name="ending", description="Ends the action.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Order]) -> Done:
        if task.input.end == "waits, fails":
            await gate(f"end-{task.input.orderId}")
        if task.input.end == "gives up":
            await task.abort({"reason": "out of stock", "left": 0})
        if task.input.end == "gives up with a text":
            await task.abort("out of stock")
        if task.input.end == "gives up without a word":
            await task.abort()
        # No attempt more: a result that breaks its own schema is no better the next time.
        return Done.model_construct(done=7)

    return service


run(service)
