"""Hydra: overrides in, plain configs out. The only file that knows Hydra.

`hydra.compose` composes Hydra's own settings along (80 of the 95 ms that a config takes) and keeps
global state. So this calls the loader below it, private API: hence the pin `<1.4` and its test.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra._internal.core_plugins.importlib_resources_config_source import (
    ImportlibResourcesConfigSource,
)
from hydra._internal.core_plugins.structured_config_source import StructuredConfigSource
from hydra._internal.defaults_list import create_defaults_list
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import ConfigCompositionException, HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from trace_core import UserError

from . import registry
from .registry import RESERVED
from .suggestions import did_you_mean, listed


class Composer:
    """Turns the overrides of one command into configs. Equal overrides are composed once."""

    def __init__(self) -> None:
        version.setbase("1.3")
        path = ConfigSearchPathImpl()
        path.append("trace-bench", "pkg://trace_bench.conf")
        path.append("schema", "structured://")  # Hydra insists on this name
        for source in (ImportlibResourcesConfigSource, StructuredConfigSource):
            SourcesRegistry.instance().register(source)  # Hydra's plugin scan, without the scan
        self._loader = ConfigLoaderImpl(path)
        self._parser = OverridesParser.create(self._loader)
        self._composed: dict[tuple[str, ...], dict[str, Any]] = {}
        self._seeds: dict[str, Any] = {}
        _store_plugins()

    def configs(self, overrides: Sequence[str], *, multirun: bool) -> Iterator[dict[str, Any]]:
        """Yield a config for every combination that `overrides` describe.

        Args:
            overrides: in Hydra's syntax, with sweeps (`a,b`, `range(3)`, `glob(*)`) if `multirun`.
            multirun: False refuses sweeps.

        Raises:
            UserError: an override cannot be read or applied.
        """
        with _one_line():
            parsed = self._parser.parse_overrides(list(overrides))
            _refuse_reserved(parsed)
            _check_names(parsed)
            if not multirun:
                _refuse_sweeps(parsed)
            values = [_values(override) for override in parsed]
        for combination in product(*values):
            yield self._config(combination)

    def _config(self, overrides: Sequence[str]) -> dict[str, Any]:
        """Compose; the seed, which most sweeps run over, is filled in afterwards."""
        seeds = [o for o in overrides if o.startswith("seed=") and "${" not in o]
        rest = tuple(o for o in overrides if o not in seeds)
        if rest not in self._composed:
            self._composed[rest] = self._compose(rest)
        config = dict(self._composed[rest])
        if seeds:
            config["seed"] = self._seed(seeds[-1])
        return config

    def _seed(self, override: str) -> Any:
        if override not in self._seeds:
            self._seeds[override] = self._parser.parse_override(override).value()
        return self._seeds[override]

    def _compose(self, overrides: Sequence[str]) -> dict[str, Any]:
        with _one_line():
            parsed = self._parser.parse_overrides(list(overrides))
            _check_names(parsed)
            # Not kept for the next config: composing changes what it holds.
            repository = CachingConfigRepository(self._loader.repository)
            plan = create_defaults_list(
                repo=repository,
                config_name="config",
                overrides_list=parsed,
                prepend_hydra=False,
                skip_missing=False,
            )
            config = self._loader._compose_config_from_defaults_list(
                defaults=plan.defaults, repo=repository
            )
            _apply(plan.config_overrides, config)
            return OmegaConf.to_container(config, resolve=True)  # type: ignore[return-value]


def composed_file(group: str, name: str) -> dict[str, Any]:
    """Return a file of a group as it is without any override."""
    found = OmegaConf.create(registry.config(group, name))
    return OmegaConf.to_container(found, resolve=True)  # type: ignore[return-value]


def _values(override: Override) -> list[str]:
    """Return the overrides that a sweep stands for, or the override itself."""
    if not override.is_sweep_override():
        return [str(override.input_line)]
    if not override.is_discrete_sweep():
        raise UserError(f"{override.input_line!r} has no end: list its values or use range().")
    key = override.get_key_element()
    return [f"{key}={value}" for value in override.sweep_string_iterator()]


def _apply(overrides: list[Override], config: DictConfig) -> None:
    OmegaConf.set_struct(config, True)
    try:
        ConfigLoaderImpl._apply_overrides_to_config(overrides, config)
    except ConfigCompositionException as error:
        key = getattr(error.__cause__, "full_key", None)
        raise (UserError(_unknown_key(key, config)) if key else error) from None


def _unknown_key(key: str, config: DictConfig) -> str:
    """Say which keys there are instead of `key`, for instance "optimizer.lrr"."""
    group, dot, _ = key.rpartition(".")
    node: Any = OmegaConf.select(config, group) if dot else config
    allowed = [f"{group}{dot}{name}" for name in node] if OmegaConf.is_dict(node) else []
    allowed = [name for name in allowed if name.rpartition(".")[2] not in RESERVED]
    named = dot and OmegaConf.is_dict(node) and "name" in node
    owner = f"{group}={node['name']}" if named else "The config"
    hint = _other_place(key, config) or did_you_mean(key, allowed)
    return f"{owner} has no key {key!r}.{hint} It has {listed(allowed)}."


def _other_place(key: str, config: DictConfig) -> str:
    """Say where a key is that is written without its group, or for an LLM that is not chosen."""
    group, _, name = key.rpartition(".")
    for part in () if group else map(str, config):
        inside = config[part]
        if OmegaConf.is_dict(inside) and name in inside and name not in RESERVED:
            return f" Did you mean {f'{part}.{name}'!r}?"
    for other in ("openai", "local") if group == "llm" else ():
        if name in registry.config("llm", other):
            return f" llm={other} has it: add llm={other}."
    return ""


def _check_names(overrides: Sequence[Override]) -> None:
    """Refuse unknown files of a group before Hydra does, with a suggestion."""
    for override in overrides:
        group = override.key_or_group
        if group in registry.GROUPS and not (override.is_delete() or override.is_sweep_override()):
            registry.check_name(group, str(override.value()))
            registry.config(group, str(override.value()))  # a plugin may be broken


def _refuse_reserved(overrides: Sequence[Override]) -> None:
    """What a config is called and which module it names belong to its file."""
    for override in overrides:
        group, _, key = override.key_or_group.partition(".")
        if key in RESERVED:
            raise UserError(f"{override.key_or_group!r} cannot be set; choose with {group}=NAME.")


def _refuse_sweeps(overrides: Sequence[Override]) -> None:
    for override in overrides:
        if override.is_sweep_override():
            raise UserError(f"{override.input_line!r} is a sweep: add -m to run every combination.")


def _store_plugins() -> None:
    """Make third-party names visible to Hydra, which finds ours in `conf/`."""
    for group in registry.MODULES:
        for name in registry.usable(group, registry.plugins(group)):
            ConfigStore.instance().store(name, registry.config(group, name), group=group)


@contextmanager
def _one_line() -> Iterator[None]:
    """Turn the exceptions of Hydra and OmegaConf into a `UserError` of one line."""
    try:
        yield
    except OverrideParseException as error:
        why = str(error).splitlines()
        reason = next(line for line in why if not line.startswith("Error parsing"))
        word = str(error.override)
        groups = [group for group in registry.GROUPS if word in registry.names(group)]
        wanted = f"{groups[0]}={word}" if groups else "KEY=VALUE"
        raise UserError(f"Cannot read the override {word!r} ({reason}); write {wanted}.") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise UserError(" ".join(str(error).split())) from error
