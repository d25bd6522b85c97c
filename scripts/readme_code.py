#!/usr/bin/env python3
"""Writes the programs in a Markdown file to a folder: readme_code.py README.md FOLDER

A program is a ```cpp block that has a main function. They are named program_1.cpp, program_2.cpp, ..., and listed.
"""

import re
import sys
from pathlib import Path


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    blocks = re.findall(r"^```cpp\n(.*?)^```$", source.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    programs = [block for block in blocks if re.search(r"\bint main\(", block)]
    if not programs:
        sys.exit(f"{source} has no ```cpp block with a main function")

    folder.mkdir(parents=True, exist_ok=True)
    for number, program in enumerate(programs, 1):
        path = folder / f"program_{number}.cpp"
        path.write_text(program, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
