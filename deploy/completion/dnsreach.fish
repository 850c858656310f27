# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# fish completion for dnsreach. Commands and options are those that its own help names, so this
# file knows only what kind of thing goes behind an option.

# The words of the command line before the one that is typed.
function __dnsreach_words
    commandline --tokenize --current-process --cut-at-cursor
end

function __dnsreach_commands
    set -l words (__dnsreach_words)
    $words[1] help 2>/dev/null | awk '
        /^$/ { on = 0 }
        on { name = $1; sub(/^ *[a-z]+ +/, ""); print name "\t" $0 }
        /^Commands:/ { on = 1 }'
end

# Each option with its text, which begins in column 32 of its line or of the next one.
function __dnsreach_options
    set -l words (__dnsreach_words)
    $words[1] $words[2] --help 2>/dev/null | awk '
        function print_option() { if (option != "") print option "\t" text }
        /^  (-[A-Za-z],|   ) --/ {
            print_option()
            option = substr($0, 7)
            sub(/[^a-z-].*/, "", option)
            text = substr($0, 31, 1) == " " ? substr($0, 32) : ""
            next
        }
        /^                               [^ ]/ { text = text (text == "" ? "" : " ") substr($0, 32) }
        /^$/ { print_option(); option = "" }
        END { print_option() }'
end

# Words that may stand behind an option. Fails when it takes a file name, or no value.
function __dnsreach_values
    switch $argv[1]
        case -i --interface
            command ls /sys/class/net
        case -f --format
            printf '%s\n' text markdown html json
        case --engine
            printf '%s\n' native kernel
        case --window
            printf '%s\n' 1s 10s 1m 5m
        case --metric
            printf '%s\n' bad_ratio failure_ratio error_ratio rtt_p{50,95,99}_s queries_per_s in_flight \
                port_unreachables_per_query failed errors rtt_s
        case --attach --url
            printf '%s\n' http://127.0.0.1:9753 unix:/run/dnsreach/http.sock
        case -L --listen
            printf '%s\n' 127.0.0.1:9753 unix:/run/dnsreach/http.sock none
        case -r --resolver
            sed -n 's/^nameserver[ \t]*//p' /etc/resolv.conf 2>/dev/null
        case '*'
            return 1
    end
end

function __dnsreach_complete
    set -l words (__dnsreach_words)
    set -l word (commandline --current-token)
    if test (count $words) -eq 1
        __dnsreach_commands
        return
    end
    if set -l parts (string match --regex '^(--[a-z-]+)=(.*)$' -- $word)
        for value in (__dnsreach_values $parts[2])
            echo $parts[2]=$value
        end
        return
    end
    if string match --quiet -- '-*' $word
        __dnsreach_options
    else if not __dnsreach_values $words[-1]
        __fish_complete_path $word
    end
end

complete --command dnsreach --no-files --keep-order --arguments '(__dnsreach_complete)'
