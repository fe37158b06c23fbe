r"""The pages' formulas read back: LaTeX as arithmetic on arrays; and faults for it.

What is read: + − · / and products side by side, powers, \frac, \sqrt, \sum over the
rows or from i = 1 to m, mean(…), brackets, names with or without subscripts, the calls
spread(…), sum(…) and copy(…), and a \partial by a \partial, which are looked up. `d…`
is the gradient by the name behind it.
"""

import operator
import re

import numpy as np

APART = re.compile(r",\s*\\q?quad|\\\\(?!\s*&)")  # between two statements
SPACE = re.compile(r"\\(?:begin|end)\{aligned\}|\\[bB]ig[lr]|\\quad|\\\\|\\[,;]|&|\s+")
UNDER = re.compile(r"\\underbrace\{(.*?)\}_\{\\text\{\w+\}\}", re.DOTALL)
TOKEN = re.compile(r"""
    \d+ | d?(?:\\mathit\{\w+\} | \\hat\{\w\} | \\(?:mu|gamma|beta|epsilon)(?![a-z])
    | [a-zA-Z]) | \\mathbf\{1\} | \\mathrm\{\w+\} | \\text\{[\w ]+\} | \\[a-zA-Z]+ | \S
    """, re.VERBOSE)
SPELT = {r"\hat{x}": "xhat", r"\epsilon": "eps", r"\mathbf{1}": "one"}
MEAN, END = r"\mathrm{mean}", "the end"
CALLS = (r"\mathrm{spread}", r"\mathrm{sum}", r"\mathrm{copy}")
NAME = re.compile(r"d?(?:\\(?:mathit|hat|mathbf|text)\{|\\(?:mu|gamma|beta|epsilon)$|"
                  r"\\mathrm\{(?!mean|spread|sum|copy)|[a-zA-Z]$)")


def tokens(tex):
    """What a display is made of, a ; between its statements."""
    return TOKEN.findall(SPACE.sub(" ", APART.sub(";", UNDER.sub(r"\1", tex))))


def word(token):
    r"""The name that a token writes: dxhat for d\hat{x}."""
    d = "d" if token[0] == "d" and len(token) > 1 else ""
    token = token.removeprefix(d)
    plain = re.sub(r"\\(?:mathit|text|mathrm)\{([\w ]+)\}|\\", r"\1", token)
    return d + SPELT.get(token, plain)


def statements(read):
    """Tokens as statements: [(sign before it, tokens of a member), …] each."""
    found, depth = [[("", [])]], 0
    for token in read:
        depth += (token in "{(") - (token in "})")
        if token == ";":
            found.append([("", [])])
        elif token in ("=", r"\leftarrow") and not depth:
            found[-1].append((token, []))
        else:
            found[-1][-1][1].append(token)
    return found


def value(member, env):
    """What a member of a statement is worth, given env: name -> array.

    env may also hold "partial": (name, name) -> derivative, and "rules": op of the
    operator module, or np.sum -> what stands in its place.
    """
    left = [*member, END]
    made = _total(left)
    if left != [END]:
        raise ValueError(f"can not read {left[0]} in {' '.join(member)}")
    return made(env)


def _both(op, a, b):
    return lambda env: env.get("rules", {}).get(op, op)(a(env), b(env))


def _total(left):
    negative = left[0] == "-"
    if left[0] in ("+", "-"):
        left.pop(0)
    made = _product(left)
    if negative:
        made = _both(operator.mul, lambda env: -1.0, made)
    while left[0] in ("+", "-"):
        op = operator.add if left.pop(0) == "+" else operator.sub
        made = _both(op, made, _product(left))
    return made


def _product(left):
    made = _power(left)
    while left[0] not in (END, ")", "}", "+", "-"):
        sign = left.pop(0) if left[0] in (r"\cdot", "/") else ""
        op = operator.truediv if sign == "/" else operator.mul
        made = _both(op, made, _power(left))
    return made


def _power(left):
    made = _atom(left)
    if left[0] == "^":
        left.pop(0)
        if left[0] == r"\top":
            left.pop(0)
            return lambda env, a=made: np.transpose(a(env))
        made = _both(operator.pow, made, _atom(left))
    return made


def _atom(left):
    token = left.pop(0)
    if token.isdigit():
        return lambda env: float(token)
    if token in ("(", "{"):
        return _closed(left, {"(": ")", "{": "}"}[token])
    if token == r"\sum":
        return _sum(left)
    if token == r"\sqrt":
        made = _atom(left)
        return lambda env: np.sqrt(made(env))
    if token == MEAN:
        made = _atom(left)
        return lambda env: np.mean(made(env), axis=0, keepdims=True)
    if token in CALLS:
        made = _atom(left)
        return lambda env: env[word(token)](made(env))
    if token == r"\frac":
        if left[1] == r"\partial":
            return _partial(left)
        above = _atom(left)
        return _both(operator.truediv, above, _atom(left))
    if not NAME.match(token):
        raise ValueError(f"expected a value, got {token}")
    name, index = word(token), _index(left)
    return lambda env: env[name][tuple(env[i] for i in index)] if index else env[name]


def _closed(left, end):
    made = _total(left)
    if left.pop(0) != end:
        raise ValueError(f"expected {end}")
    return made


def _index(left):
    """The letters of a subscript, if there is one."""
    if left[0] != "_":
        return []
    left.pop(0)
    if left[0] != "{":
        return [word(left.pop(0))]
    end = left.index("}")
    index, left[:end + 1] = [word(token) for token in left[1:end]], []
    return index


def _sum(left):
    """A sum down the rows, from i = 1 to m, or over the environments that a text names.
    """
    limits = _index(left)
    if "=" in limits:
        if left.pop(0) != "^":
            raise ValueError("expected an upper limit")
        (letter, _, first), last, made = limits, _atom(left), _product(left)
        return lambda env: sum(made(env | {letter: k - 1})
                               for k in range(int(first), int(last(env)) + 1))
    made = _product(left)
    if limits:
        return lambda env: sum(made(env | one) for one in env["".join(limits)])
    return lambda env: env.get("rules", {}).get(np.sum, _down)(made(env))


def _down(a):
    return np.sum(a, axis=0, keepdims=True)


def _partial(left):
    """A derivative: env["partial"] has it by its names, a subscript an axis each."""
    names, index = [], []
    for _ in range(2):
        if left[:2] != ["{", r"\partial"]:
            raise ValueError(r"expected a \partial")
        del left[:2]
        names.append(word(left.pop(0)))
        index += _index(left)
        if left.pop(0) != "}":
            raise ValueError("expected }")
    return lambda env: env["partial"][tuple(names)][tuple(env[i] for i in index)]


SWAPS = {"+": ["-"], "-": ["+"], r"\cdot": ["+", "/"], "/": [r"\cdot"], r"\sum": [""],
         r"\sqrt": [""], MEAN: ["", r"\sum"], r"\top": ["2"], r"\leftarrow": ["="],
         **{call: ["", MEAN, *(c for c in CALLS if c != call)] for call in CALLS}}


def faults(read, names):
    """The tokens with one symbol changed, each way that there is.

    Each of the names and a 1 stand once in the place of each name. A fraction is turned
    over, a number grows by 1, a sign changes, a sum, mean or root goes.
    """
    for k, token in enumerate(read):
        if token == r"\frac":
            middle = _end(read, k + 1)
            last = _end(read, middle)
            yield [*read[:k + 1], *read[middle:last], *read[k + 1:middle], *read[last:]]
        others = SWAPS.get(token, [])
        if token.isdigit():
            others = [str(int(token) + 1)]
        elif NAME.match(token):
            others = ["1", *(rf"\mathit{{{n}}}" for n in names if n != word(token))]
        for other in others:
            yield [*read[:k], *filter(None, [other]), *read[k + 1:]]


def _end(read, start):
    """Where the group in braces that begins at `start` is over."""
    depth = 0
    for k in range(start, len(read)):
        depth += (read[k] == "{") - (read[k] == "}")
        if not depth:
            return k + 1
    raise ValueError("expected }")
