"""A file that one program makes, and what is to be expected of it. Standard library only."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.evaluate.files.markup import FONTS
from lab.evaluate.files.programs import FailedProgramError, needed_font, run
from lab.evaluate.files.texts import Text


@dataclass(frozen=True)
class Maker:
    """`make(text, work, path)` writes `path`, and what it needs besides into the empty folder `work`."""

    file: str
    program: str
    text: Text
    make: Callable[[Text, Path, Path], None]
    place: str = ""  # what a quote's place counts; a page's number is poppler's, that of others the section's
    refusal: str = ""  # the code with which it is refused, where it is

    @property
    def format(self) -> str:
        """The end of the file's name."""
        return self.file.rpartition(".")[2]

    def into(self, folder: Path) -> Path:
        """Makes the file, unless the folder has it, and gives its path.

        Raises MissingProgramError and FailedProgramError.
        """
        path = folder / self.file
        if not path.exists():
            if self.format == "pdf":
                needed_font(FONTS[self.text.language])
            work = folder / "work"  # a short name: the paths of sockets are limited
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            try:
                self.make(self.text, work, path)
            finally:
                shutil.rmtree(work)
            if not path.exists():
                raise FailedProgramError(f"{self.program} made no {self.file}")
        return path


def converted(source: Path, target: str, path: Path) -> None:
    """LibreOffice's conversion of a file; `target`: an extension, after a colon the filter and its options."""
    profile = f"-env:UserInstallation={(path.parent / 'profile.soffice').as_uri()}"
    options = ["--headless", "--convert-to", target, "--outdir", source.parent / "made"]
    run("soffice", profile, *options, source, folder=source.parent)
    for made in (source.parent / "made").glob("*"):
        made.rename(path)
