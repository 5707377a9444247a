#!/usr/bin/env bash
# Builds dist/MailStreams.app and a disk image on macOS. Needs Python 3.11 to 3.13 from python.org and Xcode's command line
# tools. With SIGNING_IDENTITY it signs, with NOTARY_PROFILE (of notarytool store-credentials) it has the image notarised.
# Not yet run: this file was written from the documentation.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python="$root/build/venv/bin/python"
cd "$root"
export PYTHONPATH="$root"

[ -x "$python" ] || python3 -m venv build/venv
"$python" -m pip install -q --require-hashes -r packaging/requirements.lock
"$python" packaging/icons.py build/icons
"$python" -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build/freeze packaging/mailstreams.spec

app="dist/MailStreams.app"
engine="$app/Contents/MacOS/mailstreams-engine"
if [ -n "${SIGNING_IDENTITY:-}" ]; then
    # From the inside out: every library, then the two programs, then the bundle.
    find "$app/Contents" -type f \( -name '*.so' -o -name '*.dylib' \) -print0 |
        xargs -0 codesign --force --timestamp --options runtime --sign "$SIGNING_IDENTITY"
    for target in "$engine" "$app"; do
        codesign --force --timestamp --options runtime --entitlements packaging/macos/entitlements.plist \
            --sign "$SIGNING_IDENTITY" "$target"
    done
    codesign --verify --deep --strict "$app"
fi

"$engine" --version
"$engine" doctor

version=$("$python" -c 'from app.version import VERSION; print(VERSION)')
image="dist/MailStreams-$version.dmg"
rm -f "$image"
staging=$(mktemp -d)
cp -R "$app" "$staging/"
ln -s /Applications "$staging/Applications"
hdiutil create -volname MailStreams -srcfolder "$staging" -format UDZO "$image"
rm -r "$staging"
if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
