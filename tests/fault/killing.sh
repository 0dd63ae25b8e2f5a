# SPDX-License-Identifier: BSD-3-Clause
# Kill a server under load, start it again, many times.
#
#   source functions.sh
#   source "$abs_top_srcdir/tests/fault/killing.sh"
#
#   make_images [NAME...]     the folders of the images: in $images; each has
#                             the device as `flat'
#   start_server FOLDER       nbdkit on $server_sock ($server_uri), or on what
#                             $server_address says instead
#   kill_server               kill it with SIGKILL
#   start_reader [-1] URI FOLDER
#                             an nbd-again in the background
#   kill_many_times FOLDER    each time after every reader has got bytes from
#                             the server that is killed
#   stop_readers              all of them must have had right bytes only
#
# That is 8 times for each image; fewer under valgrind.

source "$abs_top_srcdir/tests/interop/harness.sh"

kills=8
if test -n "$valgrind"; then kills=2; fi

server_sock=$tmp/server.sock
server_uri="nbd+unix:///?socket=$server_sock"
server_address=(--unix "$server_sock")
server_pid=
readers=()
progress=()

make_image ()
{
    if test $1 = raw; then      # in random places
        make-image -s $RANDOM -n 20 -m 60 -g 30 "$tmp/raw"
    else
        copy_data $1 "$tmp/$1"
        read_params "$tmp/$1"
        erofsflat export "${params[@]}" --output "$tmp/$1/flat"
    fi
}

# Blobs that lie raw; zstd seekable; RAFS.
make_images ()
{
    local name

    if test $# -eq 0; then set -- raw erofs-fsmerge-zstd rafs-zstd; fi
    images=()
    for name; do
        make_image $name
        images+=("$tmp/$name")
    done
}

start_server ()
{
    read_params "$1"
    rm -f "$server_sock" "$tmp/server.pid"
    nbdkit --foreground "${server_address[@]}" --pidfile "$tmp/server.pid" \
           erofsflat "${params[@]}" cache=1M </dev/null &
    server_pid=$!
    _wait_until _server_is_up_or_gone "$tmp/server.pid" $server_pid &&
        test -s "$tmp/server.pid" || fail "the server does not start"
}

kill_server ()
{
    if test -z "$server_pid"; then return 0; fi
    kill -9 $server_pid 2>/dev/null || true
    wait $server_pid 2>/dev/null || true
    server_pid=
}
cleanup_fn kill_server

start_reader ()
{
    local option=() file

    if test "$1" = -1; then option=(-1); shift; fi
    file=$tmp/progress.${#readers[@]}
    nbd-again ${option[@]+"${option[@]}"} "$1" "$2/flat" "$file" &
    readers+=($!)
    progress+=("$file")
}

kill_readers ()
{
    local pid

    for pid in ${readers[@]+"${readers[@]}"}; do
        kill -9 $pid 2>/dev/null || true
    done
}
cleanup_fn kill_readers

_size_of ()
{
    stat -c %s "$1" 2>/dev/null || echo 0
}

# Has this reader made more than so many reads?  One that ended never will.
_has_read ()
{
    kill -0 $3 2>/dev/null || fail "a reader ended"
    test $(_size_of "$1") -gt $2
}

readers_go_on ()
{
    local i before

    for i in ${!readers[@]}; do
        before=$(_size_of "${progress[i]}")
        _wait_until _has_read "${progress[i]}" $before ${readers[i]} ||
            fail "a reader gets no bytes"
    done
}

kill_many_times ()
{
    local i

    for (( i = 0; i < kills; i++ )); do
        readers_go_on
        sleep 0.0$(( RANDOM % 5 ))
        kill_server
        start_server "$1"
    done
    readers_go_on
}

stop_readers ()
{
    local i

    for i in ${!readers[@]}; do
        kill ${readers[i]} 2>/dev/null || true
        wait ${readers[i]} || fail "a reader had wrong bytes or an error"
    done
    readers=()
    progress=()
}
