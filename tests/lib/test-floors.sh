#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# lib/ keeps its shape: each file stands on one floor of lib/Makefile.am,
# includes only its own floor or lower ones, without circles, and has a unit
# test; nothing there knows nbdkit, prints, exits, reads the environment or
# keeps a variable that can change.

lib=$abs_top_srcdir/lib
archive=$abs_top_builddir/lib/.libs/liberofsflat.a
failed=0

for tool in nm objdump tsort; do
    if ! command -v $tool >/dev/null; then
        echo "$tool is not installed"
        exit 77
    fi
done

wrong ()
{
    echo "$*"
    failed=1
}

# "FILE FLOOR" lines of the floor_N lists.
floors=$(awk '/^floor_[0-9]+ = / { n = substr ($1, 7); on = 1; next }
              on { for (i = 1; i <= NF; i++)
                     if ($i ~ /\.(c|h|def)$/) print $i, n }
              on && !/\\$/ { on = 0 }' "$lib/Makefile.am")
declare -A floor
while read -r file n; do
    if test -n "${floor[$file]}"; then
        wrong "lib/Makefile.am: $file stands on two floors"
    fi
    floor[$file]=$n
done <<<"$floors"

if test ${#floor[@]} -lt 20; then
    echo "lib/Makefile.am: only ${#floor[@]} files found in the floor_N lists"
    exit 1
fi

edges=
for path in "$lib"/*.c "$lib"/*.h "$lib"/*.def; do
    file=${path##*/}
    if test -z "${floor[$file]}"; then
        wrong "lib/$file: is on no floor of lib/Makefile.am"
        continue
    fi
    for name in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$path"); do
        if test -z "${floor[$name]}"; then
            wrong "lib/$file: includes \"$name\", which is on no floor"
        elif test "${floor[$name]}" -gt "${floor[$file]}"; then
            wrong "lib/$file (floor ${floor[$file]}): includes \"$name\"" \
                  "(floor ${floor[$name]})"
        elif test "${name%.*}" != "${file%.*}"; then
            edges+="${file%.*} ${name%.*}"$'\n'
        fi
    done
    if grep -nE '^ *# *include *<(nbdkit|libnbd)' "$path"; then
        wrong "lib/$file: includes a header of nbdkit or libnbd"
    fi
    if test "${file##*.}" = c &&
           ! grep -q "check_${file%.c} " "$abs_top_srcdir/tests/lib/Makefile.am"
    then
        wrong "lib/$file: has no tests/lib/check_$file"
    fi
done

if ! circle=$(tsort <<<"$edges" 2>&1 >/dev/null); then
    wrong "lib/: these include each other: $circle"
fi

# What the compiled library calls.
forbidden='printf|vprintf|fprintf|vfprintf|puts|putchar|fputs|fputc|putc'
forbidden+='|fwrite|perror|syslog|stdout|stderr|exit|_exit|_Exit|abort'
forbidden+='|getenv|secure_getenv|nbdkit_.*'
calls=$(nm -A -u "$archive" 2>/dev/null |
            grep -E " U (__)?($forbidden)(_chk)?(@.*)?\$")
if test -n "$calls"; then
    wrong "lib/ may not call or use these:" $'\n'"$calls"
fi

# Named things in a section that can be written; .data.rel.ro cannot, once
# loaded.  The sanitizers add their own.  BLAKE3's own sources, where they are
# compiled in, note what the CPU can do: digest.c sees to it that this is done
# before there are threads.
variables=$(objdump -t "$archive" |
                awk '/file format/ { file = $1; next }
                     file ~ /^blake3[a-z0-9_-]*\.o:?$/ { next }
                     /[ \t](\.data|\.bss|\.tdata|\.tbss|\*COM\*)[^ \t]*\t/ &&
                     !/ \.data\.rel\.ro/ && !/ d  / { print file, $NF }' |
                grep -vE ' (\.hidden|\.?L?_*(asan|ubsan|odr_asan)[._].*|\.L.*)$')
if test -n "$variables"; then
    wrong "lib/ may not keep variables that change:" $'\n'"$variables"
fi

exit $failed
