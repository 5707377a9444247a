#!/usr/bin/env bash
# Brings resources/translations/mailstreams_*.ts up to date with the texts of the window and compiles them to .qm files.
# Texts that are not translated yet are listed; they are shown in English. A new language: translate.sh fr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

prepare_environment
folder="$root/resources/translations"
mkdir -p "$folder"
files=("${@/#/$folder/mailstreams_}")
files=("${files[@]/%/.ts}")
shopt -s nullglob
mapfile -t files < <(printf '%s\n' "${files[@]}" "$folder"/mailstreams_*.ts | grep . | LC_ALL=C sort -u)
"$venv/bin/python" "$root/packaging/texts.py" "${files[@]}"
for file in "${files[@]}"; do
    "$venv/bin/pyside6-lrelease" -silent "$file" -qm "${file%.ts}.qm"
done
