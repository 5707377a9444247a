# Sourced by the scripts beside it: the virtual environment and the system packages that it needs, on Debian and Ubuntu.
# A second call finds everything in place and returns within a moment.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv="$root/.venv"

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Install those of the given Debian packages that are missing.
install_packages() {
    local missing=() name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed$' || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "Please install these packages of your system: ${missing[*]}"
    printf 'Installing %s\n' "${missing[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# What Qt's xcb platform plugin needs and its wheel does not carry.
qt_packages=(
    fontconfig fonts-dejavu-core libdbus-1-3 libegl1 libfontconfig1 libgl1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0
    libxkbcommon0
)

find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail 'MailStreams needs Python 3.11, 3.12 or 3.13.'
}

# Make or renew the virtual environment when the lock file, the package description or this file has changed.
prepare_environment() {
    local python stamp wanted
    wanted=$(cat "$root/packaging/requirements.lock" "$root/pyproject.toml" "$root/packaging/environment.sh" | sha256sum)
    stamp="$venv/mailstreams.stamp"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/mailstreams" ] && return 0
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    fi
    printf 'Setting up the virtual environment (once)\n'
    "$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --use-pep517 --require-hashes -r "$root/packaging/requirements.lock"
    "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e "$root"
    # pip may have been told not to compile; each start would compile everything anew then, which takes it most of its time.
    "$venv/bin/python" -m compileall -q -x '\.tmpl\.py$' "$venv/lib"
    printf '%s\n' "$wanted" >"$stamp"
}
