"""Three components of which each needs what the one before it gives."""

from typing import List

from orra import OrraAgent, OrraService, Task
from pydantic import BaseModel, Field

from setting import KEY, URL, run


class Customer(BaseModel):
    customerId: str = Field(description="Number of the customer, such as CUST456")


class Line(BaseModel):
    product: str
    quantity: int


class Basket(BaseModel):
    basket: List[Line]


class Total(BaseModel):
    total: float


class Invoice(BaseModel):
    invoiceId: str


def baskets():
    service = OrraService(
        name="basket-service", description="Finds the basket of a customer.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Customer]) -> Basket:
        return Basket(basket=[Line(product=f"book for {task.input.customerId}", quantity=3)])

    return service


def totals():
    service = OrraService(
        name="pricing-service", description="Computes the total price of a basket.", url=URL, api_key=KEY)

    @service.handler()
    async def handle(task: Task[Basket]) -> Total:
        return Total(total=sum(12.5 * line.quantity for line in task.input.basket))

    return service


def invoices():
    agent = OrraAgent(
        name="invoice-agent", description="Writes an invoice over the total.", url=URL, api_key=KEY)

    @agent.handler()
    async def handle(task: Task[Total]) -> Invoice:
        return Invoice(invoiceId=f"INV-{task.input.total}")

    return agent


run(baskets, totals, invoices)
