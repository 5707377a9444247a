#!/usr/bin/env bash
# All checks and tests. Extra arguments go to pytest.
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
exec "$venv/bin/python" -m pytest "$@"
