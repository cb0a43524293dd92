"""From overrides to runs: composed, validated, resolved and named."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, ValidationError

from trace_core import UserError
from trace_core.llm import ReplayLLM

from . import experiments, llms, registry, sandboxes, settings
from .capabilities import require_fit
from .compose import Composer
from .llms import Asking
from .plain import plain
from .shorthands import spelled_out
from .sweep_limits import Rules


class _Composed(BaseModel):
    """The keys of a config, before its groups are looked into."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task: dict[str, Any]
    optimizer: dict[str, Any]
    llm: dict[str, Any]
    sandbox: dict[str, Any]
    executor: dict[str, Any]
    sweep: dict[str, Any]
    seed: Annotated[int, Ge(0)]
    iterations: Annotated[int, Ge(0)] | None
    limits: dict[str, Any] = {}
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One file of a config group with its settings: what to build, and how it is recorded."""

    name: str
    cls: type[Any]
    arguments: Mapping[str, Any]
    config: Mapping[str, Any]

    def build(self) -> Any:
        """Make a task or an LLM.

        Raises:
            UserError: it refuses its settings, or lacks something of the user's (a key).
        """
        try:
            return self.cls(**self.arguments)
        except ValueError as error:
            raise UserError(f"{self.name} cannot be made with these settings: {error}") from error


@dataclass(frozen=True, slots=True)
class Run:
    """One (task, optimizer, llm, seed) with everything that its numbers depend on.

    Attributes:
        llm: None for an optimizer that uses none.
        iterations: how many updates at most.
        sandbox: None for a task that runs no code of an optimizer's.
        asking: limits of the calls to the LLM, which are no part of `config`.
        config: JSON data; equal configs give equal results, and `id` is named after its hash.
        banner: what the user should know of how the LLM was chosen.
        executor: where it is driven; what follows from here on is no part of `config` either.
        rules: what its sweep may take, and how often it is tried.
        sweep: the name of that sweep; empty before there is one.
        source: what `Resolver.run` makes the same run of, in another process.
    """

    task: Choice
    optimizer: Choice
    llm: Choice | None
    seed: int
    iterations: int
    config: Mapping[str, Any] = field(repr=False)
    id: str = ""
    sandbox: Choice | None = None
    asking: Asking = Asking()
    banner: str = ""
    executor: Choice | None = None
    rules: Rules = Rules()
    sweep: str = ""
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_replayed(self) -> bool:
        """Whether recorded answers take the LLM's place."""
        return self.llm is not None and self.llm.cls is ReplayLLM


def plan(
    overrides: Sequence[str],
    *,
    multirun: bool = False,
    limit: int | None = None,
    smoke: bool = False,
) -> list[Run]:
    """Return the runs that a command describes, each once, in the order of the sweep.

    Args:
        overrides: as typed; `experiment=NAME` stands for the experiment's sweeps.
        multirun: whether sweep syntax is allowed. Experiments always are sweeps.
        limit: keep only the first so many seeds of everything.
        smoke: take the experiment in its size for trying out.

    Raises:
        UserError: something is unknown, of the wrong type, or does not fit.
    """
    sweeps = experiments.sweeps(overrides, smoke=smoke)
    composer, resolver = Composer(), Resolver()
    runs: dict[str, Run] = {}
    for sweep in [list(overrides)] if sweeps is None else sweeps:
        for config in composer.configs(sweep, multirun=multirun or sweeps is not None):
            for run in map(resolver.run, spelled_out(config)):
                _require_one_way(run, next(iter(runs.values()), run))
                runs[run.id] = run
    return list(runs.values() if limit is None else _first_seeds(runs.values(), limit))


def _require_one_way(run: Run, first: Run) -> None:
    if (run.executor, run.rules) != (first.executor, first.rules):
        raise UserError("executor= and sweep.KEY= are for the whole sweep: give one value each.")


def _first_seeds(runs: Iterable[Run], limit: int) -> Iterator[Run]:
    seen: Counter[str] = Counter()
    for run in runs:
        group = json.dumps({**run.config, "seed": None}, sort_keys=True)
        seen[group] += 1
        if seen[group] <= limit:
            yield run


class Resolver:
    """Validates configs and builds the classes they name; equal parts are looked at once."""

    def __init__(self) -> None:
        self._choices: dict[str, Choice] = {}
        self._askings: dict[str, Asking] = {}
        self._rulings: dict[str, Rules] = {}
        self._known: dict[str, tuple[int, int | None]] = {}
        self._fitting: set[tuple[type[Any], type[Any]]] = set()

    def run(self, raw: Mapping[str, Any]) -> Run:
        """Return the run that a composed config describes."""
        composed = _checked(raw)
        task = self._choice("task", composed.task)
        optimizer = self._choice("optimizer", composed.optimizer)
        self._require_fit(task, optimizer)
        asks = optimizer.cls.uses_llm or task.cls.uses_llm
        iterations, trials = self._facts(task)  # it is built: what it refuses is met now
        _require_trial(task, composed.seed, trials)
        if composed.iterations is not None:
            iterations = composed.iterations
        config = {
            "task": task.config,
            "optimizer": optimizer.config,
            "llm": None,
            "seed": composed.seed,
            "iterations": iterations,
        }
        llm, banner = None, ""
        if asks:
            llm, banner = self._llm(composed, config)
            config["llm"] = llm.config
        sandbox = self._choice("sandbox", composed.sandbox) if task.cls.runs_code else None
        if sandbox:
            sandbox.build()  # limits that make no sense are met before anything runs
            config["sandbox"] = sandbox.config
        run = Run(task, optimizer, llm, composed.seed, iterations, config, run_id(config))
        return replace(
            run,
            sandbox=sandbox,
            asking=self._asking(composed),
            banner=banner,
            executor=self._choice("executor", composed.executor),
            rules=self._rules(composed.sweep),
            source=_source(raw, sandbox),
        )

    def _llm(self, composed: _Composed, run: Mapping[str, Any]) -> tuple[Choice, str]:
        """Return who answers, and what the user should know about that."""
        found = llms.made_out(composed.llm, run, offline=composed.offline)
        if found.recording is None:
            return self._choice("llm", found.values), found.banner
        recording = found.recording
        arguments = {"path": recording.path, "run": recording.place, "drift": found.drift}
        name = str(found.values["name"])
        return Choice(name, ReplayLLM, arguments, found.values), found.banner

    def _choice(self, group: str, values: Mapping[str, Any]) -> Choice:
        key = group + json.dumps(values, sort_keys=True, default=str)
        if key not in self._choices:
            self._choices[key] = choose(group, values)
        return self._choices[key]

    def _asking(self, composed: _Composed) -> Asking:
        parts = (composed.llm, composed.limits, composed.offline)
        key = json.dumps(parts, sort_keys=True, default=str)
        if key not in self._askings:
            self._askings[key] = Asking.of(*parts)
        return self._askings[key]

    def _rules(self, values: Mapping[str, Any]) -> Rules:
        key = json.dumps(values, sort_keys=True, default=str)
        if key not in self._rulings:
            valid = settings.validate("sweep", "", Rules, values)
            fields = type(valid).model_fields
            self._rulings[key] = Rules(**{name: getattr(valid, name) for name in fields})
        return self._rulings[key]

    def _require_fit(self, task: Choice, optimizer: Choice) -> None:
        if (task.cls, optimizer.cls) not in self._fitting:
            require_fit(task.name, task.cls, optimizer.name, optimizer.cls)
            self._fitting.add((task.cls, optimizer.cls))

    def _facts(self, task: Choice) -> tuple[int, int | None]:
        """How many updates a task makes by itself, and how many trials it has."""
        key = json.dumps(task.config, sort_keys=True)
        if key not in self._known:
            built = task.build()
            self._known[key] = int(built.iterations), built.trials
        return self._known[key]


def _require_trial(task: Choice, seed: int, trials: int | None) -> None:
    if trials is not None and seed >= trials:
        raise UserError(
            f"seed={seed}: task={task.name} has {trials} trials with these settings, "
            "numbered from 0."
        )


def choose(group: str, values: Mapping[str, Any]) -> Choice:
    """Validate one group's part of a config against the class it names."""
    if group == "sandbox":
        values = sandboxes.resolved(values)
    name, kind = str(values.get("name")), str(values.get("kind"))
    cls = registry.load(group, kind)
    valid = settings.validate(group, name, cls, values)
    arguments = {key: getattr(valid, key) for key in type(valid).model_fields}
    left_out = llms.PATIENCE if group == "llm" else getattr(cls, "unrecorded", ())
    recorded = valid.model_dump(mode="json", exclude=set(left_out))
    config = {"name": name, "kind": kind, **_versions(cls), **plain(recorded)}
    return Choice(name, cls, arguments, config)


def _source(raw: Mapping[str, Any], sandbox: Choice | None) -> dict[str, Any]:
    """The composed config, without what another machine might make something else of."""
    if sandbox is None:
        return dict(raw)
    return {**raw, "sandbox": {**raw["sandbox"], "name": sandbox.name, "kind": sandbox.name}}


def _versions(cls: type[Any]) -> dict[str, int]:
    """What a class declares about itself, so that changed tasks and prompts give other runs."""
    found = {key: getattr(cls, key, None) for key in ("version", "prompt_version")}
    return {key: value for key, value in found.items() if isinstance(value, int)}


def _checked(raw: Mapping[str, Any]) -> _Composed:
    try:
        return _Composed.model_validate(dict(raw))
    except ValidationError as error:
        raise UserError(settings.explain(error, "", "The config", _Composed.model_fields)) from None


def run_id(config: Mapping[str, Any]) -> str:
    """Return a readable name that is the same for equal configs: "numerical-adam-s3-1f9c2a07"."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"), allow_nan=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    chosen = [config[group]["name"] for group in ("task", "optimizer", "llm") if config[group]]
    return "-".join([*chosen, f"s{config['seed']}", digest])
