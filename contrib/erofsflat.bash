# SPDX-License-Identifier: BSD-3-Clause
# Completion of `erofsflat' for bash.  The options come from the program
# itself (--long-options, --short-options), so that they are never out of date.

# Complete the file name "$2" with the flags "$1" of compgen, and put "$3" in
# front of each.
_erofsflat_files ()
{
    local name found=

    while IFS= read -r name; do
        COMPREPLY+=("$3$name")
        found=1
    done < <(compgen "$1" -- "$2")
    if test -n "$found"; then compopt -o filenames 2>/dev/null; fi
}

# Bash takes "=" for a word of its own (COMP_WORDBREAKS), so the current word
# is taken from the line: blob=bl is one word of ours.  What is completed then
# must be only what is behind the "=".
_erofsflat ()
{
    local commands="info map check export table pack mount umount"
    local keys="bootstrap= blobdir= blob= format= zinfo= cache= decodes= verify="
    keys+=" stats= sandbox="
    local kinds="auto raw zstd-seekable gzip"
    local formats="vmdk dm"
    local ways="auto nbd fuse"
    local command= word cur=${COMP_WORDS[COMP_CWORD]} prev= i options

    COMPREPLY=()
    for (( i = 1; i < COMP_CWORD; i++ )); do
        for word in $commands; do
            if test "${COMP_WORDS[i]}" = "$word"; then
                command=$word
                break 2
            fi
        done
    done

    prev=${COMP_WORDS[COMP_CWORD-1]}
    if test "$cur" = "="; then
        cur=
    elif test "$prev" = "="; then
        prev=${COMP_WORDS[COMP_CWORD-2]}
    elif [[ $cur == *=* ]] && [[ $COMP_WORDBREAKS != *=* ]]; then
        # "=" does not break words here: the key has to be kept.
        prev=${cur%%=*}
        _erofsflat_value "$prev" "${cur#*=}" "$prev="
        return
    else
        case $prev in
            -o|--output|--options|--attach|--format|--frame-size|--level|--threads) ;;
            *) prev= ;;
        esac
    fi

    if test -n "$prev"; then
        _erofsflat_value "$prev" "$cur" ""
        return
    fi

    case $cur in
        -*)
            options=$("${COMP_WORDS[0]}" $command --long-options 2>/dev/null
                      "${COMP_WORDS[0]}" $command --short-options 2>/dev/null)
            COMPREPLY=($(compgen -W "$options" -- "$cur"))
            ;;
        *)
            if test -z "$command"; then
                COMPREPLY=($(compgen -W "$commands" -- "$cur"))
                return
            fi
            case $command in
                pack) ;;
                umount) _erofsflat_files -d "$cur" ""; return ;;
                *) COMPREPLY=($(compgen -W "$keys" -- "$cur")) ;;
            esac
            if test ${#COMPREPLY[@]} -gt 0; then
                compopt -o nospace 2>/dev/null
            fi
            _erofsflat_files -f "$cur" ""
            ;;
    esac
}

# Complete "$2", the value of the key or option "$1", with "$3" in front.
_erofsflat_value ()
{
    case $command$1 in mount-o) return ;; esac
    case $1 in
        bootstrap|blob|zinfo|stats|-o|--output) _erofsflat_files -f "$2" "$3" ;;
        blobdir) _erofsflat_files -d "$2" "$3" ;;
        format) COMPREPLY=($(compgen -W "$kinds" -P "$3" -- "$2")) ;;
        verify|sandbox) COMPREPLY=($(compgen -W "on off" -P "$3" -- "$2")) ;;
        --attach) COMPREPLY=($(compgen -W "$ways" -P "$3" -- "$2")) ;;
        --format) COMPREPLY=($(compgen -W "$formats" -P "$3" -- "$2")) ;;
    esac
}

complete -F _erofsflat erofsflat
