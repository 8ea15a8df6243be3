"""Code in documents becomes files that a compiler reads."""

import subprocess
import sys
from pathlib import Path

TEXT = """
```kotlin
package a

class Whole
```
```kotlin
package a

import android.app.Activity

class Screen : Activity()
```
```java
package a;

final class Old {}
```
```kotlin
val answer = document.ask(question).await()
```
```kotlin
fun declared() = 1
```
```kotlin androidx
never compiled
```
"""


def snippets(tmp_path: Path, text: str) -> subprocess.CompletedProcess:
    (tmp_path / "some-doc.md").write_text(text)
    command = [sys.executable, "-m", "lab.release.doc_snippets", tmp_path / "out", tmp_path / "some-doc.md"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_whole_files_and_fragments(tmp_path):
    assert snippets(tmp_path, TEXT).returncode == 0
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_text() for path in (tmp_path / "out").rglob("*.*")
    }
    assert set(files) == {
        "main/Whole.kt",
        "test/Screen.kt",
        "main/Old.java",
        "test/some_doc_4.kt",
        "test/some_doc_5.kt",
    }
    assert "lines(" in files["test/some_doc_4.kt"]
    assert "lines(" not in files["test/some_doc_5.kt"]


def test_nothing_to_compile_is_an_error(tmp_path):
    assert snippets(tmp_path, "words").returncode == 1
    assert "whole file" in snippets(tmp_path, "```java\nint a;\n```\n").stderr
