"""Numbers as people write them."""

import math


def format_number(number: float) -> str:
    """Return a number with three significant digits, and whole ones in full: 63.7, 1,587."""
    if not math.isfinite(number):
        return "not a number" if math.isnan(number) else "∞" if number > 0 else "−∞"
    if abs(number) < 100_000 and number == round(number):
        return f"{number:,.0f}".replace("-", "−")
    digits = 2 - math.floor(math.log10(abs(number)))
    rounded = float(f"{number:.3g}")
    if 1e-4 <= abs(rounded) < 1e7:
        text = f"{rounded:,.{max(digits, 0)}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        mantissa, exponent = f"{number:.2e}".split("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
        text = f"{mantissa} × 10{superscript(int(exponent))}"
    return text.replace("-", "−")


def two_digits(number: float) -> str:
    """Return a number with two significant digits: 64, 1,600, 0.0012."""
    return format_number(float(f"{number:.2g}"))


def superscript(number: int) -> str:
    """Return a whole number as an exponent: ⁻³."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def listing(words: list[str]) -> str:
    """Join words as in a sentence: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def format_whole(number: int) -> str:
    """Return a whole number exactly: 1,797."""
    return f"{number:,}"


def format_seconds(seconds: float) -> str:
    """Return a time with its unit: 1.6 ms, 20 µs, 3 s, 2 h."""
    units = [(3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")]
    fits = (unit for unit in units if seconds >= 0.9995 * unit[0])
    size, name = next(fits, units[-1])
    return f"{format_number(seconds / size)} {name}"


def format_bytes(number: float) -> str:
    """Return a number of bytes with its unit: 1.69 kB, 500 MB."""
    units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "bytes")]
    size, name = next((unit for unit in units if number >= 0.9995 * unit[0]), units[-1])
    return f"{format_number(number / size)} {name}"
