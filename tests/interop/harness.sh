# SPDX-License-Identifier: BSD-3-Clause
# Serve an image, attach the device by some way, mount it, compare.
#
#   source functions.sh
#   source "$abs_top_srcdir/tests/interop/harness.sh"
#
#   serve_folder FOLDER [WORD...]
#                             start nbdkit on the image in the folder ($uri);
#                             a word is an option of nbdkit, or a parameter
#   check_device FOLDER NAME COMMAND...
#                             the command writes the whole device to stdout:
#                             compare its SHA-256 and size with the folder's
#   check_files FOLDER WAY    attach the server at $uri by the way, mount it,
#                             and compare all files with the folder's
#
# A folder has
#
#   params        how it is opened: "KEY=VALUE" lines, files relative to it
#   flat.sha256   "SHA-256 SIZE" of the flat device; or the device, as `flat'
#   files.md5     md5sum lines of all regular files, "./" names
#
# A WAY of attaching is three functions.  tests/vm/vm.sh has more of them, in
# virtual machines.  To add one, define them and give its name to check_files;
# nothing else changes:
#
#   attach_WAY URI        make the server's device visible to a kernel; set
#                         $device to its path there; register what undoes it
#                         with cleanup_fn
#   in_WAY COMMAND...     run a command where that kernel runs (stdout and exit
#                         status are the command's); there is a POSIX shell
#                         with mount, find, md5sum
#   detach_WAY            undo it now; does nothing the second time

# Each line of params as a key=value for nbdkit or the tool: in $params.
read_params ()
{
    local folder=$1 line

    params=()
    while IFS= read -r line; do
        params+=("${line%%=*}=$folder/${line#*=}")
    done < "$folder/params"
}

# serve_folder FOLDER [NBDKIT-OPTION...] [KEY=VALUE...]
serve_folder ()
{
    local folder=$1 options=()

    shift
    while test $# -gt 0 && [[ $1 != [a-z]*=* ]]; do
        options+=("$1")
        shift
    done
    read_params "$folder"
    start_nbdkit ${options[@]+"${options[@]}"} erofsflat "${params[@]}" "$@"
}

# What the whole device must be, as "SHA-256  SIZE".
expected_device ()
{
    if test -e "$1/flat.sha256"; then
        cat "$1/flat.sha256"
    else
        echo "$(sha256sum < "$1/flat" | cut -d' ' -f1)  $(stat -c %s "$1/flat")"
    fi
}

# The same of what is read from stdin.
sum_device ()
{
    tee >(wc -c > "$tmp/device-size") | sha256sum | cut -d' ' -f1 \
        > "$tmp/device-sum"
    _wait_until test -s "$tmp/device-size"
    echo "$(cat "$tmp/device-sum")  $(cat "$tmp/device-size")"
    rm "$tmp/device-size"
}

check_device ()
{
    local folder=$1 name=$2 want got

    shift 2
    want=$(expected_device "$folder")
    got=$(timeout $patience "$@" | sum_device) || fail "$name: $* failed"
    test "$got" = "$want" ||
        fail "${folder##*/} by $name: the device is $got, not $want"
}

# Run where the device is: mount it and print the sums of all its files.
sum_files_script='
    set -e
    mkdir -p "$2"
    mount -t erofs -o ro "$1" "$2"
    cd "$2"
    status=0
    find . -type f -exec md5sum {} + || status=1
    cd /
    umount "$2"
    exit $status
'

# part_of FILE OFFSET LENGTH: to stdout.
part_of ()
{
    dd if="$1" iflag=skip_bytes,count_bytes,fullblock bs=64K skip=$2 count=$3 \
       status=none
}

# Compare two lists of md5sum lines, in any order.
compare_files ()
{
    local want=$1 got=$2

    test "$(wc -l < "$want")" -eq "$(wc -l < "$got")" ||
        fail "$(wc -l < "$got") files are there, $(wc -l < "$want") expected"
    LC_ALL=C sort "$want" > "$tmp/want.sorted"
    LC_ALL=C sort "$got" > "$tmp/got.sorted"
    diff "$tmp/want.sorted" "$tmp/got.sorted" >&2 || fail "files differ"
}

# The same where some could not be read: those that were are right.
compare_some_files ()
{
    LC_ALL=C comm -13 <(LC_ALL=C sort "$1") <(LC_ALL=C sort -u "$2") \
        > "$tmp/wrong"
    test ! -s "$tmp/wrong" || fail "wrong: $(cat "$tmp/wrong")"
}

check_files ()
{
    local folder=$1 way=$2

    "attach_$way" "$uri"
    "in_$way" sh -c "$sum_files_script" sh "$device" "$tmp/mnt" \
        > "$tmp/files.got" || fail "${folder##*/} does not mount by $way"
    compare_files "$folder/files.md5" "$tmp/files.got"
    "detach_$way"
}

# nbdfuse shows the NBD device as a file, and loop makes that a block device
# of this kernel.
attach_nbdfuse_loop ()
{
    _fuse=$(mktemp -d "$tmp/fuse.XXXXXX")
    timeout $(( patience * 5 )) nbdfuse -r "$_fuse" "$1" 2> "$tmp/nbdfuse.err" &
    _fuse_pid=$!
    _loop=
    cleanup_fn detach_nbdfuse_loop
    _wait_until test -e "$_fuse/nbd" || fail "nbdfuse did not start"
    _loop=$(losetup --find --show --read-only "$_fuse/nbd")
    device=$_loop
}

in_nbdfuse_loop ()
{
    timeout $(( patience * 2 )) "$@"
}

detach_nbdfuse_loop ()
{
    local status=0

    if test -z "$_fuse_pid"; then return 0; fi
    # Only after a test that failed half way is it mounted still.
    if mountpoint -q "$tmp/mnt"; then umount "$tmp/mnt" || status=1; fi
    if test -n "$_loop"; then losetup --detach "$_loop" || status=1; fi
    # The loop device lets go of the file a moment later.
    _wait_until fusermount3 -u -q "$_fuse" || status=1
    wait $_fuse_pid || _was_just_unmounted || status=1
    _fuse_pid=
    cat "$tmp/nbdfuse.err" >&2
    return $status
}

# Now and then the kernel tells a FUSE server that its mount was aborted
# (ECONNABORTED) where it was unmounted (ENODEV), and that ends with an error.
_was_just_unmounted ()
{
    ! mountpoint -q "$_fuse" &&
        grep -q 'fuse_loop: Software caused connection abort' "$tmp/nbdfuse.err"
}

# Serve what is at URI once more with qemu-nbd; sets $reexport.
reexport_by_qemu_nbd ()
{
    reexport="nbd+unix:///?socket=$tmp/reexport.sock"
    rm -f "$tmp/reexport.sock"
    qemu-nbd --read-only --persistent --shared=4 --format=raw \
             --socket="$tmp/reexport.sock" "$1" &
    qemu_nbd_pid=$!
    cleanup_fn stop_qemu_nbd $qemu_nbd_pid
    _wait_until test -S "$tmp/reexport.sock" || fail "qemu-nbd did not start"
}

stop_qemu_nbd ()
{
    local pid=${1-$qemu_nbd_pid}

    case " ${_stopped[*]-} " in *" $pid "*) return 0 ;; esac
    _stopped+=($pid)
    kill $pid 2>/dev/null || true
    wait $pid || true
}

# The programs of this folder's parent that use libnbd.
requires_libnbd ()
{
    command -v nbd-ask >/dev/null || skip "configure did not find libnbd"
}

# The folders of tests/data that hold images, one a line.
all_vectors ()
{
    local params

    for params in "$data"/*/params; do
        echo "${params%/params}"
    done
}

# What cache= may be set to: none, room for one chunk or less, the default.
caches="0 70k 64M"
