"""A picture of a trace with its minimal subgraph: `python draw_a_trace.py > trace.mmd`."""

from trace_core import bundle, draw, node


@bundle(trainable=True)
def weigh(items):
    """Weigh the items."""
    return sum(items)


def main():
    """Print a Mermaid chart; `.dot` would be the same for Graphviz."""
    scale = node(2, name="scale", trainable=True)
    items = node([1, 2, 3], name="items")
    total = weigh(items) * scale + items.len()
    print(draw(total).mermaid)


if __name__ == "__main__":
    main()
