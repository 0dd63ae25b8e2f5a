# SPDX-License-Identifier: BSD-3-Clause
# Which of the images that all_vectors of tests/interop/harness.sh names a test
# takes; sourced by tests after that.

# Those with a device whose data is compressed, or in RAFS chunks.
decoded_vectors ()
{
    local folder

    while read -r folder; do
        case ${folder##*/} in
            rafs-tarfs) ;;
            erofs-fsmerge-zstd|erofs-tarindex-gz|rafs-*) echo "$folder" ;;
        esac
    done < <(all_vectors)
}

# The others.
raw_only_vectors ()
{
    LC_ALL=C comm -23 <(all_vectors | LC_ALL=C sort) \
             <(decoded_vectors | LC_ALL=C sort)
}
