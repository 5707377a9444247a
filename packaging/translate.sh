#!/usr/bin/env bash
# Brings resources/translations/mailstreams_*.ts up to date with the texts of the window and compiles them to .qm files.
# Texts that are not translated yet are listed; they are shown in English. A new language: translate.sh fr
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

prepare_environment
cd "$root"
folder=resources/translations
mkdir -p "$folder"
for language in "$@"; do
    [ -f "$folder/mailstreams_$language.ts" ] || touch "$folder/mailstreams_$language.ts"
done
mapfile -t sources < <(find ui -name '*.py' | LC_ALL=C sort)
for file in "$folder"/mailstreams_*.ts; do
    language=${file##*mailstreams_}
    "$venv/bin/pyside6-lupdate" -silent -locations none -no-obsolete -source-language en -target-language "${language%.ts}" \
        "${sources[@]}" -ts "$file"
    "$venv/bin/pyside6-lrelease" -silent "$file" -qm "${file%.ts}.qm"
    printf '%s: %s of %s texts are translated\n' "$file" \
        "$(($(grep -c '<source>' "$file") - $(grep -c 'type="unfinished"' "$file" || true)))" "$(grep -c '<source>' "$file")"
done
