"""TextGrad (Yuksekgonul et al., 2024): an LLM passes feedback on along every edge of the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from annotated_types import Ge

from trace_core import MessageNode, Node, ParameterNode, trace_feedback
from trace_core.llm import LLM, Message, Request
from trace_core.optimizers import LLMOptimizer
from trace_core.optimizers._lines import statement
from trace_core.optimizers._llm_optimizer import EVERYTHING
from trace_core.optimizers._report import Report, report
from trace_core.optimizers._suggestion import Suggestion, merged
from trace_core.optimizers._values import described, shorten, value_text
from trace_core.optimizers._variables import variable_lines
from trace_core.opto import Outcome

EDGE_SYSTEM = """\
An operation made an output from its inputs, and the output got feedback. You pass the feedback \
on to one of the inputs: say how that input should change, so that the output does what its \
feedback asks for. Take the operation and its values into account. Two sentences at most, about \
this input alone; if it should stay as it is, say so.
"""
EDGE_USER = """\
# Task
{task}

# Operation
{line}
{documentation}

# Values
{values}

# Feedback to {output}
{feedback}

# Your feedback to {input}
"""
UPDATE_SYSTEM = """\
You improve the value of a variable by the feedback that it got. Keep its type, and keep to its \
constraint. New code is given as a list of its lines; it defines the same function with the same \
arguments. Where the feedback asks for no change, repeat the old value.

Answer with one JSON object and nothing else:
{"reasoning": what the feedback asks for,
 "answer": "",
 "suggestion": {the name of the variable: its new value}}
"""
UPDATE_USER = """\
# Task
{task}

# Variable
{variable}
{value}

# Feedback
{feedback}
"""
REJECTED = """
# Not applied of your last proposal
{reason}
"""
OBJECTIVE = "Change the variables so that the outputs do what their feedback asks for."


class TextGrad(LLMOptimizer):
    """One LLM call for each edge of the minimal subgraph, then one for each parameter.

    A value that several operations used gets the feedback of all. So a step costs edges +
    parameters calls: `docs/optimizers.md` compares that with OptoPrime's one.

    Args:
        parameters: what to optimize.
        llm: who writes.
        max_feedback_tokens: length of the feedback to one input.
        longest_value: characters of a value that a prompt shows whole; parameters are never cut.
        settings: those of every `LLMOptimizer`.
    """

    version: ClassVar[int] = 5
    default_objective: ClassVar[str] = OBJECTIVE

    def __init__(
        self,
        parameters: Sequence[ParameterNode[Any]],
        llm: LLM | None = None,
        *,
        max_feedback_tokens: Annotated[int, Ge(1)] = 200,
        longest_value: Annotated[int, Ge(20)] = 1000,
        **settings: Any,
    ) -> None:
        super().__init__(parameters, llm, **settings)
        self.max_feedback_tokens = max_feedback_tokens
        self.longest_value = longest_value

    def propagate(self, outcome: Outcome, **options: Any) -> None:
        """Bring the minimal subgraph to the parameters; the feedback travels in `step`."""
        outcome.output.backward(outcome.feedback, **options)

    def step(self) -> dict[str, Any]:
        """Send the feedback backward, then update each parameter that it reached.

        Returns:
            What every `LLMOptimizer` says, and `propagated`: the feedback by name.
        """
        feedback = trace_feedback(self.parameters)
        shown = report(feedback, self.instruction, self.longest_value)
        if not shown.variables:
            return self.note({"skipped": "no feedback has reached the parameters"})
        told = self._backward(shown, feedback.feedback)
        asked = {name: self._updated(name, p, told[p]) for name, p in shown.variables.items()}
        entry = self.apply(merged(asked), shown.variables, "stop")
        texts = {shown.names[node]: texts for node, texts in told.items()}
        return self.note({**entry, "propagated": texts})

    def _backward(
        self, shown: Report, given: Sequence[tuple[Node[Any], Any]]
    ) -> dict[Node[Any], list[str]]:
        """The feedback to every node of the trace, in the order in which it came."""
        told: dict[Node[Any], list[str]] = {}
        for output, text in given:
            told.setdefault(output, []).append(str(text))
        inside = {*shown.calls, *shown.variables.values()}
        for call in reversed(shown.calls):
            for parent in dict.fromkeys(call._parents):
                if parent in inside:
                    text = self._passed_on(shown, call, parent, told[call])
                    told.setdefault(parent, []).append(text)
        return told

    def _passed_on(
        self, shown: Report, call: MessageNode[Any], parent: Node[Any], told: Sequence[str]
    ) -> str:
        values = [
            described(node, shown.names[node], shorten(value_text(node), self.longest_value))
            for node in dict.fromkeys((*call._parents, call))
        ]
        user = EDGE_USER.format(
            task=self.instruction,
            line=statement(call, shown.names),
            documentation=call.description,
            values="\n".join(values),
            output=shown.names[call],
            feedback=_joined(told),
            input=shown.names[parent],
        )
        messages = Message("system", EDGE_SYSTEM), Message("user", user)
        reply = self.llm.complete(Request(messages, max_tokens=self.max_feedback_tokens))
        return reply.text.strip()

    def _updated(self, name: str, parameter: ParameterNode[Any], told: Sequence[str]) -> Suggestion:
        variable: Mapping[str, ParameterNode[Any]] = {name: parameter}
        user = UPDATE_USER.format(
            task=self.instruction,
            variable=variable_lines(variable),
            value=described(parameter, name, value_text(parameter)),
            feedback=_joined(told),
        )
        if reason := self._rejected.get(name, self._rejected.get(EVERYTHING)):
            user += REJECTED.format(reason=reason)
        found, _ = self.ask((Message("system", UPDATE_SYSTEM), Message("user", user)), variable)
        return found


def _joined(told: Sequence[str]) -> str:
    return "\n".join(dict.fromkeys(told))
