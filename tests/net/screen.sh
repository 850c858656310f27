#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The screen of `dnsreach watch` on real terminals (tmux): keys, sizes, kinds of terminals, how it
# leaves them; and --attach to a daemon, to none, and to what is none.

# ---- a terminal --------------------------------------------------------------------------

# Runs a command on HOST in a terminal. What it leaves is in $tmp/code, and stty's words in $tmp/modes.
terminal_open() { # HOST COLUMNSxROWS COMMAND-WORDS
	local size=$2
	terminals=$((${terminals:-0} + 1)) # each its own server: one that ends would take the next with it
	terminal=$tmp/screen-$terminals
	rm -f "$tmp/code"
	cat >"$terminal.sh" <<-SH
		echo what was there before
		stty -g >'$tmp/modes-before'
		nsenter --net=/run/netns/$prefix-$1 ${*:3} 2>'$tmp/screen.err'
		echo \$? >'$tmp/code.new'
		stty -g >'$tmp/modes'
		mv '$tmp/code.new' '$tmp/code'
		exec sleep 60
	SH
	tmux -S "$terminal" -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" "bash '$terminal.sh'"
}

terminal_press() { # KEY...
	tmux -S "$terminal" send-keys "$@"
}

terminal_text() { tmux -S "$terminal" capture-pane -p "$@"; }

terminal_has() { terminal_text | grep -qE -- "$1"; }
terminal_has_not() { ! terminal_has "$1"; }

terminal_shows() { # PATTERN
	within 20 "the terminal shows '$1': $(terminal_text)" terminal_has "$1"
}

terminal_resize() { # COLUMNSxROWS
	tmux -S "$terminal" resize-window -x "${1%x*}" -y "${1#*x}"
}

# As it was: the main screen, a cursor, the modes of the line. These two have no alternate screen.
terminal_is_restored() { # [linux|vt100]
	within 20 'the program ended' test -e "$tmp/code"
	case ${1:-} in
	linux | vt100) ;;
	*) within 5 'the screen of before' terminal_has 'what was there before' ;;
	esac
	[ "$(tmux -S "$terminal" display-message -p '#{alternate_on} #{cursor_flag}')" = '0 1' ] ||
		die "alternate screen or no cursor: $(tmux -S "$terminal" display-message -p '#{alternate_on} #{cursor_flag}')"
	cmp -s "$tmp/modes-before" "$tmp/modes" || die "stty: $(cat "$tmp/modes-before" "$tmp/modes")"
}

terminal_end() {
	tmux -S "$terminal" kill-server
}

screen_pid() { pgrep -P "$(tmux -S "$terminal" display-message -p '#{pane_pid}')" -x dnsreach; }

# A daemon on client that has seen one resolver answer and another refuse.
daemon_to_look_at() {
	two_hosts
	resolver server 192.0.2.53
	address server eth0 192.0.2.54/24
	run_on client "$@"
	ask_times 4 client 192.0.2.53
	ask_times 4 client 192.0.2.54 broken.ok.test
	within 20 'one is down' jq_true /api/v1/incidents '.open | length == 1'
}

# ---- keys --------------------------------------------------------------------------------

test_screen_keys() {
	daemon_to_look_at
	terminal_open client 80x40 env TERM=xterm-256color LC_ALL=C.UTF-8 "$dnsreach" watch --attach
	terminal_shows '^> 192\.0\.2\.54 +down'
	terminal_shows 'STATE▼'
	terminal_press s
	terminal_shows '▼SINCE'
	terminal_press r S
	terminal_shows 'STATE▼ '
	terminal_press /
	terminal_press -l heal
	terminal_shows '^filter: heal_ '
	terminal_shows '^> 192\.0\.2\.53 +healthy'
	terminal_has_not '192\.0\.2\.54' || die "the filter lets all pass: $(terminal_text)"
	terminal_press Escape
	terminal_shows '192\.0\.2\.54'
	terminal_press t
	terminal_shows 'QUERY FAILED'
	terminal_has_not 'QRY/S' || die "rates and totals: $(terminal_text)"
	terminal_press t g Enter
	terminal_shows '^clients: 192\.0\.2\.1'
	terminal_shows '^names: broken\.ok\.test A'
	terminal_shows 'Last hour'
	terminal_press '?'
	terminal_shows '^q +quit'
	terminal_press Escape
	terminal_press p
	terminal_shows 'PAUSED'
	terminal_press q
	terminal_is_restored
	[ "$(cat "$tmp/code")" = 0 ] || die "exit code $(cat "$tmp/code")"
	terminal_end
	end_run client
}

# ---- sizes, kinds of terminals -----------------------------------------------------------

test_screen_sizes() {
	daemon_to_look_at
	terminal_open client 40x12 env TERM=xterm-256color LC_ALL=C.UTF-8 "$dnsreach" watch --attach
	terminal_shows '^> 192\.0\.2\.54 +down +[0-9.]+ +(100%|-)$'
	terminal_resize 300x80
	terminal_shows 'P99 FLIGHT'
	terminal_shows 'down .*nothing listens there, or its own firewall rejects'
	terminal_press Enter
	terminal_shows 'ICMP messages'
	terminal_resize 10x3
	terminal_shows '^q quit'
	terminal_press Escape Down Enter Down PageDown
	terminal_resize 1x1
	terminal_resize 80x24
	terminal_shows 'Outcomes since the start|Last hour|RTT since'
	terminal_press q
	terminal_is_restored
	terminal_end
	end_run client
}

test_screen_kinds_of_terminals() {
	local kind
	daemon_to_look_at
	for kind in xterm-256color linux vt100 screen; do
		terminal_open client 80x24 env TERM=$kind LC_ALL=C "$dnsreach" watch --attach
		terminal_shows '^> 192\.0\.2\.54 +down'
		terminal_press Enter
		terminal_shows '^-- 192\.0\.2\.54 udp --'
		terminal_text | LC_ALL=C grep -q '[^ -~]' && die "$kind: more than ASCII: $(terminal_text)"
		terminal_press q
		terminal_is_restored $kind
		terminal_end
	done
	# No colour where that is asked for; other attributes are none.
	terminal_open client 80x24 env TERM=xterm-256color NO_COLOR=1 "$dnsreach" watch --attach
	terminal_shows '^> 192\.0\.2\.54 +down'
	terminal_text -e | grep -qE $'\033\\[([0-9;]*;)?[349][0-7]' && die "colour: $(terminal_text -e)"
	terminal_end
	# Nothing but lines where the cursor cannot be moved.
	terminal_open client 80x24 env TERM=dumb "$dnsreach" watch --attach -n 2
	terminal_shows '192\.0\.2\.54 +down'
	within 20 'it ended' test -e "$tmp/code"
	terminal_has 'q quit' && die "a screen on a dumb terminal: $(terminal_text)"
	terminal_end
	end_run client
}

# ---- how it ends -------------------------------------------------------------------------

test_screen_leaves_the_terminal_as_it_was() {
	local signal
	host client
	for signal in INT TERM HUP SEGV ABRT QUIT; do
		terminal_open client 80x24 env TERM=xterm-256color "$dnsreach" watch
		terminal_shows 'q quit'
		kill -"$signal" "$(screen_pid)"
		terminal_is_restored
		terminal_end
		[ "$(attached_on client lo)" = 0 ] || die "SIG$signal left something attached"
	done
}

test_screen_prints_totals_at_its_end() {
	two_hosts
	resolver server 192.0.2.53
	terminal_open client 100x30 env TERM=xterm-256color "$dnsreach" watch
	terminal_shows 'q quit'
	ask_times 4 client 192.0.2.53
	terminal_shows '^> 192\.0\.2\.53 +healthy'
	terminal_press q
	terminal_is_restored
	terminal_shows '^Totals at '
	terminal_shows 'answered +4 '
	terminal_end
}

# The terminal goes away, as a lost ssh connection does.
test_screen_ends_with_its_terminal() {
	local pid
	host client
	terminal_open client 80x24 env TERM=xterm-256color "$dnsreach" watch
	terminal_shows 'q quit'
	pid=$(screen_pid)
	terminal_end
	within 20 'it ended' eval '! kill -0 "$pid" 2>/dev/null'
	[ "$(attached_on client lo)" = 0 ] || die 'left behind'
}

# ---- attached ----------------------------------------------------------------------------

# Also by an ordinary user, on another host, and without a terminal.
test_attach_to_daemons() {
	daemon_to_look_at --listen 192.0.2.1:9753,127.0.0.1:9753,"unix:$tmp/http.sock"
	chmod 666 "$tmp/http.sock"
	on server setpriv --reuid 65534 --regid 65534 --clear-groups "$dnsreach" watch \
		--attach=http://192.0.2.1:9753 -n 2 >"$tmp/out" 2>"$tmp/err" || die "$(cat "$tmp/err")"
	grep -qE '192\.0\.2\.54 +down +port-closed' "$tmp/out" || die "$(cat "$tmp/out")"
	on client "$dnsreach" watch --attach="unix:$tmp/http.sock" -n 1 >"$tmp/out" || die 'unix'
	grep -qE '192\.0\.2\.54 +down +port-closed' "$tmp/out" || die "$(cat "$tmp/out")"
	# A daemon that goes away and comes back.
	terminal_open client 100x30 env TERM=xterm-256color "$dnsreach" watch --attach
	terminal_shows '^> 192\.0\.2\.54 +down'
	end_run client
	terminal_shows 'cannot connect to 127\.0\.0\.1:9753: Connection refused'
	terminal_shows '192\.0\.2\.54' # the numbers of before stay
	run_on client
	within 20 'it counts again' terminal_has_not 'cannot connect'
	terminal_press q
	terminal_is_restored
	terminal_end
	end_run client
}

answers_with() { # STATUS-LINE [HEADER...]: what serves() serves, before the body on standard input
	printf '%s\r\nConnection: close\r\n' "$1" >"$tmp/page"
	shift
	printf '%s\r\n' "$@" >>"$tmp/page"
	[ $# -gt 0 ] && printf '\r\n' >>"$tmp/page"
	cat >>"$tmp/page"
}

test_attach_to_what_is_no_daemon() {
	local other='another program, or another version of dnsreach'
	local fine='"interval_s":1,"interfaces":[{"name":"lo","hook":"tcx"}]' time='"time":"2026-01-01T00:00:00Z"'
	host client
	refuses 'cannot connect to 127.0.0.1:9753: Connection refused \(is the daemon running\?\)' 1 "$dnsreach" watch --attach
	refuses 'cannot connect to .*no.sock.*is the daemon running' 1 "$dnsreach" watch --attach=unix:/no.sock
	refuses "'ftp://x' is not http://, https:// or unix:/PATH" 2 "$dnsreach" watch --attach=ftp://x
	refuses "write its value with '='" 2 "$dnsreach" watch --attach http://127.0.0.1:9753
	refuses 'only one daemon' 2 "$dnsreach" watch --attach --attach=http://127.0.0.1:1
	refuses 'the daemon decides what is counted' 2 "$dnsreach" watch --attach -i lo
	refuses 'the daemon decides what is counted' 2 "$dnsreach" watch --attach --json
	refuses 'are for --attach=URL' 2 "$dnsreach" watch --ca-file /dev/null
	echo '<html>not a daemon</html>' >"$tmp/rubbish"
	serves client "$tmp/rubbish"
	refuses "$other" 1 "$dnsreach" watch --attach
	answers_with 'HTTP/1.0 404 Not Found' 'X: y' </dev/null
	refuses '404 \(does dnsreach listen there\?\)' 1 "$dnsreach" watch --attach
	answers_with 'HTTP/1.0 401 Unauthorized' 'X: y' </dev/null
	refuses '401 \(--user-file' 1 "$dnsreach" watch --attach
	# A proxy that cuts: the body is shorter than it says.
	answers_with 'HTTP/1.0 200 OK' 'Content-Length: 5000' <<<"{$time,$fine"
	refuses 'the response of 127.0.0.1:9753 is incomplete' 1 "$dnsreach" watch --attach
	# A newer daemon: a state that this version does not know.
	answers_with 'HTTP/1.0 200 OK' 'X: y' <<-JSON
		{$time,$fine,"resolvers":[{"address":"192.0.2.1","port":53,"transport":"udp","origin":"host","state":"tired",
		"cause":null,"suspicion":null,"in_flight":0,"windows":{}}]}
	JSON
	refuses "$other.*state" 1 "$dnsreach" watch --attach
	# An older daemon: fewer keys, and no incidents.
	answers_with 'HTTP/1.0 200 OK' 'X: y' <<<"{$time,$fine,\"resolvers\":[]}"
	on client "$dnsreach" watch --attach -n 1 >"$tmp/out" 2>"$tmp/err" || die "older: $(cat "$tmp/err")"
	grep -q 'No DNS query seen yet' "$tmp/out" || die "$(cat "$tmp/out")"
}
