#!/usr/bin/env bash
# Set up what is missing on first use, then hand the arguments to the program: without any, the window opens.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

prepare_environment
if [ $# -eq 0 ]; then
    if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        install_packages "${qt_packages[@]}"
    else
        set -- demo
    fi
fi
exec "$venv/bin/mailstreams" "$@"
