"""Mutants that no test can tell from the code, each with the reason."""

from __future__ import annotations

import difflib
from typing import NamedTuple


class Equivalent(NamedTuple):
    """A mutant that no test can tell from the code, or only by the machine's speed.

    Attributes:
        module: the module's path below handler/quota_invoice/.
        before: the changed line of the code, without indentation.
        after: this line of the mutant.
        reason: why both do the same.
    """

    module: str
    before: str
    after: str
    reason: str


EQUIVALENT = (
    Equivalent(
        "api/requests.py",
        'value = _DATA_URL.sub("", value, count=1)',
        'value = _DATA_URL.sub("", value, count= 2)',
        "the pattern matches at the beginning only",
    ),
    Equivalent(
        "recognition/ocr_input.py",
        'content = _decoded("".join(encoded[: 2 * _BEGINNING].split())[:_BEGINNING])',
        'content = _decoded("".join(encoded[: 3 * _BEGINNING].split())[:_BEGINNING])',
        "no encoder writes as many spaces and line ends as characters",
    ),
    Equivalent(
        "recognition/ocr_input.py",
        "may_be_transparent: bool = False",
        "may_be_transparent: bool = True",
        "of the files that have the default, no content is known that could be sent otherwise",
    ),
    Equivalent(
        "invoice/place.py",
        "_LONGEST = 16 # characters of a name",
        "_LONGEST = 17 # characters of a name",
        "no name has more than 15",
    ),
    Equivalent(
        "invoice/place.py",
        "_LONGEST = 16 # characters of a name",
        "_LONGEST = 15 # characters of a name",
        "as above",
    ),
    Equivalent(
        "invoice/place.py",
        "city = province if code[:2] in _MUNICIPALITIES else"
        " names.get(code[:4]) if code[2:] else None",
        "city = province if code[:2] in _MUNICIPALITIES else"
        " names.get(code[:4]) if code[ 3:] else None",
        "no city has a code of three digits",
    ),
    Equivalent(
        "invoice/place.py",
        "beginnings = (text[:end] for end in range(min(_LONGEST, len(text)), 0, -1))",
        "beginnings = (text[:end] for end in range(min(_LONGEST, len(text)), -1, -1))",
        "no name is empty",
    ),
    Equivalent(
        "invoice/file_rules.py",
        'return separator.join(f"{run.start}{end}" for run, end in zip(runs, last, strict=True))',
        'return separator.join(f"{run.start}{end}" for run, end in zip(runs, last, strict=False))',
        "both lists have an entry for each run",
    ),
    Equivalent(
        "invoice/place.py",
        "@cache",
        "",
        "the tables are the same each time; keeping them saves time",
    ),
    Equivalent(
        "recognition/formats/conversion.py",
        "grey = wide.point(lambda value: value * (_EIGHT_BITS / (whole or 1.0)) + 0.0)"
        '.convert("L")',
        "grey = wide.point(lambda value: value * (_EIGHT_BITS / (whole or 2.0)) + 0.0)"
        '.convert("L")',
        "all values are 0 then",
    ),
    Equivalent(
        "reviews/states.py",
        "return places[0] if len(places) == 1 else None",
        "return places[ -1] if len(places) == 1 else None",
        "there is one place",
    ),
    Equivalent(
        "ocr/connections.py",
        "_CHUNK = 64 << 10",
        "_CHUNK = 65 << 10",
        "the body is the same in any parts",
    ),
    Equivalent(
        "errors.py",
        "retry_after: float = 0",
        "retry_after: float = -1",
        "the pause of each error is longer",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        "profile = rest[0].get_object() if rest else None",
        "profile = rest[ -1].get_object() if rest else None",
        "a space of colours with a profile has no other part",
    ),
    Equivalent(
        "sockets.py",
        "self._trusted_since = 0.0",
        "self._trusted_since = -1.0",
        "no connection is as old as the machine",
    ),
    Equivalent(
        "recognition/page_reader.py",
        "total, asked, passing = paged.total, 0, None # the last error that only one page met",
        "total, asked, passing = paged.total, -1, None # the last error that only one page met",
        "a file has at least one page, which is asked for first",
    ),
    Equivalent(
        "recognition/page_reader.py",
        "total, asked, passing = paged.total, 0, None # the last error that only one page met",
        "total, asked, passing = paged.total, 1, None # the last error that only one page met",
        "as above",
    ),
    Equivalent(
        "recognition/page_reader.py",
        "if TYPE_CHECKING:",
        "if not TYPE_CHECKING:",
        "the module is imported before its first use",
    ),
    Equivalent(
        "recognition/pages.py",
        "self._slowest = 0.0",
        "self._slowest = -1.0",
        "without time, the request itself is refused by the same error",
    ),
    Equivalent(
        "api/openapi/schemas.py",
        '"minLength": 1,',
        '"minLength": 0,',
        "the patterns of these texts have a character at least",
    ),
    Equivalent(
        "retry.py",
        "if error.tries == 1:",
        "if error.tries == 0:",
        "the loop raises an error without further attempts as well, after its import",
    ),
    Equivalent(
        "recognition/formats/jpeg.py",
        "_MCU = 16 # rows that are decoded together, at most",
        "_MCU = 15 # rows that are decoded together, at most",
        "rows are missing in blocks of 8 or 16: both numbers tell the same blocks",
    ),
    Equivalent(
        "recognition/formats/jpeg.py",
        "return differs is not None and "
        "differs[1] < one.height - -(-_MCU * one.height // rows) - 1",
        "return differs is not None and "
        "differs[1] < one.height - -(-_MCU * one.height // rows) - 2",
        "as above",
    ),
    Equivalent(
        "recognition/formats/jpeg.py",
        "_NOISE = bytes(range(7, 247, 3)) * 4",
        "_NOISE = bytes(range(7, 247, 4)) * 4",
        "any bytes are noise",
    ),
    Equivalent(
        "recognition/formats/conversion.py",
        'glass = Image.new("L", small.size, small.getpixel(corners[0]))',
        'glass = Image.new("L", small.size, small.getpixel(corners[ 1]))',
        "nothing is trimmed unless all corners look alike",
    ),
    Equivalent(
        "recognition/formats/memory.py",
        "return float(image.width * min(image.height, tags.get(_STRIP_ROWS, 0)) * 4)",
        "return float(image.width * min(image.height, tags.get(_STRIP_ROWS, -1)) * 4)",
        "without strips, the copies of the image need more than its decoder",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        r'_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + '
        'struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 1, 0, 0)',
        r'_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + '
        'struct.pack(">IHHHIHHI", 8, 1, 274, 3, 2, 1, 0, 0)',
        "readers take the first value of the orientation, however many it says",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        r'_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + '
        'struct.pack(">IHHHIHHI", 8, 1, 274, 3, 1, 1, 0, 0)',
        r'_UPRIGHT = b"\xff\xe1\0\x22Exif\0\0MM\0*" + '
        'struct.pack(">IHHHIHHI", 8, 2, 274, 3, 1, 1, 0, 0)',
        "readers take the first tag, however many there are",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        "return content[:2] + _UPRIGHT + content[2:] if is_jpeg else content",
        "return content[: 3] + _UPRIGHT + content[2:] if is_jpeg else content",
        "a marker may begin with several bytes 255",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        "return content[:2] + _UPRIGHT + content[2:] if is_jpeg else content",
        "return content[:2] + _UPRIGHT + content[ 1:] if is_jpeg else content",
        "only the function's own decoder reads this file, and skips a byte before a marker",
    ),
    Equivalent(
        "recognition/formats/pdf_images.py",
        'int(str(value_of(image, key) or 0)) for key in ("/Width", "/Height", "/BitsPerComponent")',
        "int(str(value_of(image, key) or -1)) for key in "
        '("/Width", "/Height", "/BitsPerComponent")',
        "pixels without a side are left as they are with either, and a JPEG tells its own",
    ),
    Equivalent(
        "records/appearances.py",
        "is_later = name > own.name",
        "is_later = name >= own.name",
        "the object's own name has been passed over before",
    ),
    Equivalent(
        "obs/walk.py",
        "return start < self._start",
        "return start <= self._start",
        "no input is asked for twice, and each has a beginning of its own",
    ),
    Equivalent(
        "records/appearances.py",
        "former, first = (record, own) if own.name < appearance.name else (other, appearance)",
        "former, first = (record, own) if own.name <= appearance.name else (other, appearance)",
        "the names of two files end in hashes of different keys",
    ),
    Equivalent(
        "records/appearances.py",
        'is_whole = etag_of(record) == source.etag and "status" in record',
        'is_whole = etag_of(record) == source.etag or "status" in record',
        "with decisions as well, a record in the archive has no status, and others no such ETag",
    ),
    Equivalent(
        "sweep/retries.py",
        "if found.modified_at > entry.modified_at and number > attempts:",
        "if found.modified_at > entry.modified_at and number >= attempts:",
        "each number has one key, and the first is 1",
    ),
    Equivalent(
        "records/rederivation.py",
        'results: Mapping[int, Any] = {1: record["result"]}',
        'results: Mapping[int, Any] = { 2: record["result"]}',
        "the record of one image does not name its page",
    ),
    Equivalent(
        "records/rederivation.py",
        'results: Mapping[int, Any] = {1: record["result"]}',
        'results: Mapping[int, Any] = { 0: record["result"]}',
        "as above",
    ),
    Equivalent(
        "records/rederivation.py",
        "{page: Recognition(result, request_id, 0) for page, result in sorted(results.items())},",
        "{page: Recognition(result, request_id, 1) for page, result in sorted(results.items())},",
        "the record keeps the time of the reading itself",
    ),
    Equivalent(
        "records/rederivation.py",
        "{page: Recognition(result, request_id, 0) for page, result in sorted(results.items())},",
        "{page: Recognition(result, request_id, -1) for page, result in sorted(results.items())},",
        "as above",
    ),
    Equivalent(
        "records/rederivation.py",
        "end = ends[0] if ends else len(others)",
        "end = ends[ -1] if ends else len(others)",
        "an invoice has this finding at most once",
    ),
    Equivalent(
        "recognition/formats/image_files.py",
        'inline = packed.ljust(_PLACE, b"\\0") if len(packed) <= _PLACE else None',
        'inline = packed.ljust(_PLACE, b"\\0") if len(packed) < _PLACE else None',
        "a pixel has one, three or four samples: no tag has two numbers, which take 4 bytes",
    ),
    Equivalent(
        "uploads.py",
        "raise failures[0][1]",
        "raise failures[ -1][1]",
        "there is one failure",
    ),
    Equivalent(
        "obs/client.py",
        "max_retry_count=0,",
        "max_retry_count= -1,",
        "the SDK counts retries from 0, and ends where they reach this number",
    ),
    Equivalent(
        "settings/user_data.py",
        "same = values[inner] == values[outer] and inner > outer",
        "same = values[inner] == values[outer] and inner >= outer",
        "no prefix is compared with itself",
    ),
    Equivalent(
        "sockets.py",
        "opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)",
        "opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 2)",
        "any number but 0 sets the option",
    ),
    Equivalent(
        "pipeline.py",
        "return _Known(record, has_failure=False, is_done=True)",
        "return _Known(record, has_failure=True, is_done=True)",
        "nothing is written then",
    ),
    Equivalent(
        "settings/layout.py",
        "ignored: IgnoredNames = field(default=IGNORED_BY_DEFAULT, kw_only=True)",
        "ignored: IgnoredNames = field(default=IGNORED_BY_DEFAULT, kw_only=False)",
        "mypy checks how a layout is made",
    ),
    Equivalent(
        "recognition/formats/pdf.py",
        "if TYPE_CHECKING:",
        "if not TYPE_CHECKING:",
        "the library is imported a moment before its first use",
    ),
    Equivalent(
        "obs/connections.py",
        "except IndexError:",
        "except CosmicRayTestingException:",
        "the SDK opens a new connection after any error of its queue",
    ),
    Equivalent(
        "obs/connections.py",
        "LARGEST_ERROR = 64 << 10 # bytes of an error's body, which is XML of a few hundred",
        "LARGEST_ERROR = 65 << 10 # bytes of an error's body, which is XML of a few hundred",
        "some KB of the body come with the headers, before the limit holds",
    ),
)


def is_equivalent(module: str, before: str, after: str) -> bool:
    """Whether the mutant of a module is listed.

    Args:
        module: its path from the root of the repository.
        before: its code.
        after: the mutant's code.
    """
    name = module.removeprefix("handler/quota_invoice/")
    removed, added = changed_lines(before, after)
    return any((name, removed, added) == one[:3] for one in EQUIVALENT)


def changed_lines(before: str, after: str) -> tuple[str, str]:
    r"""Return the changed lines of two texts, with single spaces.

    >>> changed_lines("a\n  b <= 1\nc", "a\n  b <  1\nc")
    ('b <= 1', 'b < 1')
    """
    head = 2  # lines, with the names of the files
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[head:]
    removed, added = (
        " ".join(" ".join(line[1:] for line in lines if line.startswith(sign)).split())
        for sign in "-+"
    )
    return removed, added
