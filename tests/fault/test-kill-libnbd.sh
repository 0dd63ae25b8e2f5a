#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is killed under load and started again, 24 times: a
# client that opens it again goes on, and never reads a wrong byte.

source functions.sh
source "$abs_top_srcdir/tests/fault/killing.sh"
requires_libnbd

make_images
for folder in "${images[@]}"; do
    start_server "$folder"
    start_reader "$server_uri" "$folder" > "$tmp/reader.out"
    start_reader "$server_uri" "$folder"
    start_reader "$server_uri" "$folder"
    kill_many_times "$folder"
    stop_readers
    kill_server
    cat "$tmp/reader.out"
    opened=$(sed 's/.*opened \([0-9]*\) times/\1/' "$tmp/reader.out")
    test "$opened" -gt $kills || fail "it was not opened again and again"
done
