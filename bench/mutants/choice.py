"""The mutants that a run draws, and the tests of each module."""

from __future__ import annotations

import ast
from pathlib import Path, PurePosixPath

# Modules that only send requests are tested with real connections, and decoders with real images.
_TRANSPORT = "tests/functional/handler/transport"
_PDFS = (
    "tests/unit/handler/formats/test_pdf.py",
    "tests/functional/handler/formats/test_pdf_pages.py",
    "tests/unit/handler/test_recognition.py",
)
TESTS = {
    "index.py": ("tests/unit/handler/test_cold_start.py",),
    "quota_invoice/api": ("tests/unit/handler/api",),
    "quota_invoice/deadline.py": (
        "tests/unit/handler/test_retry.py",
        "tests/unit/handler/test_recognition.py",
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/api/test_api.py",
    ),
    "quota_invoice/errors.py": (
        "tests/unit/handler/test_errors.py",
        "tests/unit/handler/test_retry.py",
        "tests/unit/handler/test_pipeline.py",
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/records/test_failure_texts.py",
    ),
    "quota_invoice/events": (
        "tests/unit/handler/test_events.py",
        "tests/unit/handler/api/test_api_request.py",
    ),
    "quota_invoice/invoice": (
        "tests/unit/handler/invoice",
        "tests/unit/handler/test_invoice.py",
        "tests/unit/handler/records/test_rules.py",
        "tests/unit/handler/records/test_record.py",
    ),
    "quota_invoice/invoice/duplicates.py": ("tests/unit/handler/records/test_appearances.py",),
    "quota_invoice/json_values.py": (
        "tests/unit/handler/test_events.py",
        "tests/unit/handler/api",
    ),
    "quota_invoice/logs.py": (
        "tests/unit/handler/test_alarms.py",
        "tests/unit/handler/test_pipeline.py",
        "tests/unit/handler/test_sweep.py",
    ),
    "quota_invoice/obs": ("tests/unit/handler/obs", _TRANSPORT),
    "quota_invoice/obs/leftovers.py": ("tests/unit/handler/api",),
    "quota_invoice/obs/objects.py": ("tests/unit/handler/formats", _TRANSPORT),
    "quota_invoice/obs/responses.py": ("tests/unit/handler/obs",),
    "quota_invoice/obs/walk.py": (
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/api/test_api_invoices.py",
        "tests/unit/handler/api/test_api_pages.py",
    ),
    "quota_invoice/ocr": (_TRANSPORT,),
    "quota_invoice/ocr/error_codes.py": (
        "tests/unit/handler/test_errors.py",
        "tests/unit/handler/records/test_failure_texts.py",
    ),
    "quota_invoice/pipeline.py": ("tests/unit/handler/test_pipeline.py",),
    "quota_invoice/recognition": (
        "tests/unit/handler/test_recognition.py",
        "tests/unit/handler/test_tickets.py",
        "tests/unit/handler/test_pipeline.py",
        "tests/functional/handler/formats/test_pdf_pages.py",
        "tests/functional/handler/formats/test_tiff_pages.py",
    ),
    "quota_invoice/recognition/breaker.py": ("tests/unit/handler/test_sweep.py",),
    "quota_invoice/recognition/formats": (
        "tests/unit/handler/formats/test_kinds.py",
        "tests/unit/handler/test_recognition.py",
    ),
    "quota_invoice/recognition/formats/conversion.py": (
        "tests/functional/handler/formats/test_limits.py",
        "tests/functional/handler/formats/test_conversion.py",
        "tests/functional/handler/formats/test_memory.py",
        "tests/functional/handler/formats/test_tiff_pages.py",
        "tests/unit/handler/test_recognition.py",
    ),
    "quota_invoice/recognition/formats/image_files.py": (
        "tests/functional/handler/formats/test_pdf_pages.py",
    ),
    "quota_invoice/recognition/formats/jpeg.py": (
        "tests/functional/handler/formats/test_limits.py",
        "tests/functional/handler/formats/test_conversion.py",
        "tests/unit/handler/formats/test_kinds.py",
        "tests/functional/handler/formats/test_pdf_pages.py",
    ),
    "quota_invoice/recognition/formats/memory.py": (
        "tests/functional/handler/formats/test_limits.py",
        "tests/functional/handler/formats/test_memory.py",
        "tests/unit/handler/test_recognition.py",
    ),
    "quota_invoice/recognition/formats/pdf.py": _PDFS,
    "quota_invoice/recognition/formats/pdf_images.py": _PDFS,
    "quota_invoice/recognition/formats/pdf_resources.py": _PDFS,
    "quota_invoice/recognition/formats/pyramid.py": (
        "tests/functional/handler/formats/test_tiff_pages.py",
    ),
    "quota_invoice/recognition/formats/tiff.py": (
        "tests/functional/handler/formats/test_tiff_pages.py",
        "tests/unit/handler/formats/test_kinds.py",
        "tests/functional/handler/formats/test_conversion.py",
    ),
    "quota_invoice/records/appearances.py": (
        "tests/unit/handler/records/test_appearances.py",
        "tests/unit/handler/reviews/test_appearances_of_corrections.py",
    ),
    "quota_invoice/records/auto_classification.py": (
        "tests/unit/handler/records",
        "tests/unit/handler/test_recognition.py",
    ),
    "quota_invoice/records": ("tests/unit/handler/records", "tests/unit/handler/test_rederive.py"),
    "quota_invoice/redaction.py": ("tests/unit/handler/test_errors.py",),
    "quota_invoice/retry.py": ("tests/unit/handler/test_retry.py",),
    "quota_invoice/reviews": ("tests/unit/handler/reviews",),
    "quota_invoice/settings": (
        "tests/unit/handler/test_settings.py",
        "tests/unit/handler/test_layout.py",
        "tests/unit/handler/test_ignored_names.py",
    ),
    "quota_invoice/sockets.py": (_TRANSPORT,),
    "quota_invoice/stopwatch.py": ("tests/unit/handler/api/test_api.py",),
    "quota_invoice/sweep": (
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/test_rederive.py",
        "tests/unit/handler/test_alarms.py",
    ),
    "quota_invoice/sweep/sweeper.py": (
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/test_rederive.py",
        "tests/unit/handler/test_alarms.py",
        "tests/unit/handler/reviews/test_appearances_of_corrections.py",
    ),
    "quota_invoice/sweep/corrections.py": ("tests/unit/handler/reviews",),
    "quota_invoice/times.py": (
        "tests/unit/handler/test_sweep.py",
        "tests/unit/handler/test_recognition.py",
    ),
    "quota_invoice/uploads.py": ("tests/unit/handler/test_pipeline.py",),
}
"""The tests of a folder or module below handler/; the longest path counts. A module's doctests
belong to it as well."""
OPERATORS = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_BitAnd_BitOr",
    "ReplaceBinaryOperator_BitOr_BitAnd",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceBinaryOperator_FloorDiv_Mul",
    "ReplaceBinaryOperator_LShift_RShift",
    "ReplaceBinaryOperator_Mod_Mul",
    "ReplaceBinaryOperator_Mul_Add",
    "ReplaceBinaryOperator_Pow_Mul",
    "ReplaceBinaryOperator_RShift_LShift",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_GtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_Gt_LtE",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_LtE_Gt",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Lt_GtE",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_USub_UAdd",
    "ZeroIterationForLoop",
)
"""Of Cosmic Ray's operators: each comparison becomes its neighbour or its opposite, each arithmetic
operator one other. All replacements by all others would be many mutants of few places."""


def own_tests(module: str) -> tuple[str, ...]:
    """Return the tests of a module, the module's own doctests first.

    >>> own_tests("handler/index.py")
    ('handler/index.py', 'tests/unit/handler/test_cold_start.py')

    Args:
        module: its path from the root of the repository.

    Raises:
        LookupError: TESTS has no line for the module.
    """
    path = PurePosixPath(module).relative_to("handler")
    for part in (path, *path.parents):
        if str(part) in TESTS:
            return module, *TESTS[str(part)]
    raise LookupError(f"TESTS names no tests of {module}")


def is_another_program(before: str, after: str) -> bool:
    """Whether a mutant can run, and is another program than its module.

    Two modules are the same program if only annotations differ, which are never evaluated, or the
    ``frozen`` of a dataclass, which mypy checks.

    >>> is_another_program("x: int | None = f(1)", "x: int & None = f(1)")
    False
    >>> is_another_program("x: int | None = f(1)", "x: int | None = f(2)")
    True
    >>> is_another_program("f(**x)", "f(* *x)")
    False
    """
    try:
        mutated = ast.parse(after)
    except SyntaxError:
        return False
    return _executed(ast.parse(before)) != _executed(mutated)


def _executed(tree: ast.Module) -> str:
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if getattr(node, name, None):
                setattr(node, name, ast.Constant(None))
        if isinstance(node, ast.Call):
            node.keywords = [each for each in node.keywords if each.arg != "frozen"]
    return ast.dump(tree)


def modules(root: Path) -> list[str]:
    """Return the paths of the function's modules with code, from the root of the repository."""
    files = (root / "handler").rglob("*.py")
    return sorted(str(file.relative_to(root)) for file in files if file.name != "__init__.py")
