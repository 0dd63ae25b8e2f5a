# SPDX-License-Identifier: BSD-3-Clause
# sh summary.sh BUILD-FOLDER...
#
# After `make check': name each test that failed, and each that was skipped
# with its reason (the last line it printed); the last line counts them.

find "$@" -name '*.trs' | sort > "${TMPDIR:-/tmp}/summary.$$"
trap 'rm -f "${TMPDIR:-/tmp}/summary.$$"' EXIT

passed=0 failed=0 skipped=0
while read -r trs; do
    result=$(sed -n 's/^:global-test-result: //p' "$trs")
    test=${trs%.trs}
    case $result in
        PASS)
            passed=$((passed + 1))
            ;;
        SKIP)
            skipped=$((skipped + 1))
            reason=$(sed '$d' "$test.log" | grep . | tail -n 1)
            echo "SKIPPED $test: $reason"
            ;;
        *)
            failed=$((failed + 1))
            echo "FAILED $test ($result)"
            ;;
    esac
done < "${TMPDIR:-/tmp}/summary.$$"

echo "$passed passed, $failed failed, $skipped skipped"
