#compdef dnsreach
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# zsh completion for dnsreach. Commands and options are those that its own help names, so this
# file knows only what kind of thing goes behind an option.

_dnsreach_commands() {
	local -a commands
	commands=("${(@f)$($words[1] help 2>/dev/null | awk '
		/^$/ { on = 0 }
		on { name = $1; sub(/^ *[a-z]+ +/, ""); print name ":" $0 }
		/^Commands:/ { on = 1 }')}")
	_describe -t commands command commands
}

# Each option with its text, which begins in column 32 of its line or of the next one.
_dnsreach_options() {
	local -a options
	options=("${(@f)$($words[1] $words[2] --help 2>/dev/null | awk '
		function print_option() { if (option != "") print option ":" text }
		/^  (-[A-Za-z],|   ) --/ {
			print_option()
			option = substr($0, 7)
			sub(/[^a-z-].*/, "", option)
			text = substr($0, 31, 1) == " " ? substr($0, 32) : ""
			next
		}
		/^                               [^ ]/ { text = text (text == "" ? "" : " ") substr($0, 32) }
		/^$/ { print_option(); option = "" }
		END { print_option() }')}")
	_describe -t options option options
}

# Words that may stand behind an option, in $values. Fails when it takes a file name, or no value.
_dnsreach_values() { # OPTION
	case $1 in
	-i | --interface) values=(/sys/class/net/*(N:t)) ;;
	-f | --format) values=(text markdown html json) ;;
	--engine) values=(native kernel) ;;
	--window) values=(1s 10s 1m 5m) ;;
	--metric)
		values=(bad_ratio failure_ratio error_ratio rtt_p{50,95,99}_s queries_per_s in_flight
			port_unreachables_per_query failed errors rtt_s)
		;;
	--attach | --url) values=(http://127.0.0.1:9753 unix:/run/dnsreach/http.sock) ;;
	-L | --listen) values=(127.0.0.1:9753 unix:/run/dnsreach/http.sock none) ;;
	-r | --resolver) values=(${(f)"$(sed -n 's/^nameserver[ \t]*//p' /etc/resolv.conf 2>/dev/null)"}) ;;
	*) return 1 ;;
	esac
}

_dnsreach() {
	local -a values
	if ((CURRENT == 2)); then
		_dnsreach_commands
	elif [[ $PREFIX == --*=* ]]; then
		_dnsreach_values ${PREFIX%%=*} || return
		compset -P '*='
		compadd -- $values
	elif [[ $PREFIX == -* ]]; then
		_dnsreach_options
	elif _dnsreach_values $words[CURRENT-1]; then
		compadd -- $values
	else
		_files
	fi
}

_dnsreach "$@"
