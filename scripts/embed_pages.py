#!/usr/bin/env python3
"""Writes a C++ header that holds files: embed_pages.py HEADER FILE..."""

import sys
from pathlib import Path

BYTES_PER_LINE = 32


def array(name: str, content: bytes) -> str:
    """The bytes as an array of char: no compiler limits its length, and any byte is fine in it."""
    # From 128 on as character literals, since char may be signed; the 0 at the end because no array is empty.
    values = [str(byte) if byte < 128 else f"'\\x{byte:02x}'" for byte in content] + ["0"]
    lines = [",".join(values[i:i + BYTES_PER_LINE]) for i in range(0, len(values), BYTES_PER_LINE)]
    return f"inline constexpr char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    files = sorted((Path(name) for name in sys.argv[2:]), key=lambda file: file.name)
    arrays, entries = [], []
    for number, file in enumerate(files):
        content = file.read_bytes()
        name = f"page_{number}"
        arrays.append(f"// {file.name}\n" + array(name, content))
        entries.append(f'    {{"{file.name}", std::string_view(embedded::{name}, {len(content)})}},\n')

    header = Path(sys.argv[1])
    header.parent.mkdir(parents=True, exist_ok=True)
    header.write_text(
        "// Generated from pages/.\n"
        "#pragma once\n"
        "#include <string_view>\n"
        "\n"
        "#include <roompp/roompp.hpp>\n"
        "\n"
        "namespace embedded {\n" + "".join(arrays) + "}  // namespace embedded\n"
        "\n"
        "inline constexpr roompp::embedded_file pages[] = {\n" + "".join(entries) + "};\n",
        encoding="utf-8")


if __name__ == "__main__":
    main()
