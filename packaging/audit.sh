#!/usr/bin/env bash
# Look up known weaknesses of the locked dependencies, where pip-audit is installed and its service can be reached.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

note() {
    printf 'Known weaknesses of dependencies were not looked up: %s\n' "$1" >&2
    exit 0
}

program=$(PATH="$root/.venv/bin:$PATH" command -v pip-audit) || note 'pip-audit is not installed.'
report=$(mktemp)
trap 'rm -f "$report"' EXIT
timeout 90 "$program" --disable-pip --require-hashes --progress-spinner off --format json --output "$report" \
    -r "$root/packaging/requirements.lock" 2>/dev/null && exit 0
# It fails in the same way when it finds something and when it can't ask; only then there is no report.
[ -s "$report" ] || note 'its service can not be reached.'
python3 - "$report" <<'END'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as report:
    for package in json.load(report)["dependencies"]:
        for found in package.get("vulns", ()):
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, mended in {fixed}", file=sys.stderr)
END
exit 1
