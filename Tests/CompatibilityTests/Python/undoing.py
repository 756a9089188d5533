"""Services that can undo what they did. What an order says decides how each works and how it undoes."""

import time

from orra import CompensationResult, CompensationStatus, OrraService, RevertSource, Task
from orra.types import PartialCompensation
from pydantic import BaseModel

from journal import gate, note, noted
from setting import KEY, URL, run


class Order(BaseModel):
    orderId: str
    work: str
    seconds: float
    undo: str
    details: dict


class Held(BaseModel):
    orderId: str
    held: str
    details: dict


def listen(service, name):
    """Notes each request to undo as it came: the SDK shows a handler neither the key nor the data as they are."""
    handle = service._sdk._handle_compensation

    async def listening(request):
        note(name, "asked", order=request["input"]["taskResult"]["orderId"], request=request)
        await handle(request)

    service._sdk._handle_compensation = listening


def limit(service, ttl):
    """Says how long the work can be undone. SDK 0.2.4 says 24 h whatever `revert_ttl_ms` is: its model ignores it."""
    handle = service._sdk._task_handler

    async def limiting(**request):
        result = await handle(**request)
        result["compensation"]["ttl"] = ttl
        return result

    service._sdk._task_handler = limiting


def undoable(name, ttl=None):
    service = OrraService(
        name=name, description="Holds what an order needs.", url=URL, api_key=KEY, revertible=True,
        revert_ttl_ms=ttl or 60_000)
    tried = set()

    @service.handler()
    async def handle(task: Task[Order]) -> Held:
        order = task.input
        note(name, "working", order=order.orderId)
        if order.work == "waits":
            await gate(f"work-{name}-{order.orderId}")
        if order.work == "blocks":
            time.sleep(order.seconds)
        return Held(orderId=order.orderId, held=f"{name} of {order.orderId}", details=order.details)

    @service.revert_handler()
    async def revert(source: RevertSource[Order, Held]) -> CompensationResult:
        order = source.input.orderId
        is_first = order not in tried
        tried.add(order)
        if is_first and source.input.undo == "partly":
            partial = PartialCompensation(completed=["shelf"], remaining=["label", "invoice"])
            return CompensationResult(status=CompensationStatus.PARTIAL, partial=partial)
        if is_first and source.input.undo == "fails":
            return CompensationResult(status=CompensationStatus.FAILED, error="the shelf is locked")
        if is_first and source.input.undo == "expires":
            return CompensationResult(status=CompensationStatus.EXPIRED)
        if is_first and source.input.undo == "raises":
            raise RuntimeError("the shelf is gone")
        if source.input.undo == "waits before":
            note(name, "undoing", order=order)
            await gate(f"undo-{order}")
        if not noted(name, "undone", order):
            context = source.context.model_dump(mode="json") if source.context else None
            note(name, "undone", order=order, held=source.output.held, context=context)
        else:
            note(name, "repeated", order=order)
        if source.input.undo == "waits after":
            await gate(f"undo-{order}")
        return CompensationResult(status=CompensationStatus.COMPLETED)

    listen(service, name)
    if ttl:
        limit(service, ttl)
    return service


run(
    lambda: undoable("holding", ttl=3_600_000),
    lambda: undoable("charging"),
    lambda: undoable("fleeting", ttl=1))
