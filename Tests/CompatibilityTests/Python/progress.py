"""An agent that tells how far it is, the last time just before its result."""

from orra import OrraAgent, Task
from pydantic import BaseModel

from setting import KEY, URL, run


class Job(BaseModel):
    steps: int


class Done(BaseModel):
    steps: int


def agent():
    agent = OrraAgent(name="progress-agent", description="Works in steps.", url=URL, api_key=KEY)

    @agent.handler()
    async def handle(task: Task[Job]) -> Done:
        for step in range(1, task.input.steps + 1):
            await task.push_update({"step": step, "of": task.input.steps})
        return Done(steps=task.input.steps)

    return agent


run(agent)
