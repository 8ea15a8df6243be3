"""Numbers with their units, for tables."""


def seconds(milliseconds: float) -> str:
    """Milliseconds as ms below a second, s below a hundred of them, else minutes."""
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / 1e3:.1f} s" if milliseconds < 1e5 else f"{milliseconds / 6e4:.0f} min"


def megabytes(size: int) -> str:
    """Bytes as kB below a million, else MB, with a decimal below ten of them."""
    if size < 1e6:
        return f"{size / 1e3:.0f} kB"
    return f"{size / 1e6:.1f} MB" if size < 1e7 else f"{size / 1e6:.0f} MB"
