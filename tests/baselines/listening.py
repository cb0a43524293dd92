"""A mock LLM that keeps what it is asked, for tests of optimizers."""

from trace_core.llm import MockLLM, Reply, Request


class Listener(MockLLM):
    """`requests` are those so far."""

    def __init__(self, *args, **keywords) -> None:
        super().__init__(*args, **keywords)
        self.requests: list[Request] = []

    def complete(self, request: Request) -> Reply:
        self.requests.append(request)
        return super().complete(request)

    @property
    def asked(self) -> list[str]:
        """The last message of each request."""
        return [request.messages[-1].content for request in self.requests]
