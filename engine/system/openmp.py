"""How the threads of OpenMP, on which PyTorch computes, wait for each other."""

import os

WAIT_POLICY, SPIN_COUNT = "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"


def wait_passively() -> None:
    """Let waiting threads sleep instead of spin, unless the environment says otherwise; call it before torch is loaded.

    A thread that spins holds its core. Where another process wants that core (a training beside a composition, or anything else),
    the thread that is waited for does not get it: 200 七绝 take 7 s alone, 52 s beside a training whose threads spin, and 8 s
    beside one whose threads sleep. Alone it makes no difference that could be measured (two cores).

    The variables are OpenMP's own and that of GNU's libgomp; both are read once, when the library is loaded.
    """
    if WAIT_POLICY not in os.environ and SPIN_COUNT not in os.environ:
        os.environ[WAIT_POLICY] = "PASSIVE"
        os.environ[SPIN_COUNT] = "0"
