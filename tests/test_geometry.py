"""The drawing of a batch of three is made of the vectors it is given."""

import io

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")


from bnbook.norm import batch_norm_backward, batch_norm_forward
from bnbook.show import geometry, plots

X, DY = np.array([-2.0, 1.7, -0.6]), np.array([-0.6, 1.1, 2.0])
XHAT = (X - X.mean()) / X.std()
PARTS = np.full(3, DY.mean()), XHAT * (DY * XHAT).mean()


pytestmark = pytest.mark.usefixtures("house_style")


def arrows(figure):
    """(start, stop) of every arrow, in the order drawn."""
    notes = [a for a in figure.axes[0].texts if a.arrow_patch is not None]
    return np.array([(note.xyann, note.xy) for note in notes])


def test_the_frame_is_orthonormal():
    e = geometry.frame(XHAT)
    assert np.allclose(e @ e.T, np.eye(3), atol=1e-14)


def test_the_eye_sees_sums_as_sums():
    seen = geometry.seen(np.array([X, DY, X + DY]), XHAT)
    assert np.allclose(seen[0] + seen[1], seen[2])


def test_dy_minus_its_parts_ends_where_what_is_left_ends():
    _, _, dy, one, out, left = arrows(geometry.draw_removals(XHAT, DY, *PARTS))
    assert np.allclose([dy[1], one[1], out[1]], [one[0], out[0], left[1]])
    assert np.allclose(dy[0], left[0])


def test_what_is_left_runs_along_the_circle_and_is_dx():
    _, cache = batch_norm_forward(X[:, None], np.ones(1), np.zeros(1), eps=0)
    bracket = batch_norm_backward(DY[:, None], cache)[0] / cache.ivar
    left = arrows(geometry.draw_removals(XHAT, DY, *PARTS))[-1]
    assert np.allclose(left[1] - left[0], geometry.seen(bracket[:, 0], XHAT))
    assert np.allclose(geometry.frame(XHAT)[:2] @ bracket[:, 0], 0, atol=1e-12)


def test_the_figure_is_small_and_the_same_every_time():
    texts = []
    for _ in range(2):
        file = io.BytesIO()
        plots.save_svg(geometry.draw_removals(XHAT, DY, *PARTS), file)
        texts.append(file.getvalue())
    assert texts[0] == texts[1]
    assert len(texts[0]) < 20_000


@pytest.mark.parametrize("position", range(4))
def test_another_shape_is_refused(position):
    arguments = [XHAT, DY, *PARTS]
    arguments[position] = np.zeros((3, 1))
    name = ("xhat", "dy", "along_one", "along_xhat")[position]
    with pytest.raises(ValueError, match=rf"^{name}: shape \(3, 1\), expected \(3,\)$"):
        geometry.draw_removals(*arguments)
