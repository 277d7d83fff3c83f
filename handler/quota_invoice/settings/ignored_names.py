"""Names of files that are never an invoice: junk, temporary names of uploads, and videos."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import cached_property
from typing import NamedTuple


class _Patterns(NamedTuple):
    """The configured value. ``IgnoredNames`` adds values that it computes once."""

    patterns: tuple[str, ...]


class IgnoredNames(_Patterns):
    """Patterns of names, with the wildcards of a shell; capitals do not matter.

    A pattern stands for the name of a file; with ``/`` at its end, for that of a folder that the
    file lies in, at any depth.

    Attributes:
        patterns: the patterns; a file that matches one of them is ignored.

    >>> IgnoredNames(("*.tmp", "@eaDir/")).pattern_of("2026/@eadir/a.jpg")
    '@eaDir/'
    >>> IgnoredNames(("*.tmp", "@eaDir/")).pattern_of("2026/scan.jpg.TMP")
    '*.tmp'
    >>> IgnoredNames(("*.tmp", "@eaDir/")).pattern_of("a.tmp/scan.jpg")
    """

    @cached_property
    def _of_folders(self) -> re.Pattern[str]:
        return _any(pattern for pattern in self.patterns if pattern.endswith("/"))

    @cached_property
    def _of_files(self) -> re.Pattern[str]:
        return _any(pattern for pattern in self.patterns if not pattern.endswith("/"))

    def pattern_of(self, path: str) -> str | None:
        """Return the pattern that a path below the input prefix matches, or None."""
        *folders, name = path.casefold().split("/")
        # One expression for all patterns: it is asked for each key of a listing.
        found = [f"{folder}/" for folder in folders if self._of_folders.match(f"{folder}/")]
        found += [name] if self._of_files.match(name) else []
        if not found:
            return None
        return next(each for each in self.patterns if re.match(_expression(each), found[0]))


def _expression(pattern: str) -> str:
    return translate(pattern.casefold())


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_expression, patterns)) or "(?!)")


DEFAULT_PATTERNS = (
    # Systems and cloud drives: Apple, Windows, Synology, QNAP, Linux, Dropbox, Syncthing.
    *(".DS_Store", "._*", ".localized", ".apdisk", "__MACOSX/", "*.icloud", "*.webloc", "Icon\r"),
    *("Thumbs.db", "Thumbs.db:*", "ehthumbs*.db", "desktop.ini", "*.lnk", "$RECYCLE.BIN/"),
    *("RECYCLER/", "lost+found/", "@Recently-Snapshot/", ".dropbox*/", ".sync/", ".stversions/"),
    *(".sync_*.db*", ".*cloudsync.log", ".picasaoriginals/"),
    *("@eaDir/", "#recycle/", "#snapshot/", "@Recycle/", ".@__thumb/", ".thumbnails/", ".nomedia"),
    *("System Volume Information/", ".dropbox*", "*.url"),
    *("Network Trash Folder/", ".SynologyWorkingDirectory/", "ZbThumbnail.info", "sync.ffs_db"),
    *(".Trash*/", ".Spotlight-V100/", ".fseventsd/", ".TemporaryItems/", ".stfolder/"),
    # Notes of cameras and photo programs beside an image.
    *("*.AAE", "*.THM", "*.LRV", "*.xmp", ".picasa.ini", "picasa.ini"),
    # Videos.
    *("*.mp4", "*.mov", "*.m4v", "*.avi", "*.mkv", "*.wmv", "*.flv", "*.webm", "*.3gp"),
    *("*.mpg", "*.mpeg", "*.mts", "*.m2ts", "*.rm", "*.rmvb", "*.asf", "*.3gpp", "*.3g2"),
    *("*.vob", "*.f4v", "*.ts", "*.ogv", "*.m2v", "*.qt", "*.mpe", "*.insv"),
    *("*.divx", "*.dav", "*.h264"),
    # Uploads and downloads that are not finished: WinSCP, rclone, browsers, cloud drives.
    *("*.tmp", "*.temp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download"),
    *("*.download/", "*.uploading", "*.upload", "*.ut!", "*.!bt", "*.qkdownloading", "*.ffs_tmp"),
    *("*.~tmp", "*.lftp-pget-status"),
    *("*.downloading", "*.aria2", "*.td", "*.td.cfg", "*.xltd", "*.!ut", "*.!qB", "*.bc!"),
    *("*.opdownload", ".fuse_hidden*", ".nfs*", ".pureftpd-upload.*", ".in.*", ".goutputstream-*"),
    ".*.??????",  # rsync
    # Locks and back-up copies of Office, WPS, LibreOffice and editors.
    *("~$*", ".~*", "*~", "*.swp", "*.swo", "*.kate-swp", ".#*", "#*#"),
)
IGNORED_BY_DEFAULT = IgnoredNames(DEFAULT_PATTERNS)
"""The names that are ignored without a setting."""
