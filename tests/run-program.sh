# SPDX-License-Identifier: BSD-3-Clause
# Run a test that is a program: plainly, or under valgrind.

if test -n "$EROFSFLAT_VALGRIND"; then
    exec valgrind --quiet --error-exitcode=119 --leak-check=full \
        --errors-for-leak-kinds=definite "$@"
fi
exec "$@"
