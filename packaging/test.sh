#!/usr/bin/env bash
# All checks and tests, one test more at a time than there are processors: they wait a lot. Extra arguments go to pytest, which runs
# one at a time then.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

install_packages "${qt_packages[@]}" postgresql xvfb xauth xdotool git
prepare_environment
cd "$root"

"$venv/bin/ruff" check .
"$venv/bin/ruff" format --check .
"$venv/bin/mypy"
"$venv/bin/lint-imports"
bash packaging/audit.sh
[ $# -gt 0 ] || set -- --numprocesses "$(($(nproc) + 1))" --dist worksteal
exec "$venv/bin/python" -m pytest "$@"
