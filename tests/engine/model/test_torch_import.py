"""Torch as processes that only compose import it."""

import subprocess
import sys

from engine.model.torch_import import META_KERNELS


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_kernels_of_the_meta_device_are_left_out_until_somebody_imports_them() -> None:
    assert _run(
        "import gc, importlib, sys\n"
        "from engine.model.torch_import import META_KERNELS, import_torch_to_compose\n"
        "import_torch_to_compose()\n"
        "print([name in sys.modules for name in META_KERNELS], gc.isenabled())\n"
        "kernels = importlib.import_module(META_KERNELS[0])\n"
        "import torch\n"
        "has_kernels = hasattr(kernels, 'meta_mm')\n"
        "print(has_kernels, tuple(torch.mm(torch.empty(2, 3, device='meta'), torch.empty(3, 4, device='meta')).shape))\n"
    ).splitlines() == ["[False, False] True", "True (2, 4)"]


def test_torch_still_loads_those_modules_when_it_is_imported_as_usual() -> None:
    """Else leaving them out saves nothing, and their names have changed."""
    assert _run(f"import sys, torch; print(set({META_KERNELS!r}) <= set(sys.modules))").strip() == "True"
