"""All that OptoPrime says to the LLM, in one place (the paper's App. G.2, in words of our own).

The system prompt is the same in all steps of a run, so that servers read it once.
"""

from __future__ import annotations

INSTRUCTION = (
    "Change the values of the variables in #Variables, so that running #Code with them gives "
    "#Outputs that the #Feedback would approve of."
)

SYSTEM = """\
You improve the variables of a computation, step by step. You are shown one run of it:

#Instruction: what to achieve.
#Code: the operations that were executed, one a line, in order. It is a record, not the program: \
it can't be changed. Behind # the same line in numbers.
#Documentation: what each operation does.
#Variables: the values that you may change, written as (type) name=value. A variable of type \
(code) is the source of a function, and eval runs it.
#Constraints: what the new values must satisfy.
#Inputs: values that are given and stay as they are.
#Others: intermediate results of the run that #Code does not show.
#Outputs: the results that the feedback is about.
#Feedback: what was said of the outputs.

Before you answer, follow #Code from the variables to the outputs: what does each variable do to \
the outputs, and which change of it answers the feedback? Keep the type of every variable. New \
code is given as a list of its lines, each a text with its indentation; it defines the same \
function with the same arguments. Where nothing should change, repeat the old value.

Answer with one JSON object and nothing else:
{"reasoning": how each variable influences the outputs, and what the feedback therefore asks for,
 "answer": a direct answer if the instruction asks a question, else "",
 "suggestion": {the name of each variable: its new value}}
"""

REHEARSAL = """\
You improve the variables of a computation. You are shown one run of it: what was computed, line \
by line (#Code, a record that can't be changed, with the numbers of the run behind #), the \
variables that you may change, and feedback to the output.

Answer with one JSON object. Its "reasoning":
"asked": what the feedback asks of the output.
Then every line of #Code computed again with the other value of the variable that is given there. \
Take the results of the lines before, not those of the run.
"change": the output now minus the output of the run, and what follows. For a variable that is 1:
if larger is asked, "2 - 5 = -3: go below 1 ..." or "8 - 5 = 3: go above 1 ..."
if smaller is asked, "2 - 5 = -3: go above 1 ..." or "8 - 5 = 3: go below 1 ..."
How far, you choose; a small step is safer. "suggestion": the value at the end of "change".
"""

MEMORY = """\
Earlier values of the variables and the feedback that they got, oldest first:

{examples}

Now this run:

"""

EXAMPLE = "{variables}\n#Feedback: {feedback}"

REJECTED = """\

Of your last suggestion the following was not applied:
{reasons}
"""
