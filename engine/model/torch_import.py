"""Import torch for processes that only compose, in 0.6 of the processor time. Loads torch when called, not when imported."""

import gc
import sys
from types import ModuleType

# Private modules of torch: kernels of its meta device for its compiler, and the same of its distributed operators.
META_KERNELS = ("torch._meta_registrations", "torch.distributed._meta_registrations")


def import_torch_to_compose() -> None:
    """Import torch without its kernels of the meta device; do nothing where it is loaded.

    Torch registers hundreds of them in Python, of use to its compiler and to tensors without memory that are computed with. Empty
    modules in their places leave them out, and go when torch is there, so that whoever imports the real ones later gets them.
    Hardly anything that the import makes is garbage, and to look for it in a growing heap takes a tenth of the time.
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
