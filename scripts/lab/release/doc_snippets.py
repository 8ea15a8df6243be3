"""Takes the Kotlin and Java out of documents, so that a compiler can read it (android/newcomer).

    scripts/lab.sh doc-snippets OUT DOCUMENT.md…

OUT/main gets each block that is a whole file, that is, begins with `package`, and names no `android`; OUT/test gets the
others, fragments made a file: declarations as they stand, other lines as the body of a function that knows what
documents speak of. A fence with more than the language behind it, such as ```kotlin androidx, is left out.
"""

import re
import shutil
import sys
from pathlib import Path

FENCE = re.compile(r"^```(kotlin|java)$\n(.*?)^```$", re.M | re.S)
DECLARATION = re.compile(r"(@|class |object |interface |suspend fun |fun |private |internal )")
IMPORTS = """
import android.app.*
import android.content.*
import android.net.Uri
import android.os.*
import android.widget.*
import dev.edgeinfinite.*
import dev.edgeinfinite.android.*
import kotlinx.coroutines.*
import kotlinx.coroutines.flow.*
import java.io.File
"""
KNOWN = """
    context: Context, uri: Uri, modelDir: File, file: File, stateFile: File, source: TextSource, question: String,
    model: Model, document: Document, show: (Any?) -> Unit
"""


def whole(language: str, block: str, name: str) -> tuple[str, str]:
    """Path and content of a file."""
    if block.startswith("package "):
        declared = re.search(r"^(?:\w+ )*(?:class|object|interface) (\w+)", block, re.M)
        room = "test" if re.search(r"^import android\.", block, re.M) else "main"
        return f"{room}/{declared[1] if declared else name}.{'kt' if language == 'kotlin' else 'java'}", block
    if language == "java":
        sys.exit(f"{name}: found a fragment of Java, expected a whole file that begins with `package`")
    body = block if DECLARATION.match(block) else f"suspend fun CoroutineScope.lines({KNOWN}) {{\n{block}}}\n"
    return f"test/{name}.kt", f"package docs.{name}\n{IMPORTS}\n{body}"


def main() -> None:
    """The command line; exits with 1 where there is nothing to compile."""
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    shutil.rmtree(out, ignore_errors=True)
    count = 0
    for document in map(Path, sys.argv[2:]):
        for language, block in FENCE.findall(document.read_text()):
            count += 1
            name, text = whole(language, block, f"{document.stem.replace('-', '_')}_{count}")
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(text)
    if not count:
        sys.exit("found no Kotlin and no Java in them")


if __name__ == "__main__":
    main()
