"""Random texts of the small language: right ones, and ones with something amiss."""

import random

VALUES = ["x", "gamma", "beta", "eps", "_", "x2", "mean", "e5"]
NUMBERS = ["2", "0", "1.5", "10", "3e2", "1.25E-3", "7e+1", "0.001"]
ONE = ["square", "sqrt", "reciprocal", "negate", "same", "mean"]
TWO = ["add", "subtract", "multiply", "divide"]
SIGNS = ["+", "-", "*", "/"]
BLANKS = ["", "", " ", " ", "  ", "\t", " \t "]
REMARKS = ["", "", "", "# a remark", "  # y = , (", "#", "\t# µ, 1/√v 🙂"]
ENDS = ["\n", "\n", "\n", "\r\n", "\n\n", "\n \t\n", "\n# a line of its own\n"]
# What a right text seldom has, or has elsewhere.
OTHER = ["exp", "split", "spread", "Mean", "sum", "y1", "2"]
STRANGE = [
    "(", ")", "()", ",", "=", "==", "'", "#", "+", "**", "-", "/", ".", "1.", ".5",
    "1e", "1e+", "2x", "x y", "^", "@", "[x]", "exp(x)", "mean(x, x)", "add(x)",
    "spread(x, x)", "\\", '"', "\n", "\r", "\t", "\x0b", "\x0c", "\x00", "\x85",
    "\u00a0", "\u2028", "\ufeff", "🙂", "🙂" * 120, "µ", "σ²", "²", "٣", "é",
    "e\u0301", "x" * 190, " " * 210,
    "(" * 60, "-" * 90, "((x))" * 20, "y0", "y1", "y2", "x = y", "y0 = x",
]


def texts(seed, n):
    """`n` texts, the same for the same seed: in turns right, and right no longer.

    What is done to a text does not always make it wrong.
    """
    found = right_texts(seed, n)
    chance = random.Random(f"amiss {seed}")
    return [amiss(text, chance) if k % 2 else text for k, text in enumerate(found)]


def right_texts(seed, n):
    """`n` texts that are graphs."""
    chance = random.Random(f"right {seed}")
    return [right(chance) for _ in range(n)]


def right(chance):
    """Lines y0, y1, … that read one another; the last may have no end."""
    lines, known = [], list(VALUES)
    for k in range(chance.randint(1, 6)):
        name, depth = f"y{k}", chance.randint(0, 3)
        parts = [name, "=", *value(chance, known, depth)]
        while len("".join(parts)) > 120:
            parts = [name, "=", *value(chance, known, 1)]
        known.append(name)
        lines += [spaced(chance, parts), chance.choice(REMARKS), chance.choice(ENDS)]
    return "".join(lines[:-1] if chance.random() < 0.3 else lines)


def value(chance, known, depth):
    """The tokens of a value: one of the known names, or a few of them together."""
    if not depth:
        return [chance.choice(NUMBERS if chance.random() < 0.2 else known)]
    first, second = (value(chance, known, depth - 1) for _ in range(2))
    form = chance.randint(0, 6)
    if form == 0:
        return ["-", *first]
    if form == 1:
        return ["(", *first, ")"]
    if form == 2:
        return [chance.choice(ONE), "(", *first, ")"]
    if form == 3:
        return [chance.choice(TWO), "(", *first, ",", *second, ")"]
    return [*first, chance.choice(SIGNS), *second]


def spaced(chance, tokens):
    """The tokens with blanks between; two words never touch in what `value` makes."""
    blanks = [chance.choice(BLANKS) for _ in tokens]
    return "".join(blank + token for blank, token in zip(blanks, tokens))


def amiss(text, chance):
    """The text after one to three small accidents."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted(chance.randint(0, len(text)) for _ in range(2))
        strange = chance.choice(STRANGE)
        text = chance.choice([
            text[:at] + text[at + 1:],  # a character is lost
            text[:at] + strange + text[at:],
            text[:at] + strange + text[at + 1:],
            text[:at] + text[to:],
            "\n".join(reversed(text.split("\n"))),
            text + "\n" + text,
            "#" + text.replace("\n", "\n#"),  # no line is left
            text.replace(chance.choice(["(", ")", ",", "=", "y0"]), strange, 1),
            *[text.replace(chance.choice(ONE + TWO), name, 1)
              for name in chance.sample(ONE + TWO + OTHER, 3)],
        ])
    return text
