"""Sums of products: {product: number}, a product a tuple of (factor, power).

A factor is a name, or a series: ("sum", product) or ("mean", product).
"""

from fractions import Fraction

ONE = {(): Fraction(1)}
MINUS = {(): Fraction(-1)}


def factor(name, n=1):
    """A name, or a series, to a power."""
    return {((name, n),): Fraction(1)}


def plus(*forms):
    """The sum of sums of products."""
    total = {}
    for form in forms:
        for product, number in form.items():
            total[product] = total.get(product, 0) + number
    return {product: number for product, number in total.items() if number}


def times(*forms):
    """The product of sums of products."""
    result = ONE
    for form in forms:
        result = plus(*({collected(a + b): m * n} for a, m in result.items()
                        for b, n in form.items()))
    return result


def power(form, n):
    """A whole power; ValueError for one over a sum of several terms."""
    if n < 0:
        if len(form) != 1:
            raise ValueError(f"one over a sum of {len(form)} terms, expected one")
        form = {tuple((f, -k) for f, k in product): 1 / number
                for product, number in form.items()}
    return times(*[form] * abs(n))


def collected(factors):
    """A product in which each factor stands once, in one order."""
    powers = {}
    for one, n in factors:
        powers[one] = powers.get(one, 0) + n
    return tuple(sorted(((f, n) for f, n in powers.items() if n), key=repr))


def series(kind, form):
    """The sum or the mean of a sum of products, term by term."""
    return plus(*(times({(): number}, factor((kind, product)))
                  for product, number in form.items()))


def rewritten(form, on_name, on_series=series):
    """A form in which rules have replaced each name and, inside out, each series.

    on_name(name) and on_series(kind, form) say what stands for it, as a form.
    """
    def one(factor):
        if isinstance(factor, str):
            return on_name(factor)
        kind, product = factor
        return on_series(kind, of(product))

    def of(product):
        return times(*(power(one(f), n) for f, n in product))

    return plus(*(times({(): number}, of(product)) for product, number in form.items()))


def shared(form):
    """(the product that all terms share, what is left of the form)"""
    first, *others = map(dict, form)
    common = collected((f, n) for f, n in first.items()
                       if all(other.get(f) == n for other in others))
    return common, times(form, power({common: Fraction(1)}, -1))


def as_tree(form, order, like):
    """A form as an expression of the op table.

    order(factor) sorts the factors of a product. like: the name of a value that has the
    shape to which a sum goes down.
    """
    def term(product, number):
        """A number times a product, over what has a power below 0."""
        above, below = [], []
        for one, n in sorted(product, key=lambda part: order(part[0])):
            trees = [one if isinstance(one, str) else series_of(*one)] * abs(n)
            (above if n > 0 else below).append(_all(trees))
        above = [str(number.numerator)] * (number.numerator != 1 or not above) + above
        below = [str(number.denominator)] * (number.denominator != 1) + below
        return ("divide", _all(above), _all(below)) if below else _all(above)

    def series_of(kind, product):
        inside = term(product, Fraction(1))
        return (kind, inside, like) if kind == "sum" else (kind, inside)

    if not form:
        return "0"
    (product, number), *others = sorted(
        form.items(), key=lambda item: (_size(item[0]), repr(item)))
    tree = term(product, abs(number))
    tree = ("negate", tree) if number < 0 else tree
    for product, number in others:
        op = "subtract" if number < 0 else "add"
        tree = (op, tree, term(product, abs(number)))
    return tree


def _size(product):
    return sum(1 if isinstance(f, str) else 1 + _size(f[1]) for f, _ in product)


def _all(trees):
    """Trees multiplied, from the left; twice the same is its square."""
    if len(trees) == 2 and trees[0] == trees[1]:
        return ("square", trees[0])
    first, *others = trees
    for tree in others:
        first = ("multiply", first, tree)
    return first
