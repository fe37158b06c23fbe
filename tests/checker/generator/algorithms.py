"""What a batch norm computes, as lines that no style has touched yet.

`key: expression` makes `$key`; `key +: expression` adds to it. `$name` is a value that
a style names, MEAN, SUM and VAR go over the batch, PSUM and PMEAN have a parameter's
shape, an X in front is the wrong axis. `$N` is how many values a mean has.
"""

_AFFINE = ("y: $gamma * $xhat + $beta",)
FORWARD = {
    "staged": ("mu: MEAN($x)", "xmu: $x - $mu", "sq: $xmu ** 2", "var: MEAN($sq)",
               "std: np.sqrt($var + $eps)", "ivar: 1 / $std", "xhat: $xmu * $ivar",
               "gx: $gamma * $xhat", "y: $gx + $beta"),
    "through std": ("mu: MEAN($x)", "xmu: $x - $mu", "var: MEAN($xmu ** 2)",
                    "std: np.sqrt($var + $eps)", "xhat: $xmu / $std", *_AFFINE),
    "short": ("mu: MEAN($x)", "var: VAR($x)",
              "xhat: ($x - $mu) / np.sqrt($var + $eps)", *_AFFINE),
    "inverse": ("mu: MEAN($x)", "var: MEAN(($x - $mu) ** 2)",
                "ivar: ($var + $eps) ** -0.5", "xhat: ($x - $mu) * $ivar", *_AFFINE),
}
_PARAMETERS = ("dbeta: PSUM($dy)", "dgamma: PSUM($dy * $xhat)")
BACKWARD = {
    "staged": ("dbeta: PSUM($dy)", "dgx: $dy", "dgamma: PSUM($dgx * $xhat)",
               "dxhat: $dgx * $gamma", "divar: SUM($dxhat * $xmu)",
               "dxmu1: $dxhat * $ivar", "dstd: -1 / $std ** 2 * $divar",
               "dvar: 0.5 * 1 / np.sqrt($var + $eps) * $dstd",
               "dsq: 1 / $N * np.ones_like($dy) * $dvar", "dxmu2: 2 * $xmu * $dsq",
               "dx1: $dxmu1 + $dxmu2", "dmu: -1 * SUM($dxmu1 + $dxmu2)",
               "dx2: 1 / $N * np.ones_like($dy) * $dmu", "dx: $dx1 + $dx2"),
    "accumulating": (*_PARAMETERS, "dxhat: $dy * $gamma", "dxmu: $dxhat * $ivar",
                     "divar: SUM($dxhat * $xmu)", "dstd: -$divar * $ivar ** 2",
                     "dvar: $dstd / (2 * $std)", "dsq: $dvar / $N",
                     "dxmu +: 2 * $xmu * $dsq", "dmu: -SUM($dxmu)",
                     "dx: $dxmu + $dmu / $N"),
    "through std": (*_PARAMETERS, "dxhat: $gamma * $dy", "dxmu: $dxhat / $std",
                    "dstd: -SUM($dxhat * $xmu / ($std * $std))",
                    "dvar: 0.5 * $dstd / $std", "dxmu +: 2.0 / $N * $xmu * $dvar",
                    "dmu: SUM($dxmu)", "dx: $dxmu - $dmu / $N"),
    "paper": ("dxhat: $dy * $gamma",
              "dvar: SUM($dxhat * ($x - $mu) * -0.5 * ($var + $eps) ** -1.5)",
              "dmu: SUM(-$dxhat / np.sqrt($var + $eps))"
              " + $dvar * MEAN(-2 * ($x - $mu))",
              "dx: $dxhat / np.sqrt($var + $eps) + $dvar * 2 * ($x - $mu) / $N"
              " + $dmu / $N", *_PARAMETERS),
    "closed over N": (*_PARAMETERS, "dxhat: $dy * $gamma",
                      "dx: 1 / ($N * $std) * ($N * $dxhat - SUM($dxhat)"
                      " - $xhat * SUM($dxhat * $xhat))"),
    "closed with means": (*_PARAMETERS, "dxhat: $dy * $gamma",
                          "dx: ($dxhat - MEAN($dxhat)"
                          " - $xhat * MEAN($dxhat * $xhat)) / $std"),
    "closed in dgamma": (*_PARAMETERS, "dx: $gamma / ($N * $std)"
                         " * ($N * $dy - $dbeta - $xhat * $dgamma)"),
}
STAGED = ("staged", "accumulating", "through std")  # a line a node
AGAIN = {"xmu": "$x - $mu", "std": "np.sqrt($var + $eps)", "ivar": "1 / $std"}
INFERENCE = {"else": ("xhat: ($x - $rmean) / np.sqrt($rvar + $eps)", *_AFFINE),
             "select": ("mu: $rmean", "var: $rvar")}
_OLD, _NEW = "{} * ${} + (1 - {}) * ${}", "(1 - {}) * ${} + {} * ${}"
RUNNING = {
    "none": (),
    **{kind: ("rmean: " + rule.format("$mom", "rmean", "$mom", "mu"),
              "rvar: " + rule.format("$mom", "rvar", "$mom", "var"))
       for kind, rule in (("old", _OLD), ("new", _NEW))},
    "last": ("rmean: $mu", "rvar: $var"),
    "cumulative": ("rmean: ($count * $rmean + $mu) / ($count + 1)",
                   "rvar: ($count * $rvar + $var) / ($count + 1)", "count +: 1"),
}
SIZES = {"rows": "{0}.shape[0]", "columns": "{0}.shape[1]",
         "nchw": "{0}.size // {0}.shape[1]", "nhwc": "{0}.size // {0}.shape[-1]",
         "flat": "{0}.shape[0]", "spatial": "{0}.shape[0]"}


def lines_of(section, spec):
    """[(section.key, template of the statement)] of lines such as `key: expression`."""
    parts = [line.split(": ", 1) for line in spec]
    return [(f"{section}.{key.replace(' ', '')}", "${} {}= {}".format(
        key.split()[0], "+" * key.endswith("+"), text)) for key, text in parts]
