"""A workflow over several processes, one trace: `python remote_workers.py`."""

from concurrent.futures import ProcessPoolExecutor

from trace_core import Module, bundle, node, remote


@bundle()
def distance(guess, target):
    """How far the guess is from the target."""
    return abs(guess - target)


class Guess(Module):
    """Guesses a number."""

    def __init__(self):
        self.offset = node(3.0, name="offset", trainable=True)

    def forward(self, x, target):
        """How far off it is."""
        return distance(self.offset + x, target)


def main():
    """Evaluate a batch in parallel, and bring the feedback to the one parameter."""
    guess = Guess()
    with ProcessPoolExecutor(2) as pool:
        futures = [remote.submit(pool, guess, x, x + 5) for x in range(4)]
        outputs = [future.result() for future in futures]
    for output in outputs:
        output.backward("should be 0")
    print([output.data for output in outputs])
    print(len(guess.offset.feedback), "operators brought feedback to", guess.offset.name)


if __name__ == "__main__":
    main()
