"""Two agents of another framework, traced: OptoPrime rewrites what they are told to do.

AG2 succeeds AutoGen, which the paper names. Needs `pip install ag2` and OPENAI_API_KEY (with
OPENAI_BASE_URL for another server):

    python docs/examples/trace_ag2_agents.py
"""

import asyncio
from typing import Any

from ag2 import Agent
from ag2.config import ModelConfig
from ag2.events import ModelMessage, ModelRequest, ModelResponse

from trace_core import Node, bundle, node
from trace_core.llm import LLM, Message, OpenAIClient, Request
from trace_core.optimizers import OptoPrime

TASK = "Write a packing list for two days in the mountains."
MOST_WORDS = 30


class OurLLM(ModelConfig):
    """AG2's way to our LLM: a `Recorder` in its place would record what the agents ask."""

    model = "trace-core"

    def __init__(self, llm: LLM) -> None:
        self.llm = llm

    def copy(self) -> "OurLLM":
        """Agents share it."""
        return self

    def create(self) -> Any:
        """What AG2 calls with the conversation so far."""
        return self.answer

    async def answer(self, messages: Any, context: Any, **options: Any) -> ModelResponse:
        """Ask for the next message."""
        turns = [Message("system", "\n".join(context.prompt))]
        for event in messages:
            if isinstance(event, ModelRequest):
                text = "\n".join(part.content for part in event.parts)
                turns.append(Message("user", text))
            elif isinstance(event, ModelResponse):
                turns.append(Message("assistant", event.content or ""))
        reply = await asyncio.to_thread(self.llm.complete, Request(tuple(turns)))
        return ModelResponse(ModelMessage(reply.text))


class Conversation:
    """A writer and a reviser. What each of them is told to do is a parameter."""

    def __init__(self, llm: LLM) -> None:
        self.writer = Agent("writer", config=OurLLM(llm))
        self.reviser = Agent("reviser", config=OurLLM(llm))
        self.style = node("Be thorough.", name="style", trainable=True)
        self.advice = node("Add what is missing.", name="advice", trainable=True)

    async def __call__(self, task: str) -> Node[str]:
        """Let the writer write and the reviser revise; the trace leads from both to the text."""
        draft = await write(self.writer, self.style, task)
        return await revise(self.reviser, self.advice, draft)


@bundle()
async def write(agent: Agent, style: str, task: str) -> str | None:
    """An agent does the task, as it is told by the style."""
    reply = await agent.ask(task, prompt=[style])
    return reply.body


@bundle()
async def revise(agent: Agent, advice: str, draft: str) -> str | None:
    """Another agent rewrites the draft, as it is told by the advice."""
    reply = await agent.ask(f"Rewrite this:\n{draft}", prompt=[advice])
    return reply.body


def train(llm: LLM, updates: int = 3) -> Conversation:
    """Let OptoPrime, which asks the same LLM, see to it that texts are short."""
    conversation = Conversation(llm)
    optimizer = OptoPrime([conversation.style, conversation.advice], llm)
    for _ in range(updates):
        text = asyncio.run(conversation(TASK))
        words = len(text.data.split())
        if words <= MOST_WORDS:
            break
        optimizer.zero_feedback()
        optimizer.backward(text, f"{words} words are too many: {MOST_WORDS} are allowed.")
        optimizer.step()
    return conversation


if __name__ == "__main__":
    trained = train(OpenAIClient())
    print(f"style: {trained.style.data}\nadvice: {trained.advice.data}")
