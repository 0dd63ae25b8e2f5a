#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# From a fresh Debian or Ubuntu machine to a working erofsflat:
#
#   sh contrib/quickstart.sh demo     serve an image of five blobs, mount it,
#                                     compare the files
#   sh contrib/quickstart.sh test     run all tests
#   sh contrib/quickstart.sh test-vm  run those that boot virtual machines
#
# All install the packages that are lacking (they are listed first, nothing
# is asked), and build in the folder `build'.  All can be run again.
#
# Words after the first are passed to configure.  EROFSFLAT_BUILD_DIR is
# another folder to build in.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
build=${EROFSFLAT_BUILD_DIR:-$top/build}
image=$top/tests/data/erofs-fsmerge

say ()
{
    printf '\n== %s\n' "$*"
}

die ()
{
    printf '%s: %s\n' "$0" "$*" >&2
    exit 1
}

# Empty, `sudo -n', or `false' where we cannot become root.
root_command ()
{
    if test "$(id -u)" -eq 0; then
        :
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    else
        echo false
    fi
}

# --- packages ---------------------------------------------------------------

# lacking: a list of groups, the names one thing has in different releases
# joined by "|".
lacking=
needed=

have_command ()
{
    PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null
}

have_header ()
{
    echo "#include <$1>" | cc -E - >/dev/null 2>&1
}

have_module ()
{
    pkg-config --exists "$1" 2>/dev/null
}

# What configure takes: the library, or its C sources.
have_blake3 ()
{
    if have_module "libblake3 >= 1.3"; then return; fi
    for file in /usr/share/cargo/registry/blake3-*/c/blake3.c; do
        test ! -f "$file" || return 0
    done
    return 1
}

# need PACKAGE[|PACKAGE...] CHECK...: to build
# want PACKAGE[|PACKAGE...] CHECK...: for the tests and the demo
want ()
{
    group=$1
    shift
    "$@" || lacking="$lacking $group"
}

need ()
{
    before=$lacking
    want "$@"
    test "$lacking" = "$before" || needed="$needed $1"
}

find_lacking ()
{
    lacking=
    needed=
    need autoconf have_command autoreconf
    need automake have_command automake
    need libtool have_command libtoolize
    need "pkg-config|pkgconf" have_command pkg-config
    need gcc have_command cc
    need libc6-dev have_header stdio.h
    need make have_command make
    need nbdkit have_command nbdkit
    need "nbdkit-plugin-dev|nbdkit-dev" have_module nbdkit
    need libzstd-dev have_module libzstd
    need liblz4-dev have_module liblz4
    need zlib1g-dev have_module zlib
    need libssl-dev have_module libcrypto
    need libxxhash-dev have_module libxxhash
    need "libblake3-dev|librust-blake3-dev" have_blake3
    want libseccomp-dev have_module libseccomp
    want perl have_command pod2man
    want binutils have_command objdump
    want check have_module check
    want erofs-utils have_command mkfs.erofs
    want fuse3 have_command fusermount3
    want gnutls-bin have_command certtool
    want jq have_command jq
    want libnbd-dev have_module libnbd
    want libnbd-bin have_command nbdcopy
    want "libnbd-bin|nbdfuse" have_command nbdfuse
    want mount have_command losetup
    want nbd-client have_command nbd-client
    want qemu-utils have_command qemu-nbd
    want systemd have_command systemd-analyze
    want zstd have_command zstd
    test "$action" != test-vm || find_lacking_for_vm
}

find_lacking_for_vm ()
{
    want busybox-static have_command busybox
    want debootstrap have_command debootstrap
    want dmsetup have_command dmsetup
    want qemu-system-common have_command qemu-storage-daemon
    want qemu-system-x86 have_command qemu-system-x86_64
    want xz-utils have_command xz
}

# The first name of each group that apt knows; what none knows is left out.
choose_packages ()
{
    packages=
    for group in $lacking; do
        found=
        for name in $(echo "$group" | tr '|' ' '); do
            if apt-cache show "$name" >/dev/null 2>&1; then
                found=$name
                break
            fi
        done
        case " $packages " in
            *" $found "*) ;;
            *) packages="$packages $found" ;;
        esac
    done
}

install_packages ()
{
    find_lacking
    if test -z "$lacking"; then
        say "Nothing to install: everything is there"
        return
    fi
    command -v apt-get >/dev/null ||
        die "no apt-get here; please install what these Debian packages hold:$lacking"
    say "Lacking here:$(echo "$lacking" | sed 's/|/ or /g')"
    root=$(root_command)
    test "$root" != false ||
        die "only root can install them, and sudo is not here or asks for a password"
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    $root apt-get -q update
    choose_packages
    say "These packages will be installed:$packages"
    $root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $packages </dev/null
    find_lacking
    test -z "$needed" || die "still lacking:$needed"
    test -z "$lacking" || echo "Not to be had here, so some tests are skipped:$lacking"
}

# --- build ------------------------------------------------------------------

build_all ()
{
    say "Building in $build"
    if ! test -e "$top/configure" ||
       test "$top/configure.ac" -nt "$top/configure"; then
        (cd "$top" && autoreconf -i)
    fi
    mkdir -p "$build"
    cd "$build"
    if ! test -e config.status || ! test -e Makefile ||
       test "$*" != "$(cat quickstart.args 2>/dev/null)"; then
        "$top/configure" "$@"
        echo "$*" > quickstart.args
    fi
    make -j"$(nproc)"
}

# --- demo -------------------------------------------------------------------

mounted=
loop=
fused=
nbdkit_pid=
nbdfuse_pid=
tmp=

end_process ()
{
    test -n "$1" || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

clean_up ()
{
    status=$?
    trap - EXIT
    set +e
    test -z "$mounted" || umount "$tmp/mnt"
    test -z "$loop" || losetup -d "$loop"
    test -z "$fused" || fusermount3 -u "$tmp/fuse" || umount -l "$tmp/fuse"
    end_process "$nbdfuse_pid"
    end_process "$nbdkit_pid"
    test -z "$tmp" || rm -rf --one-file-system "$tmp"
    exit $status
}

# wait_for FILE PID: until the file is there; fails if the process ends first.
wait_for ()
{
    i=0
    until test -e "$1"; do
        i=$((i + 1))
        kill -0 "$2" 2>/dev/null && test $i -lt 200 || return 1
        sleep 0.1
    done
}

compare_device ()
{
    want=$(cut -d' ' -f1 < "$image/flat.sha256")
    have=$(nbdcopy "$uri" - | sha256sum | cut -d' ' -f1)
    echo "expected  $want"
    echo "read      $have"
    test "$want" = "$have" || die "the device is not what it should be"
}

# Why this machine cannot mount, or nothing.
why_no_mount ()
{
    release=$(uname -r)
    major=${release%%.*}
    minor=${release#*.}
    minor=${minor%%[!0-9]*}
    if test "$(id -u)" -ne 0; then
        echo "only root may mount"
    elif test "$major" -lt 6 || { test "$major" -eq 6 && test "$minor" -lt 4; }
    then
        echo "Linux $release mounts no flat multi-device image (6.4 does)"
    elif ! test -c /dev/fuse; then
        echo "there is no /dev/fuse"
    elif ! test -c /dev/loop-control; then
        echo "there is no /dev/loop-control"
    elif ! grep -qw erofs /proc/filesystems &&
         ! modprobe erofs 2>/dev/null; then
        echo "this kernel has no EROFS"
    elif ! have_command nbdfuse || ! have_command fusermount3; then
        echo "nbdfuse or fusermount3 is not installed"
    fi
}

# Attach and mount at $tmp/mnt; on failure says why and returns 1.
attach_and_mount ()
{
    mkdir "$tmp/fuse" "$tmp/mnt"
    nbdfuse "$tmp/fuse" "$uri" 2>"$tmp/why" &
    nbdfuse_pid=$!
    wait_for "$tmp/fuse/nbd" "$nbdfuse_pid" || return 1
    fused=yes
    loop=$(losetup --read-only --find --show "$tmp/fuse/nbd" 2>"$tmp/why") ||
        { loop=; return 1; }
    mount -t erofs -o ro "$loop" "$tmp/mnt" 2>"$tmp/why" || return 1
    mounted=yes
}

compare_files ()
{
    (cd "$tmp/mnt" && md5sum -c "$image/files.md5") > "$tmp/md5" 2>&1 || {
        grep -v ': OK$' "$tmp/md5" >&2
        die "some files differ"
    }
    files=$(find "$tmp/mnt" -type f | wc -l)
    lines=$(wc -l < "$image/files.md5")
    head -n 5 "$tmp/md5"
    echo "..."
    test "$files" -eq "$lines" ||
        die "$files files are there, $lines should be"
    echo "$files of $lines files have the right MD5 sum"
}

run_demo ()
{
    tmp=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    uri="nbd+unix:///?socket=$tmp/sock"

    say "The image: a bootstrap and five blobs"
    (cd "$image" && ls -l bootstrap blobs)
    "$build/run" erofsflat map "$image/bootstrap" blobdir="$image/blobs"

    say "Serving it: nbdkit erofsflat bootstrap=... blobdir=..."
    "$build/run" nbdkit -f -U "$tmp/sock" -P "$tmp/pid" erofsflat \
        bootstrap="$image/bootstrap" blobdir="$image/blobs" &
    nbdkit_pid=$!
    wait_for "$tmp/pid" "$nbdkit_pid" || die "nbdkit did not start"

    say "Reading the whole device through NBD, its SHA-256:"
    compare_device

    reason=$(why_no_mount)
    if test -z "$reason"; then
        say "Mounting it: nbdfuse, a loop device, mount -t erofs"
        if attach_and_mount; then
            compare_files
            say "It works: the kernel reads every file of the image right"
            return
        fi
        reason=$(tail -n 1 "$tmp/why")
    fi
    say "Not mounted, because: $reason"
    echo "The SHA-256 above shows that every byte of the device is right."
}

# --- main -------------------------------------------------------------------

test $# -ge 1 || { sed -n '3,15s/^# \{0,1\}//p' "$0"; exit 2; }
action=$1
shift

case $action in
    demo)
        install_packages
        build_all "$@"
        # Only root may mount.  The part below needs nothing else of root.
        root=$(root_command)
        if test "$root" = "sudo -n"; then
            exec sudo -n env EROFSFLAT_BUILD_DIR="$build" \
                 sh "$top/contrib/quickstart.sh" run-demo
        fi
        run_demo
        ;;
    run-demo)
        run_demo
        ;;
    test)
        install_packages
        build_all "$@"
        say "Running all tests"
        status=0
        # A test waits now and then.
        make -k -j$((2 * $(nproc))) check || status=$?
        sh "$top/tests/summary.sh" "$build"
        exit $status
        ;;
    test-vm)
        install_packages
        build_all "$@"
        say "Running the tests that boot virtual machines"
        status=0
        # A test waits for its virtual machine now and then, but emulating
        # one is work.
        make -k -j$(($(nproc) + 1)) check-vm || status=$?
        sh "$top/tests/summary.sh" "$build/tests/vm"
        exit $status
        ;;
    *)
        die "\"$action\": demo, test or test-vm is meant"
        ;;
esac
