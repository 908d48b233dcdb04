"""When two tokens are so near that rounding chooses between them.

A sum of floating-point numbers depends on its order, and another processor, another batch or another kernel sums in
another order: prefill and one-token decoding of one model on one machine do. Their logits then differ by a few
hundredths. Where the best two are nearer than that, either may come out first, and nothing is wrong. Where they are
further apart and another one still comes first, a build, a driver or a memory is broken.
"""

from __future__ import annotations

NEAR_TIE = 0.05  # logits between the best two
