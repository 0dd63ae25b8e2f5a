# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the tests of refusals, after functions.sh.  Each works in its own
# folder, where `mkimage' made the files (mkimage.c has its words).
#
#   image FILE WORD..., data FILE SIZE SEED, tarfile FILE SIZE SEED
#   flat FILE SIZE [PART@OFFSET[+LENGTH]]...
#       the flat device that is expected: zeros, and parts of files
#   expect_refused REGEX PARAMETER...
#       neither the server nor `erofsflat check' takes it: exit status 1, and
#       the same one line of text, which matches
#   expect_served FLAT PARAMETER...
#       both take it, and the bytes of the whole device are FLAT's
#   expect_served_at SIZE OFFSET FILE PARAMETER...
#       the same of a device that is too large to be read: its size, and
#       FILE's bytes at OFFSET
#   heed_modes
#       from now on the modes of files count for both, though root runs the test

for program in nbd-cat nbd-ask; do
    command -v $program >/dev/null ||
        skip "$program was not built: configure did not find libnbd"
done

mkimage=$abs_builddir/mkimage
requires_file "$mkimage"
mkdir "$tmp/here"
cd "$tmp/here"

image () { "$mkimage" image "$@"; }
data () { "$mkimage" data "$@"; }
tarfile () { "$mkimage" tar "$@"; }

flat ()
{
    local out=$1 size=$2 part name place count

    shift 2
    rm -f "$out"
    truncate -s "$size" "$out"
    for part in "$@"; do
        name=${part%@*}
        place=${part##*@}
        count=()
        case $place in
            *+*) count=(count=$(( ${place#*+} )) iflag=count_bytes) ;;
        esac
        dd if="$name" of="$out" bs=65536 conv=notrunc status=none \
           seek=$(( ${place%+*} )) oflag=seek_bytes ${count[@]+"${count[@]}"}
    done
}

as=(env)
heed_modes ()
{
    test "$(id -u)" -eq 0 || return 0
    as=(setpriv --bounding-set=-dac_override,-dac_read_search)
    requires "${as[@]}" true
}

# run WHAT COMMAND...: sets $status; the output is in WHAT.out, WHAT.err.
run ()
{
    local what=$1

    shift
    status=0
    timeout $patience "${as[@]}" "$@" \
            </dev/null >"$tmp/$what.out" 2>"$tmp/$what.err" ||
        status=$?
}

# What a program said.  valgrind tells of system calls that it does not know.
said ()
{
    sed "/^--[0-9]*-- /d" "$tmp/$1.err"
}

# The one line that it said, without what it puts in front of it.
message ()
{
    local lines

    lines=$(said "$1" | wc -l)
    test "$lines" -eq 1 || {
        cat "$tmp/$1.err" >&2
        fail "$1: $lines lines of message, 1 expected"
    }
    case $1 in
        nbdkit) said nbdkit | sed 's/^nbdkit: error: //' ;;
        *) said "$1" | sed 's/^erofsflat: //' ;;
    esac
}

refused_by ()
{
    local what=$1 expected=$2 regex=$3 text

    shift 3
    run "$what" "$@"
    if test $status -ne "$expected"; then
        cat "$tmp/$what.err" >&2
        fail "exit status $status, $expected expected: $*"
    fi
    test ! -s "$tmp/$what.out" || fail "it printed something: $*"
    text=$(message "$what")
    [[ $text =~ $regex ]] ||
        fail "$what said: $text
but this was expected: $regex"
}

# refused_by_nbdkit REGEX PARAMETER...
# With -U - nbdkit 1.32 would leave a folder in /tmp.
refused_by_nbdkit ()
{
    refused_by nbdkit 1 "$1" nbdkit -f -U "$tmp/sock" erofsflat "${@:2}" \
               --run 'echo it is served'
}

expect_refused ()
{
    local regex=$1

    shift
    refused_by_nbdkit "$regex" "$@"
    refused_by check 1 "$regex" erofsflat check "$@"
    test "$(message nbdkit)" = "$(message check)" ||
        fail "two texts: $(message nbdkit)
$(message check)"
    echo "refused: $(message check)"
}

check_says_ok ()
{
    run check erofsflat check "$@"
    cat "$tmp/check.err" >&2
    test $status -eq 0 || fail "exit status $status: erofsflat check $*"
    test -z "$(said check)" || fail "check said something: $*"
    grep -q ': ok' "$tmp/check.out" || fail "check did not say ok: $*"
}

# served_run SCRIPT PARAMETER...: the script runs while nbdkit serves.
served_run ()
{
    local script=$1

    shift
    run nbdkit nbdkit -f -U - erofsflat "$@" --run "$script"
    cat "$tmp/nbdkit.err" >&2
    test $status -eq 0 || fail "exit status $status: nbdkit erofsflat $*"
}

expect_served ()
{
    local flat=$1

    shift
    check_says_ok "$@"
    served_run 'nbd-cat "$uri"' "$@"
    cmp "$flat" "$tmp/nbdkit.out" || fail "wrong bytes: nbdkit erofsflat $*"
    echo "served: $*"
}

expect_served_at ()
{
    local size=$1 offset=$2 file=$3 length

    shift 3
    length=$(stat -c %s "$file")
    check_says_ok "$@"
    grep -q " $(( size )) bytes" "$tmp/check.out" ||
        fail "size: $(cat "$tmp/check.out"), $(( size )) expected"
    served_run "nbd-ask \"\$uri\" read $(( offset )) $length" "$@"
    cmp "$file" "$tmp/nbdkit.out" || fail "wrong bytes: nbdkit erofsflat $*"
    echo "served: $*"
}

# expect_warned REGEX FLAT PARAMETER...: served, with one line of warning.
expect_warned ()
{
    local regex="^warning: $1" flat=$2

    shift 2
    run check erofsflat check "$@"
    test $status -eq 0 || fail "exit status $status: $(said check)"
    served_run 'nbd-cat "$uri"' "$@"
    cmp "$flat" "$tmp/nbdkit.out" || fail "wrong bytes: nbdkit erofsflat $*"
    [[ $(message check) =~ $regex ]] ||
        fail "said: $(message check)
but this was expected: $regex"
    test "$(message nbdkit)" = "$(message check)" ||
        fail "two texts: $(message nbdkit)
$(message check)"
    echo "warned: $(message check)"
}
