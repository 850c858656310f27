# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# bash completion for dnsreach. Commands and options are those that its own help names, so this
# file knows only what kind of thing goes behind an option.

_dnsreach_options() { # COMMAND
	"${COMP_WORDS[0]}" "$1" --help 2>/dev/null |
		sed -nE 's/^  (-[A-Za-z],|   ) (--[a-z-]+).*/\2/p'
}

_dnsreach_values() { # OPTION: words that may stand behind it, or fails: a file name
	case $1 in
	-i | --interface) (cd /sys/class/net 2>/dev/null && echo ./* | sed 's|\./||g') ;;
	-f | --format) echo text markdown html json ;;
	--engine) echo native kernel ;;
	--window) echo 1s 10s 1m 5m ;;
	--probe-transport) echo udp tcp dot ;;
	--metric) echo bad_ratio failure_ratio error_ratio rtt_p{50,95,99}_s queries_per_s in_flight \
		port_unreachables_per_query failed errors rtt_s ;;
	--attach | --url) echo http://127.0.0.1:9753 unix:/run/dnsreach/http.sock ;;
	-L | --listen) echo 127.0.0.1:9753 unix:/run/dnsreach/http.sock none ;;
	-r | --resolver) sed -n 's/^nameserver[ \t]*//p' /etc/resolv.conf 2>/dev/null ;;
	--config | --textfile | --incidents | --json-file) return 1 ;;
	*) : ;;
	esac
}

_dnsreach() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} words

	# bash makes a word of the '=' in --attach=URL.
	if [ "$word" = = ]; then
		word=
	elif [ "$before" = = ]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [ "$COMP_CWORD" -eq 1 ]; then
		words=$("${COMP_WORDS[0]}" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
	elif [[ $word == -* ]]; then
		words=$(_dnsreach_options "$command")
	elif [[ $before == -* ]] && words=$(_dnsreach_values "$before") && [ -n "$words" ]; then
		:
	else
		compopt -o default 2>/dev/null
		COMPREPLY=()
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _dnsreach dnsreach
