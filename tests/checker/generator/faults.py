"""What people get wrong: one row a fault, an edit of one line of the program.

A row is what is said of it, the key of the line, what stands there when it is right,
what stands there now, and the nodes at which a fault of the same effect may be named,
the node of the edit first. CHAIN: what scales one of these scales the path through the
variance, wherever along it: no output tells them apart.
"""

from typing import NamedTuple

CHAIN = "dvar dstd divar dvareps dsq dxmu.sq"
CENTRE = "dmu dx.mu dx"


class Fault(NamedTuple):
    """An edit: its name, the line's key, old and new template, accepted nodes."""

    name: str
    key: str
    old: str
    new: str
    nodes: tuple[str, ...]


def _rows(text):
    """Faults of lines of `name | key | old | new | nodes`; \\ goes on."""
    for line in text.replace("\\\n", "").strip().splitlines():
        name, key, old, new, nodes = (part.strip(" ") for part in line.split("|"))
        nodes = nodes.format(chain=CHAIN, centre=CENTRE)
        yield Fault(name, key, old.strip("'"), new.strip("'").replace("\\n", "\n"),
                    tuple(dict.fromkeys(nodes.split())))


FORWARD_FAULTS = tuple(_rows(r"""
mean is a sum | f.mu | MEAN | SUM | mu xmu
mean along features | f.mu | MEAN | XMEAN | mu xmu
sign of xmu | f.xmu | $x - $mu | $mu - $x | xmu xhat gx ivar
mean not subtracted | f.xmu | $x - $mu | $x.copy() | xmu mu
overwrites x | f.xmu | $xmu = $x - $mu | $x -= $mu\n$xmu = $x | xmu x
not centred before squaring | f.sq | $xmu | $x | sq var
doubled, not squared | f.sq | $xmu ** 2 | 2 * $xmu | sq var
absolute, not squared | f.sq | $xmu ** 2 | np.abs($xmu) | sq var
variance is a sum | f.var | MEAN | SUM | var sq
variance over N - 1 | f.var | MEAN($sq) | SUM($sq) / ($N - 1) | var
variance over N - 1 | f.var | MEAN($xmu ** 2) | SUM($xmu ** 2) / ($N - 1) | var
variance over N - 1 | f.var | VAR | VAR1 | var
variance along features | f.var | MEAN | XMEAN | var
variance along features | f.var | VAR | XVAR | var
no square | f.var | ($x - $mu) ** 2 | $x - $mu | sq var
not centred before squaring | f.var | ($x - $mu) ** 2 | $x ** 2 | sq var xmu
eps outside the root | f.std | np.sqrt($var + $eps) | np.sqrt($var) + $eps | std vareps
no eps | f.std | $var + $eps | $var | vareps std
no root | f.std | np.sqrt($var + $eps) | $var + $eps | std
eps subtracted | f.std | $var + $eps | $var - $eps | vareps std
eps squared | f.std | + $eps | + $eps ** 2 | vareps
no reciprocal | f.ivar | 1 / $std | 1 * $std | ivar xhat
reciprocal of the variance | f.ivar | 1 / $std | 1 / $var | ivar std vareps
no root | f.ivar | -0.5 | -1 | std ivar
no eps | f.ivar | ($var + $eps) | $var | vareps std ivar
power has no sign | f.ivar | -0.5 | 0.5 | ivar
divided by the variance | f.xhat | $xmu / $std | $xmu / $var | xhat ivar std vareps
not centred | f.xhat | $xmu | $x | xhat xmu
multiplied by std | f.xhat | $ivar | $std | xhat ivar
multiplied by std | f.xhat | / $std | * $std | xhat ivar
not centred | f.xhat | ($x - $mu) | $x | xmu xhat mu
eps outside the root | f.xhat | np.sqrt($var + $eps) | (np.sqrt($var) + $eps) \
| std vareps
no eps | f.xhat | $var + $eps | $var | vareps std
no root | f.xhat | np.sqrt($var + $eps) | ($var + $eps) | std ivar
parentheses of the quotient | f.xhat | ($x - $mu) | $x - $mu | xmu xhat
no gamma | f.gx | '$gamma * ' | '' | gx y
gamma added | f.gx | $gamma * | $gamma + | gx y
beta for gamma | f.gx | $gamma | $beta | gx y
no beta | f.y | '+ $beta' | '' | y
beta subtracted | f.y | + $beta | - $beta | y
gamma for beta | f.y | + $beta | + $gamma | y
no gamma | f.y | $gamma * $xhat | $xhat | gx y
gamma and beta swapped | f.y | $gamma * $xhat + $beta | $beta * $xhat + $gamma | gx y
beta scaled too | f.y | $gamma * $xhat + $beta | $gamma * ($xhat + $beta) | y gx
batch mean in test mode | t.xhat | $x - $rmean | $x - MEAN($x) | mu xmu
batch variance in test mode | t.xhat | $rvar | VAR($x) | var vareps std
no eps in test mode | t.xhat | $rvar + $eps | $rvar | vareps std
no root in test mode | t.xhat | np.sqrt($rvar + $eps) | ($rvar + $eps) | std ivar
variance taken for std | t.xhat | np.sqrt($rvar + $eps) | $rvar | std vareps ivar
eps outside in test mode | t.xhat | np.sqrt($rvar + $eps) | (np.sqrt($rvar) + $eps) \
| std vareps
no gamma in test mode | t.y | $gamma * $xhat | $xhat | gx y
no beta in test mode | t.y | '+ $beta' | '' | y
batch mean in test mode | t.mu | $rmean | MEAN($x) | mu xmu
batch variance in test mode | t.var | $rvar | VAR($x) | var vareps std
test mode never reached | w.if | $train | True | mu var xhat y
test mode the wrong way round | w.if | $train | not ($train) | mu var xhat y
std kept for var | r.rvar | * $var | * np.sqrt($var) | var std
weights swapped for var | r.rvar | $mom * $rvar + (1 - $mom) * \
| (1 - $mom) * $rvar + $mom * | var
weights of both alike | r.rvar | (1 - $mom) | $mom | var
weights of both alike | r.rmean | (1 - $mom) | $mom | mu
new value not weighed | r.rmean | (1 - $mom) * $mu | $mu | mu
mean kept for var | r.rvar | * $var | * $mu | var
variance from the mean's | r.rvar | * $rvar | * $rmean | var
never stored | r.rmean | $rmean = | $stray = | mu
never stored | r.rvar | $rvar = | $stray = | var
batch variance stored | w.store | $rmean, $rvar | $rmean, $var | var
cache of the first forward | w.cache | $cached \
| getattr(self, "cache", None) or $cached | xhat x
"""))
BACKWARD_FAULTS = tuple(_rows(r"""
dbeta averaged | b.dbeta | PSUM | PMEAN | dbeta
dbeta along features | b.dbeta | PSUM | XPSUM | dbeta
dbeta has gamma | b.dbeta | $dy | $dy * $gamma | dbeta
dbeta not summed | b.dbeta | PSUM | ' ' | dbeta
dgamma averaged | b.dgamma | PSUM | PMEAN | dgamma
dgamma along features | b.dgamma | PSUM | XPSUM | dgamma
dgamma not summed | b.dgamma | PSUM | ' ' | dgamma
dgamma from xmu | b.dgamma | $xhat | $xmu | dgamma
dgamma from x | b.dgamma | $xhat | $x | dgamma
dgamma has gamma | b.dgamma | $xhat | $xhat * $gamma | dgamma
dgamma without xhat | b.dgamma | ' * $xhat' | '' | dgamma
dgamma negative | b.dgamma | PSUM | -PSUM | dgamma
no gamma | b.dxhat | ' * $gamma' | '' | dxhat dx dgx
no gamma | b.dxhat | '$gamma * ' | '' | dxhat dx dgx
divided by gamma | b.dxhat | * $gamma | / $gamma | dxhat dx dgx
overwrites dout | b.dxhat | $dxhat = $dgx * $gamma | $dgx *= $gamma\n$dxhat = $dgx \
| dxhat dy dgx
overwrites dout | b.dxhat | $dxhat = $dy * $gamma | $dy *= $gamma\n$dxhat = $dy \
| dxhat dy dgx
overwrites dout | b.dxhat | $dxhat = $gamma * $dy | $dy *= $gamma\n$dxhat = $dy \
| dxhat dy dgx
divar not summed | b.divar | SUM | ' ' | divar {chain}
divar averaged | b.divar | SUM | MEAN | divar {chain}
divar along features | b.divar | SUM | XSUM | divar {chain}
divar from xhat | b.divar | $xmu | $xhat | divar {chain}
divar from x | b.divar | $xmu | $x | divar {chain}
divar from dout | b.divar | $dxhat | $dy | divar {chain}
dxmu without ivar | b.dxmu1 | ' * $ivar' | '' | dxmu.xhat dxmu
dxmu by std | b.dxmu1 | * $ivar | * $std | dxmu.xhat dxmu
dxmu by ivar squared | b.dxmu1 | $ivar | $ivar ** 2 | dxmu.xhat dxmu
dxmu without ivar | b.dxmu | ' * $ivar' | '' | dxmu.xhat dxmu
dxmu by ivar squared | b.dxmu | $ivar | $ivar ** 2 | dxmu.xhat dxmu
dxmu without std | b.dxmu | ' / $std' | '' | dxmu.xhat dxmu
dxmu times std | b.dxmu | / $std | * $std | dxmu.xhat dxmu
sign of dstd | b.dstd | -1 / | 1 / | dstd {chain}
sign of dstd | b.dstd | = - | '= ' | dstd {chain}
power of std | b.dstd | $std ** 2 | $std | dstd {chain}
power of std | b.dstd | $std ** 2 | $std ** 3 | dstd {chain}
power of ivar | b.dstd | ' ** 2' | '' | dstd {chain}
power of std | b.dstd | ($std * $std) | $std | dstd {chain}
dstd from xhat | b.dstd | $xmu | $xhat | dstd {chain}
dstd averaged | b.dstd | SUM | MEAN | dstd {chain}
no half | b.dvar | '0.5 * ' | '' | dvar {chain}
no two below | b.dvar | (2 * $std) | $std | dvar {chain}
two above | b.dvar | 0.5 | 2 | dvar {chain}
no root | b.dvar | np.sqrt($var + $eps) | ($var + $eps) | dvar {chain}
no eps backward | b.dvar | $var + $eps | $var | dvar {chain}
no std | b.dvar | ' / $std' | '' | dvar {chain}
std for 1 / std | b.dvar | 1 / np.sqrt | 1 * np.sqrt | dvar {chain}
dvar negative | b.dvar | 0.5 | -0.5 | dvar {chain}
dsq without 1 / N | b.dsq | 1 / $N | 1 | dsq {chain}
dsq without 1 / N | b.dsq | ' / $N' | '' | dsq {chain}
dsq over N - 1 | b.dsq | $N | ($N - 1) | dsq {chain}
no two | b.dxmu2 | '2 * ' | '' | dxmu.sq {chain}
xhat for xmu | b.dxmu2 | $xmu | $xhat | dxmu.sq {chain}
x for xmu | b.dxmu2 | $xmu | $x | dxmu.sq {chain}
no xmu | b.dxmu2 | ' * $xmu' | '' | dxmu.sq
no two | b.dxmu+ | '2 * ' | '' | dxmu.sq {chain}
no two | b.dxmu+ | 2.0 | 1.0 | dxmu.sq {chain}
xhat for xmu | b.dxmu+ | $xmu | $xhat | dxmu.sq {chain}
no xmu | b.dxmu+ | '* $xmu ' | '' | dxmu.sq
without 1 / N | b.dxmu+ | 2.0 / $N | 2.0 | dxmu.sq {chain}
replaces, not adds | b.dxmu+ | += | = | dxmu dxmu.xhat
subtracts, not adds | b.dxmu+ | += | -= | dxmu {chain}
path of the variance lost | b.dx1 | ' + $dxmu2' | '' | dxmu dx.xmu dxmu.sq dx
path of xhat lost | b.dx1 | '$dxmu1 + ' | '' | dxmu dx.xmu dxmu.xhat dx
difference of two paths | b.dx1 | + | - | dxmu dx.xmu dxmu.sq dx
sign of dmu | b.dmu | -1 * | 1 * | {centre}
sign of dmu | b.dmu | = - | '= ' | {centre}
sign of dmu | b.dmu | = SUM | = -SUM | {centre}
dmu averaged | b.dmu | SUM | MEAN | {centre}
dmu along features | b.dmu | SUM | XSUM | {centre}
dmu of one path | b.dmu | '$dxmu1 + ' | '' | {centre}
dmu of one path | b.dmu | ' + $dxmu2' | '' | {centre}
dx2 without 1 / N | b.dx2 | 1 / $N | 1 | dx.mu {centre}
path of the mean lost | b.dx | ' + $dx2' | '' | dx {centre}
path of the mean subtracted | b.dx | + $dx2 | - $dx2 | dx {centre}
path of the mean lost | b.dx | ' + $dmu / $N' | '' | dx {centre}
dmu without 1 / N | b.dx | + $dmu / $N | + $dmu | dx.mu {centre}
dmu without 1 / N | b.dx | - $dmu / $N | - $dmu | dx.mu {centre}
path of the mean lost | b.dx | ' - $dmu / $N' | '' | dx {centre}
path of the mean added | b.dx | - $dmu / $N | + $dmu / $N | dx {centre}
N of one axis only | b.N | $dy.size // $dy.shape[1] | $dy.shape[0] | dx {chain} {centre}
N of one axis only | b.N | $dy.size // $dy.shape[-1] | $dy.shape[0] \
| dx {chain} {centre}
N of the features | b.N | $dy.shape[0] | $dy.shape[1] | dx {chain} {centre}
N of the features | b.N | $dy.shape[1] | $dy.shape[0] | dx {chain} {centre}
no eps backward | b.std | $var + $eps | $var | std vareps dx {chain} dxmu.xhat dxmu
path of the mean lost | b.dx | ' - SUM($dxhat)' | '' | dx {centre}
path of the mean lost | b.dx | ' - MEAN($dxhat)' | '' | dx {centre}
path of the variance lost | b.dx | ' - $xhat * SUM($dxhat * $xhat)' | '' \
| dx {chain} dxmu
path of the variance lost | b.dx | ' - $xhat * MEAN($dxhat * $xhat)' | '' \
| dx {chain} dxmu
sign of the variance's path | b.dx | - $xhat * | + $xhat * | dx {chain} dxmu
xmu for xhat | b.dx | * SUM($dxhat * $xhat) | * SUM($dxhat * $xmu) | dx {chain}
sum for a mean | b.dx | MEAN($dxhat * $xhat) | SUM($dxhat * $xhat) | dx {chain}
no std | b.dx | ' / $std' | '' | dx dxmu dxmu.xhat dx.xmu dxhat
no std | b.dx | 1 / ($N * $std) | 1 / $N | dx dxmu dxmu.xhat dx.xmu dxhat
no gamma | b.dx | $gamma / | 1 / | dx dxhat
no N before dout | b.dx | $N * $dy | $dy | dx dxmu.xhat dx.xmu dxmu dxhat
no 1 / N | b.dx | 1 / ($N * $std) | 1 / $std | dx dxhat dx.xmu dxmu
dbeta and dgamma mixed up | b.dx | - $dbeta - $xhat * $dgamma \
| - $dgamma - $xhat * $dbeta | dx
path of the mean lost | b.dx | ' - $dbeta' | '' | dx {centre}
path of the variance lost | b.dx | ' - $xhat * $dgamma' | '' | dx {chain} dxmu
no half | b.dvar | '-0.5 * ' | '-1 * ' | dvar {chain}
sign of dvar | b.dvar | -0.5 * | 0.5 * | dvar {chain}
power of the variance | b.dvar | -1.5 | -0.5 | dvar {chain}
x for xmu | b.dvar | ($x - $mu) | $x | dvar {chain}
sign of dmu | b.dmu | -$dxhat | $dxhat | {centre}
no root | b.dmu | np.sqrt($var + $eps) | ($var + $eps) | {centre}
variance's part of dmu lost | b.dmu | ' + $dvar * MEAN(-2 * ($x - $mu))' | '' | {centre}
no two | b.dx | $dvar * 2 | $dvar | dxmu.sq {chain} dx
without 1 / N | b.dx | ($x - $mu) / $N | ($x - $mu) | dsq {chain} dx
path of the variance lost | b.dx | ' + $dvar * 2 * ($x - $mu) / $N' | '' \
| dxmu.sq {chain} dx dxmu
no root | b.dx | np.sqrt($var + $eps) | ($var + $eps) | dxmu.xhat dxmu dx
sum does not keep dims | b.dmu | SUM | FSUM | {centre}
sum does not keep dims | b.divar | SUM | FSUM | divar {chain}
gamma not spread over images | b.dxhat | $gamma | $flatgamma | dxhat dx
dgamma and dbeta swapped | w.return | $dgamma, $dbeta | $dbeta, $dgamma | dgamma dbeta
"""))
FAULTS = FORWARD_FAULTS + BACKWARD_FAULTS
