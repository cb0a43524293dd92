"""Any server that speaks the OpenAI chat protocol."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge, Gt, Le

from ._chat_client import ChatClient
from ._endpoint import Endpoint, origin_of_environment
from ._prices import Price, list_price
from ._throttle import Rates


class OpenAIClient(ChatClient):
    """A chat model behind OPENAI_BASE_URL (OpenAI's own if unset), with the key OPENAI_API_KEY.

    Both are read from the environment; no record and no error holds the key.

    Args:
        model: its name at that server; the default is the paper's.
        temperature: 0 makes answers as repeatable as the server can.
        seed: mixed with the run's seed and the draw into the seed that the server gets;
            None sends none, for servers that refuse it.
        max_tokens: no reply is longer, whatever a request allows.
        max_retries: further attempts at a busy or broken server.
        timeout_s: how long one attempt may take.
        concurrency, requests_per_minute, tokens_per_minute: how fast all runs of this process
            together may ask the server; None is as fast as they come.
        usd_per_million: what a million tokens of prompts and of replies cost; None looks the model
            up in the price list, and leaves the cost unknown if it is not there.
    """

    def __init__(
        self,
        *,
        model: str = "gpt-4-0125-preview",
        temperature: Annotated[float, Ge(0), Le(2)] = 0.0,
        seed: Annotated[int, Ge(0)] | None = 0,
        max_tokens: Annotated[int, Ge(1)] = 4096,
        max_retries: Annotated[int, Ge(0)] = 8,
        timeout_s: Annotated[float, Gt(0)] = 120.0,
        concurrency: Annotated[int, Ge(1)] | None = None,
        requests_per_minute: Annotated[int, Ge(1)] | None = None,
        tokens_per_minute: Annotated[int, Ge(1)] | None = None,
        usd_per_million: tuple[Annotated[float, Ge(0)], Annotated[float, Ge(0)]] | None = None,
    ) -> None:
        self._environment = Endpoint.of_environment(timeout_s=timeout_s)
        super().__init__(
            model=model,
            temperature=temperature,
            seed=seed,
            max_tokens=max_tokens,
            max_retries=max_retries,
            timeout_s=timeout_s,
            rates=Rates(concurrency, requests_per_minute, tokens_per_minute),
            price=self.price(model=model, usd_per_million=usd_per_million),
        )

    @classmethod
    def price(cls, **settings: Any) -> Price | None:
        """What was given, else what the list says of the model at the environment's server."""
        if given := settings.get("usd_per_million"):
            return Price(*given)
        return list_price(origin_of_environment(), settings["model"])

    @property
    def name(self) -> str:
        """The kind of server and the model."""
        return f"openai/{self._model}"

    @property
    def server(self) -> str:
        """The address in the environment, as far as it names a server."""
        return self._environment.origin

    def _endpoint(self) -> Endpoint:
        return self._environment
