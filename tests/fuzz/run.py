"""Fuzzes one target for as long as wanted, led by the coverage of the program: ``python tests/fuzz/run.py TARGET --seconds N``.

The properties are those of the tests beside it. Atheris makes bytes, and Hypothesis makes examples of them; a failing one is
kept in Hypothesis's own database, so that the next ``pytest tests/fuzz`` shows it, made small. Atheris is installed beside the
virtual environment's packages when it is missing.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".hypothesis" / "fuzz"
TARGETS = sorted(path.stem.removeprefix("test_fuzz_") for path in Path(__file__).parent.glob("test_fuzz_*.py"))

FuzzOne = Callable[[bytes], object]


def atheris() -> Any:
    """The fuzzer, installed when it is missing."""
    packages = FOLDER / "packages"
    sys.path.append(str(packages))
    try:
        return importlib.import_module("atheris")
    except ImportError:
        wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["fuzz"]
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--target", str(packages), *wanted], check=True)
        importlib.invalidate_caches()
        return importlib.import_module("atheris")


def load(target: str) -> ModuleType:
    """The module with a target's tests."""
    name = f"test_fuzz_{target}"
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    if spec is None or spec.loader is None:
        raise ImportError(target)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def properties(module: ModuleType) -> list[FuzzOne]:
    """The tests of a module as functions of bytes."""
    tests = [value for name, value in sorted(vars(module).items()) if name.startswith("test_")]
    return [test.hypothesis.fuzz_one_input for test in tests]


def main() -> None:
    """Fuzz; ends with the exit code 0 when the time is up, another one when something was found."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=120)
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    logging.disable(logging.CRITICAL)
    corpus = FOLDER / given.target
    corpus.mkdir(parents=True, exist_ok=True)
    fuzzer = atheris()
    with fuzzer.instrument_imports(include=["engine", "app"]):
        tests = properties(load(given.target))

    def fuzz(data: bytes) -> None:
        """The first byte chooses the property."""
        if data:
            tests[data[0] % len(tests)](data[1:])

    options = [
        f"-max_total_time={given.seconds}",
        f"-artifact_prefix={corpus}-",
        "-max_len=4096",
        "-len_control=0",
        "-timeout=60",
    ]
    fuzzer.Setup([sys.argv[0], *options, str(corpus)], fuzz)
    fuzzer.Fuzz()


if __name__ == "__main__":
    main()
