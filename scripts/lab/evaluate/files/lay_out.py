"""Opens a file in LibreOffice Writer, lays out all of its pages and saves it as OpenDocument.

    /usr/bin/python3 lay_out.py SOURCE TARGET PROFILE

For Debian's own Python, which has the module `uno`; files made by `--convert-to` hold only the pages laid out by then.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

TRIES = 120  # half a second each


def main(source: str, target: str, profile: str) -> None:
    """Exits with 1 where LibreOffice cannot be reached."""
    pipe = f"pipe,name=edgeinfinite{abs(hash(profile))};urp"
    user = f"-env:UserInstallation={Path(profile).as_uri()}"
    with subprocess.Popen(["soffice", user, "--headless", "--norestore", f"--accept={pipe}"]) as office:
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        for _ in range(TRIES):
            try:
                context = resolver.resolve(f"uno:{pipe};StarOffice.ComponentContext")
                break
            except NoConnectException:
                time.sleep(0.5)
        else:
            office.kill()
            sys.exit("LibreOffice did not answer")
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        document = desktop.loadComponentFromURL(
            Path(source).as_uri(), "_blank", 0, (PropertyValue(Name="Hidden", Value=True),)
        )
        document.CurrentController.getViewCursor().jumpToLastPage()
        document.storeToURL(Path(target).as_uri(), (PropertyValue(Name="FilterName", Value="writer8"),))
        document.close(True)
        desktop.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
