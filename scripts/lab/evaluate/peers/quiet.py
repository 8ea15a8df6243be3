"""What other programs do to a measurement: how much of the processors they take, and waiting until it is little."""

from __future__ import annotations

import os
import time
from pathlib import Path

ENOUGH = 0.1  # share of all processors that others may take when a measurement begins
SAMPLE = 2.0  # seconds that are looked at


def busy_ms(stat: str) -> float:
    """/proc/stat → milliseconds that all processors together have been at work."""
    user, nice, system, _idle, _wait, irq, soft, steal = map(int, stat.split("\n")[0].split()[1:9])
    return 1000 * (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")


class Others:
    """Other programs; `own_ms` is added to by who knows what this one's processes took."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s  # that may be waited in all
        self.begin()

    def begin(self) -> None:
        """From here on."""
        self.own_ms = 0.0
        self.began = time.monotonic()
        self.busy = busy_ms(Path("/proc/stat").read_text())

    def share(self) -> float:
        """Of all processors since `begin`, what others took."""
        elapsed = 1000 * (time.monotonic() - self.began) * (os.cpu_count() or 1)
        others = busy_ms(Path("/proc/stat").read_text()) - self.busy - self.own_ms
        return max(0.0, others / max(elapsed, 1.0))

    def wait(self) -> None:
        """Until others take little, or patience is at its end; then `begin`."""
        while self.patience_s > 0:
            self.begin()
            time.sleep(SAMPLE)
            if self.share() <= ENOUGH:
                break
            self.patience_s -= SAMPLE
        self.begin()
