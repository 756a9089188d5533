"""A service that hands over what it needs to undo its work."""

from orra import CompensationResult, CompensationStatus, OrraService, RevertSource, Task
from pydantic import BaseModel

from setting import KEY, URL, run


class Order(BaseModel):
    orderId: str


class Reservation(BaseModel):
    reservationId: str


def service():
    service = OrraService(
        name="reserving", description="Reserves what an order needs.", url=URL, api_key=KEY, revertible=True,
        revert_ttl_ms=3_600_000)

    @service.handler()
    async def handle(task: Task[Order]) -> Reservation:
        return Reservation(reservationId=f"RES-{task.input.orderId}")

    @service.revert_handler()
    async def revert(source: RevertSource[Order, Reservation]) -> CompensationResult:
        return CompensationResult(status=CompensationStatus.COMPLETED)

    return service


run(service)
