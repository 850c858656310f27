#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What reports say: of too few transactions, of timeouts and errors, of times without a zone, and how
# they look in a browser of 390 pixels. Prints PASS, FAIL or SKIP lines; exits 1 when one fails.
set -u
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=halt_on_error=1:exitcode=99
here=$(cd "$(dirname "$0")" && pwd)
dnsreach=${DNSREACH:-$here/../../build/dnsreach}
failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

result() { # NAME: passes unless $tmp/why has something in it
	if [ -s "$tmp/why" ]; then
		echo "FAIL $1"
		sed 's/^/  | /' "$tmp/why" | head -n 20
		failed=1
	else
		echo "PASS $1"
	fi
	: >"$tmp/why"
}

report() { # ARGUMENTS...: into $tmp/report, and with its lines joined and blanks squeezed into $tmp/flat
	"$dnsreach" report "$@" >"$tmp/report" 2>"$tmp/err" || cat "$tmp/err" >>"$tmp/why"
	tr -s ' \n' ' ' <"$tmp/report" >"$tmp/flat"
}
says() { # WORDS...
	local words
	for words; do
		grep -qF -- "$words" "$tmp/flat" || echo "'$words' is missing" >>"$tmp/why"
	done
}
says_not() { # WORDS...
	local words
	for words; do
		grep -qF -- "$words" "$tmp/flat" && echo "'$words' is in it" >>"$tmp/why"
	done
}

# ---- too few to judge ----------------------------------------------------------------------

report "$here/texts/servfail-from-many.txt"
says 'DNS incident report: too few transactions to judge' 'This is no all-clear' \
	'4 queries to 4 resolvers. The outcomes: 4 answered, 4 of them with an error.' '198.51.100.4 too few to judge 1 answered (SERVFAIL 1)' \
	'192.0.2.10 asks for . NS answered SERVFAIL after'
says_not 'no incident' 'No resolver was degraded'
result too_few_servfail_from_many

report "$here/texts/three-tries-of-dig.txt"
says 'too few transactions to judge' 'No query was answered: 2 failed' '1 still open at the end' \
	'10:00:00 192.0.2.10 asks for www.example.com A no answer within 5 s' \
	'10:00:05.005000 192.0.2.10 asks for www.example.com A no answer within 5 s' \
	'10:00:10.010000 192.0.2.10 asks for www.example.com A no answer; still open at the end'
says_not 'no incident'
result too_few_three_tries_of_dig

report "$here/texts/one-refusal.txt"
says 'too few transactions to judge' 'unreachable: an ICMP message after 37 us' \
	'IP 192.0.2.1 > 192.0.2.1: ICMP 192.0.2.1 udp port 53 unreachable' \
	'192.0.2.1 asks for missing.example A' 'A? missing.example.'
says_not 'no incident'
result too_few_one_refusal

# A text's connects are not read; those of a capture are.
report "$here/texts/one-refusal.txt"
says 'Of a text DNS over UDP and connects are read, not messages over TCP.'
report "$here/mixed.pcap"
says 'Of TLS only connects and first bytes are seen'
result report_says_which_transports_are_read

# The same in JSON: transactions of resolvers that were not judged.
report --format json "$here/texts/three-tries-of-dig.txt"
jq -e '.incidents == [] and (.too_few | length == 1) and .too_few[0].resolver == "198.51.100.53" and
	[.too_few[0].transactions[].outcome] == ["timed_out", "timed_out", null] and
	.too_few[0].transactions[0].name == "www.example.com"' "$tmp/report" >/dev/null || cat "$tmp/report" >>"$tmp/why"
result too_few_in_json

# What was judged is judged: the healthy one has no incident, the other one is not passed over.
{
	for i in 1 2 3 4 5; do
		echo "10:00:0$i.000000 IP 192.0.2.10.4000$i > 198.51.100.1.53: $i+ A? www.example.com. (33)"
		echo "10:00:0$i.010000 IP 198.51.100.1.53 > 192.0.2.10.4000$i: $i 1/0/0 A 203.0.113.7 (49)"
	done
	echo '10:00:06.000000 IP 192.0.2.10.41000 > 198.51.100.2.53: 9+ A? www.example.com. (33)'
} >"$tmp/mixed.txt"
report "$tmp/mixed.txt"
says 'no incident, but some resolvers could not be judged' 'of the 1 resolver that could be judged' \
	'198.51.100.1 healthy 5 answered' '198.51.100.2 too few to judge 1 still open'
result judged_and_not_judged

# ---- who and what --------------------------------------------------------------------------

report "$here/texts/servfail-who-and-what.txt"
says 'for client 192.0.2.7' 'broken.example A' 'were answered with an error (SERVFAIL 3)' \
	'+cd +tries=1 +time=3 @198.51.100.2 broken.example A' 'server-error'
says_not 'not known: no sample' 'example.com A'
result server_errors_name_client_and_name

{
	for i in 1 2 3 4 5 6; do
		echo "10:00:0$i.000000 IP 192.0.2.$i.4000$i > 198.51.100.1.53: $i+ A? n$i.example.net. (33)"
	done
	echo '10:00:20.000000 IP 192.0.2.10.41000 > 198.51.100.2.53: 9+ A? www.example.com. (33)'
} >"$tmp/silent.txt"
report "$tmp/silent.txt"
says 'failed for 6 clients' 'n1.example.net A, n2.example.net A' 'silent' '@198.51.100.1 n1.example.net A'
result timeouts_name_clients_and_names

# Ten queries a second for two minutes. From second 30 to 71 only each N-th is answered, and later.
trouble() { # N (0: none) SECONDS
	awk -v n="$1" -v late="$2" 'BEGIN {
		for (i = 0; i < 1200; i++) {
			t = i / 10
			bad = t >= 30 && t < 71
			printf "%.6f q %d\n", t, i
			if (!bad || (n && i % n == 0))
				printf "%.6f a %d\n", t + (bad ? late : 0.02), i
		}
	}' | sort -n | awk '{
		time = sprintf("10:%02d:%09.6f", $1 / 60, $1 % 60)
		client = "192.0.2.10." 20000 + $3
		if ($2 == "q")
			print time " IP " client " > 198.51.100.1.53: " $3 "+ A? www.example.com. (33)"
		else
			print time " IP 198.51.100.1.53 > " client ": " $3 " 1/0/0 A 203.0.113.7 (49)"
	}' >"$tmp/trouble.txt"
	report "$tmp/trouble.txt"
}
trouble 0 0
says 'The likely cause is silent' 'It is over: the resolver was healthy again at'
says_not intermittent
result recovery_does_not_change_the_cause

trouble 2 0.021
says 'The likely cause is intermittent' 'answered as fast as before' 'Next step: measure the packet loss' \
	'Answers as fast as before point to loss on the path.'
result answer_times_as_before_are_loss
trouble 2 0.4
says 'The likely cause is intermittent' 'when the resolver is overloaded' 'Next step: check the load' \
	'in the healthy time before. Much slower answers point to overload of the resolver.'
result slow_answers_are_overload

# A query that is sent again, and an answer and an ICMP message that come late.
cat >"$tmp/late.txt" <<-'END'
	10:00:00.000000 IP 192.0.2.10.40001 > 198.51.100.1.53: 1+ A? a.example.com. (31)
	10:00:02.000000 IP 192.0.2.10.40001 > 198.51.100.1.53: 1+ A? a.example.com. (31)
	10:00:07.000000 IP 198.51.100.1.53 > 192.0.2.10.40001: 1 1/0/0 A 203.0.113.7 (47)
	10:00:10.000000 IP 192.0.2.10.40002 > 198.51.100.1.53: 2+ A? b.example.com. (31)
	10:00:19.000000 IP 198.51.100.1 > 192.0.2.10: ICMP 198.51.100.1 udp port 53 unreachable, length 67
END
report "$tmp/late.txt"
says 'too few transactions to judge' \
	'asks for a.example.com A sent 2 times; no answer within 5 s; late, NOERROR after 7 s' \
	'asks for b.example.com A no answer within 5 s; late, an ICMP message after 9 s'
result late_messages_of_too_few

# Cut ICMP messages are no silence: whether they are read as short quotes or not at all.
report "$here/cut-quotes.pcap"
says 'the snap length of the capture cut'
says_not 'No unreachable message came in' 'nothing came back at all' 'What speaks against it: - Nothing'
result cut_messages_are_no_silence

# Errors are answers, also where no more than half of all are errors.
report "$here/mixed.pcap"
says '203.0.113.53 degraded, server-error, 3 of 6 with an error' 'The likely cause is server-error'
says_not silent
result half_of_the_answers_are_errors

# ---- what is missing, or not known -----------------------------------------------------------

report "$here/captures/snaplen-60.pcap"
says 'Warning: the snap length of the capture cut 15 packets.' \
	'Warning: 2 packets could not be followed, and may be about DNS: 2 too short.' \
	'No unreachable message could be read, but 2 packets that could not be read may be some.' \
	'Confidence is low, because some packets were cut or could not be read'
report "$here/captures/tunnels.pcap"
says 'Warning: 3 packets could not be followed, and may be about DNS: 3 inside a tunnel'
"$dnsreach" report "$here/captures/damage-after-three.pcap" >"$tmp/report" 2>"$tmp/err" && echo 'exit code 0' >>"$tmp/why"
tr -s ' \n' ' ' <"$tmp/report" >"$tmp/flat"
says 'Warning: the recording is damaged. 3 packets were read before the damage; nothing behind it is in this report.'
report "$here/captures/wrong-clocks.pcap"
says 'Warning: 2 packets have the time of a wrong clock.'
report --format json "$here/captures/tunnels.pcap"
jq -e '.unparsed.tunnel == 3 and .unparsed.short == 0 and .damaged == false' "$tmp/report" >/dev/null || cat "$tmp/report" >>"$tmp/why"
result what_was_not_read_is_said_at_the_top

report "$here/reports/only-icmp-v.txt"
says 'ICMP messages about queries that were not recorded' '4 ICMP messages tell of failed DNS queries' \
	'192.0.2.10.40000 > 198.51.100.53.53: 102 AAAA? a.example.'
says_not 'no incident'
report --format json "$here/reports/only-icmp-v.txt"
jq -e '.unmatched_unreachables == 4 and (.unmatched_messages | length == 4) and
	.unmatched_messages[0].name == "a.example" and .incidents == []' "$tmp/report" >/dev/null || cat "$tmp/report" >>"$tmp/why"
result icmp_alone_is_told

report "$here/reports/reassembly-time-exceeded.pcap"
says 'The nearest cause is port-closed' 'Confidence is low, because the messages do not say that the port is closed' \
	'4 ICMP messages come from the resolver' 'ICMP ip reassembly time exceeded'
says_not '0 ICMP messages' 'nothing listens on that port, or a firewall rejects'
report "$here/texts/icmp6-cut.txt"
says 'ICMP6, destination unreachable 2001:db8::10' 'The nearest cause is'
says_not 'code 255'
result another_reason_is_no_closed_port

# A scope is that of the recording, not an interface of this host, of which `lo` has number 1.
links() { # INTERFACES...: the same link-local resolver on each
	local interface i at=0
	for interface; do
		at=$((at + 2)) # ms: the same packet on two interfaces at one moment counts once
		for i in 1 2 3; do
			echo "14:06:0$i.00${at}000 $interface IP6 fe80::aa.4${at}00$i > fe80::1.53: 1${at}$i+ A? a.example. (31)"
			echo "14:06:0$i.01${at}000 $interface IP6 fe80::1 > fe80::aa: ICMP6, destination unreachable, unreachable port, fe80::1 udp port 53, length 79"
		done
	done | sort -s -k 1,1 | sed 's/  */ /'
}
links '' >"$tmp/no-link.txt"
report "$tmp/no-link.txt"
says 'DNS resolver fe80::1 failed'
links 'wlan7 Out' 'eth9.5 Out' >"$tmp/links.txt"
report "$tmp/links.txt"
says 'fe80::1%wlan7' 'fe80::1%eth9.5'
"$dnsreach" replay --incidents "$tmp/links.json" "$tmp/links.txt" >/dev/null 2>>"$tmp/why"
report "$tmp/links.json"
says 'fe80::1%wlan7' 'fe80::1%eth9.5'
result a_scope_is_that_of_the_recording

# One failure a second, 0.9 ms behind the query: each in the second in which it came.
for i in 1 2 3; do
	echo "09:10:1$i.000100 IP 192.0.2.15.52444 > 203.0.113.2.53: 471$i+ A? recipes.example. (33)"
	echo "09:10:1$i.000900 IP 203.0.113.2 > 192.0.2.15: ICMP 203.0.113.2 udp port 53 unreachable, length 69"
done >"$tmp/each-second.txt"
report --format json "$tmp/each-second.txt"
jq -e '.incidents[0].timeline.slots | map(.[1]) == [1, 1, 1]' "$tmp/report" >/dev/null ||
	jq -c '.incidents[0].timeline' "$tmp/report" >>"$tmp/why"
report --format json "$here/texts/servfail-who-and-what.txt"
jq -e '.incidents[0].timeline.slots | map(.[0]) == [1, 1, 1]' "$tmp/report" >/dev/null ||
	jq -c '.incidents[0].timeline' "$tmp/report" >>"$tmp/why"
result outcomes_are_in_the_second_in_which_they_came

# ---- times ---------------------------------------------------------------------------------

dated() { # OPTIONS...: of a text with dates and no time zone
	sed 's/^[0-9][0-9]:/2024-03-01 &/' "$here/reference.txt" >"$tmp/dated.txt"
	report "$@" "$tmp/dated.txt"
}
dated
says 'from 2024-03-01 13:24:32 to 13:28:50 (4 min 18 s; time zone not known)'
says_not '13:28:50 UTC'
dated --utc-offset +05:30
says 'from 2024-03-01 07:54:32 to 07:58:50 UTC (4 min 18 s)'
dated --utc-offset -0100
says 'from 2024-03-01 14:24:32 to 14:28:50 UTC'
TZ=EST5 dated --utc-offset Z --local-time
says 'from 2024-03-01 08:24:32 to 08:28:50 EST'
TZ=EST5 dated --local-time
says 'from 2024-03-01 13:24:32 to 13:28:50 (4 min 18 s; time zone not known)'
report --utc-offset +01:00 --date 2024-03-01 "$here/reference.txt"
says 'from 2024-03-01 12:24:32 to 12:28:50 UTC'
awk '{ $1 = 1709299472.192571 + NR; print }' OFMT=%.6f CONVFMT=%.6f "$here/reference.txt" >"$tmp/epoch.txt"
report "$tmp/epoch.txt"
says ' UTC'
says_not 'time zone not known'
for bad in 1 +25 +01:99 +1:00 east; do
	"$dnsreach" report --utc-offset "$bad" "$here/reference.txt" >/dev/null 2>"$tmp/err" &&
		echo "--utc-offset $bad is taken" >>"$tmp/why"
	grep -q 'is not an offset such as +01:00' "$tmp/err" || cat "$tmp/err" >>"$tmp/why"
done
result time_zones

# Offsets are no times of day.
sed 's/^10:/00:/' "$here/texts/three-tries-of-dig.txt" >"$tmp/offsets.txt"
report "$tmp/offsets.txt"
says 'Times are offsets since the first packet.' '+00:00:05.005000 192.0.2.10 asks for www.example.com A'
says_not ' 00:00:05.005000 192'
result offsets_are_no_times_of_day

# The lines of incidents keep that the zone is not known.
"$dnsreach" replay --incidents "$tmp/incidents" "$tmp/dated.txt" >/dev/null 2>>"$tmp/why"
report "$tmp/incidents"
says 'time zone not known'
"$dnsreach" replay --utc-offset +00:00 --incidents "$tmp/incidents" "$tmp/dated.txt" >/dev/null 2>>"$tmp/why"
report "$tmp/incidents"
says '13:28:50 UTC'
result time_zones_of_incidents

# ---- length, and how it looks --------------------------------------------------------------

for format in text html; do
	report --format $format "$here/reference.txt"
	sed -e '/<style>/,/<\/style>/d' -e 's/<desc.*<\/desc>//; s/<title.*<\/title>//; s/<[^>]*>/ /g' "$tmp/report" >"$tmp/words"
	[ "$(wc -w <"$tmp/words")" -lt 500 ] || echo "$format: $(wc -w <"$tmp/words") words" >>"$tmp/why"
done
says 'Made by dnsreach'
result short_by_default

report --full "$here/reference.txt"
says 'Alternatives:' 'nc -vzu -w 2 203.0.113.2 53' '13:28:50.022967 IP 203.0.113.2 >'
result full_gives_all

# A file of incidents with torn lines, as after a crash: the others are reported, and the report says so.
"$dnsreach" replay --incidents "$tmp/whole" "$here/reference.txt" >/dev/null 2>&1
{
	head -n 1 "$tmp/whole"
	head -n 1 "$tmp/whole" | head -c 100
	tail -n 1 "$tmp/whole"
	tail -n 1 "$tmp/whole" | head -c 50
} >"$tmp/torn"
report "$tmp/torn"
says 'DNS incident report: 203.0.113.2' 'Warning: 2 lines could not be read: torn' '2 lines could not be read: line 2'
result torn_lines_do_not_stop_a_report

# Counters are no incidents.
"$dnsreach" replay --json "$here/reference.txt" >"$tmp/counters" 2>/dev/null
"$dnsreach" report "$tmp/counters" >"$tmp/flat" 2>&1 && echo 'it is taken for incidents' >>"$tmp/why"
says 'is the output of watch --json or run --json: counters, and no incidents'
result counters_are_no_incidents

# The longest addresses and names, in 390 pixels.
{
	client=2001:db8:1111:2222:3333:4444:5555:6666 resolver=2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff
	name=a-very-long-label-of-sixty-three-characters-for-a-narrow-screen.example.org
	for i in 1 2 3 4 5; do
		echo "10:00:0$i.000000 IP6 $client.4000$i > $resolver.53: $i+ AAAA? $name. (90)"
		echo "10:00:0$i.001000 IP6 $resolver > $client: ICMP6, destination unreachable, unreachable port, $resolver udp port 53, length 138"
		echo "10:00:0$i.500000 IP6 $client.4100$i > ${resolver%f}e.53: $i+ AAAA? $name. (90)"
	done
	echo "10:00:20.000000 IP6 $client.42000 > ${resolver%f}d.53: 9+ AAAA? $name. (90)"
} >"$tmp/long.txt"
if type -P chromium >/dev/null; then
	for options in --full ''; do
		# shellcheck disable=SC2086 # no option at all, or one
		report --format html $options "$tmp/long.txt"
		cat >"$tmp/frame.html" <<-'END'
			<!DOCTYPE html><title>none</title>
			<iframe id=page src=report.html style="width:390px;height:8000px;border:0"></iframe>
			<script>page.onload = () => { const e = page.contentDocument.documentElement;
			document.title = e.clientWidth > 300 && e.scrollWidth <= e.clientWidth ? "fits" :
				e.scrollWidth + " in " + e.clientWidth }</script>
		END
		cp "$tmp/report" "$tmp/report.html"
		timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
			--disable-background-networking --disable-component-update --disable-sync \
			--allow-file-access-from-files --virtual-time-budget=5000 --user-data-dir="$tmp/chromium" \
			--dump-dom "file://$tmp/frame.html" >"$tmp/dom" 2>/dev/null || echo 'the browser failed' >>"$tmp/why"
		grep -q '<title>fits' "$tmp/dom" || grep -o '<title>[^<]*' "$tmp/dom" >>"$tmp/why"
	done
	result html_fits_390_pixels
else
	echo 'SKIP html_fits_390_pixels: no chromium'
fi
report "$tmp/long.txt"
awk -v name="$name" 'length > 78 && !/ > / && !index($0, name) { print "wider than 78 columns: " $0 }' "$tmp/report" >>"$tmp/why"
result text_with_the_longest_addresses
exit $failed
