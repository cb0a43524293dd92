"""All that OptoPrime says to the LLM, in one place (the paper's App. G.2, in words of our own).

The system prompt is the same in all steps of a run, so that servers read it once.
"""

from __future__ import annotations

INSTRUCTION = (
    "Change the values of the variables in #Variables, so that running #Code with them gives "
    "#Outputs that the #Feedback would approve of."
)

_SECTIONS = """\
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
"""

SYSTEM = (
    _SECTIONS
    + """
Before you answer, follow #Code from the variables to the outputs: what does each variable do to \
the outputs, and which change of it answers the feedback? Keep the type of every variable. New \
code is given as a list of its lines, each a text with its indentation; it defines the same \
function with the same arguments. Where nothing should change, repeat the old value.

Answer with one JSON object and nothing else:
{"reasoning": how each variable influences the outputs, and what the feedback therefore asks for,
 "answer": a direct answer if the instruction asks a question, else "",
 "suggestion": {the name of each variable: its new value}}
"""
)

REHEARSAL = (
    _SECTIONS
    + """
Answer with one JSON object and nothing else. Its "reasoning" rehearses the run:
"asked": what the feedback asks of the output.
Then every line of #Code again with the higher value of the variable that is given there, in \
numbers. Take the results of the lines above, not those of the run.
"change": the output of the rehearsal minus the output of the run.
"verdict": what follows, and a step of a size that you choose. For a variable with the value 1:
"larger is asked, the change 3 is up, go above 1: 1 + 2 = 3"
"larger is asked, the change -3 is down, go below 1: 1 - 2 = -1"
"smaller is asked, the change 3 is up, go below 1: 1 - 2 = -1"
"smaller is asked, the change -3 is down, go above 1: 1 + 2 = 3"
Then "suggestion": {the name of the variable: the new value at the end of the verdict}
"""
)

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
