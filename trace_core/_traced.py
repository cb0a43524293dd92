"""The operators of nodes as type checkers see them; `_methods` puts the real ones on `Node`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any


class TracedOperators:
    """Declarations only: every method returns a node, and is added to `Node` at import."""

    __slots__ = ()

    if TYPE_CHECKING:

        def _binary(self, other: Any) -> Any: ...
        def _unary(self) -> Any: ...
        def _method(self, *args: Any, **keywords: Any) -> Any: ...

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _binary
        __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _binary
        __divmod__ = __rdivmod__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _binary
        __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = _binary
        __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = _binary
        __lt__ = __le__ = __gt__ = __ge__ = eq = neq = __getitem__ = _binary
        __neg__ = __pos__ = __abs__ = __invert__ = __floor__ = __ceil__ = __trunc__ = _unary
        len = clone = _unary
        append = capitalize = format = get = join = keys = lower = pop = replace = _method
        split = strip = swapcase = title = upper = values = _method
        __round__ = __call__ = getattr = call = _method

        def __iter__(self) -> Iterator[Any]: ...
        def items(self) -> list[tuple[Any, Any]]: ...
