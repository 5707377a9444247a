#!/usr/bin/env bash
# Builds dist/mailstreams (one folder, two programs), tries it, and packs it as .deb and .tar.gz. For Debian and Ubuntu: the
# programs run on the release they were built on and on newer ones.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

work="$root/build"
dist="$root/dist"
stage="$work/stage"
python=/usr/bin/python3
build_python="$work/venv/bin/python"

# PyInstaller needs a Python with a shared library, as Debian's is; a virtual environment of its own, without our package.
prepare_build_environment() {
    local wanted library
    library="libpython$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    install_packages python3-venv "$library" binutils xvfb xauth xdotool desktop-file-utils appstream "${qt_packages[@]}"
    wanted=$(sha256sum <"$root/packaging/requirements.lock")
    [ -f "$work/venv.stamp" ] && [ "$(cat "$work/venv.stamp")" = "$wanted" ] && return 0
    printf 'Setting up the build environment (once)\n'
    "$python" -m venv --clear "$work/venv"
    "$build_python" -m pip install -q --disable-pip-version-check --use-pep517 --require-hashes -r "$root/packaging/requirements.lock"
    printf '%s\n' "$wanted" >"$work/venv.stamp"
}

freeze() {
    printf 'Building the programs\n'
    "$build_python" "$root/packaging/icons.py" "$work/icons"
    rm -rf "$dist"
    (cd "$root" && PYTHONPATH="$root" "$build_python" -m PyInstaller --noconfirm --log-level ERROR \
        --distpath "$dist" --workpath "$work/freeze" packaging/mailstreams.spec)
    # Some wheels come with symbols. Libraries that auditwheel has patched are left alone: binutils damages them.
    find "$dist/mailstreams/_internal" -name '*.so*' -type f -not -path '*.libs/*' \
        -exec strip --strip-unneeded {} +
}

# Put version and date into a file.
fill_in() {
    sed -e "s/@VERSION@/$version/g" -e "s/@DATE@/$date/g" -e "s/@ARCHITECTURE@/$architecture/g" -e "s/@GLIBC@/$glibc/g" \
        -e "s/@SIZE@/${size:-0}/g" "$1"
}

describe() {
    (cd "$root" && PYTHONPATH="$root" "$build_python" packaging/describe.py "$1")
}

# The tree below /usr: what the package installs, and what the archive unpacks under any other prefix.
stage_tree() {
    local share="$stage/usr/share"
    rm -rf "$stage"
    install -d "$stage/usr/bin" "$stage/usr/lib" "$share/applications" "$share/metainfo" "$share/man/man1" \
        "$share/icons/hicolor/scalable/apps" "$share/bash-completion/completions" "$share/doc/mailstreams"
    cp -a "$dist/mailstreams" "$stage/usr/lib/mailstreams"
    ln -s ../lib/mailstreams/mailstreams ../lib/mailstreams/mailstreams-engine "$stage/usr/bin/"
    cp "$root/packaging/mailstreams.desktop" "$share/applications/"
    cp -r "$work/icons/hicolor" "$share/icons/"
    cp "$root/resources/icons/mailstreams.svg" "$share/icons/hicolor/scalable/apps/"
    fill_in "$root/packaging/org.mailstreams.MailStreams.metainfo.xml" >"$share/metainfo/org.mailstreams.MailStreams.metainfo.xml"
    describe completion >"$share/bash-completion/completions/mailstreams"
    ln -s mailstreams "$share/bash-completion/completions/mailstreams-engine"
    describe commands >"$work/commands"
    fill_in "$root/packaging/mailstreams.1.in" | sed -e "/@COMMANDS@/{r $work/commands" -e 'd}' |
        gzip -9n >"$share/man/man1/mailstreams.1.gz"
    ln -s mailstreams.1.gz "$share/man/man1/mailstreams-engine.1.gz"
    describe licences >"$share/doc/mailstreams/copyright"
    cp "$root/README.md" "$share/doc/mailstreams/"
    chmod -R u=rwX,go=rX "$stage"
    desktop-file-validate "$share/applications/mailstreams.desktop"
    appstreamcli validate --no-net "$share/metainfo/org.mailstreams.MailStreams.metainfo.xml" >&2
}

# The unit, which starts the program without Qt.
unit() {
    install -D -m 644 "$root/packaging/mailstreams.service" "$1"
    sed -i 's,^ExecStart=/usr/bin/mailstreams ,ExecStart=/usr/bin/mailstreams-engine ,' "$1"
}

make_tarball() {
    local name="mailstreams-$version-linux-$(uname -m)"
    unit "$stage/usr/share/doc/mailstreams/mailstreams.service"
    tar -C "$stage" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" --transform "s,^usr,$name," \
        -cf - usr | gzip -9n >"$dist/$name.tar.gz"
    rm "$stage/usr/share/doc/mailstreams/mailstreams.service"
}

make_deb() {
    local size
    unit "$stage/lib/systemd/system/mailstreams.service"
    size=$(du -sk --apparent-size "$stage" | cut -f1)
    install -d "$stage/DEBIAN"
    fill_in "$root/packaging/debian/control.in" >"$stage/DEBIAN/control"
    install -m 755 "$root"/packaging/debian/{postinst,prerm,postrm} "$stage/DEBIAN/"
    (cd "$stage" && find usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"
    SOURCE_DATE_EPOCH="$epoch" dpkg-deb --root-owner-group -Zzstd --build "$stage" \
        "$dist/mailstreams_${version}_$architecture.deb" >/dev/null
}

prepare_build_environment
version=$(cd "$root" && "$python" -c 'from app.version import VERSION; print(VERSION)')
epoch=${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
date=$(date -u -d "@$epoch" +%F)
architecture=$(dpkg --print-architecture)
glibc=$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)

freeze
printf 'Trying them\n'
xvfb-run -a -s '-screen 0 1600x1000x24 -noreset' "$build_python" "$root/packaging/smoke.py" "$dist/mailstreams"
printf 'Packing\n'
stage_tree
make_tarball
make_deb
(cd "$dist" && sha256sum -- *.deb *.tar.gz >SHA256SUMS && ls -l -- *.deb *.tar.gz)
