# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Reads what `dnsreach watch --json` printed, and says how its last line differs from what
# stacked.sh caused: $n queries to each of $addresses, each answered $answers times (0 or 1),
# nothing to anybody else, on $devices interfaces. Prints "as expected", or the differences in
# one line.
def expect($name; $is; $shall):
	if $is == $shall then empty else "\($name) \($is), not \($shall)" end;

def law($number; $left; $right):
	if $left == $right then empty else "law \($number) does not hold: \($left), \($right)" end;

def resolver:
	([.answered[]] | add) as $answered
	| ([.unreachable[]] | add) as $unreachable
	| expect("queries"; .queries; $n),
	  expect("responses"; .responses; $n * $answers),
	  expect("transactions"; .transactions; $n),
	  expect("answered.noerror"; .answered.noerror; $n * $answers),
	  expect("answered"; $answered; $n * $answers),
	  expect("unreachable"; $unreachable; 0),
	  expect("retransmissions"; .retransmissions; 0),
	  expect("untracked"; .untracked; 0),
	  expect("unmatched.responses"; .unmatched.responses; 0),
	  law(1; .transactions; $answered + $unreachable + .timed_out + .in_flight),
	  law(2; .queries; .transactions + .retransmissions + .untracked),
	  law(3; .responses; $answered + .late.responses + .unmatched.responses);

last
| [
	expect("interfaces"; .interfaces | length; $devices),
	($addresses[] as $address
		| [.resolvers[]? | select(.address == $address)] as $entries
		| expect("entries of \($address)"; $entries | length; 1),
		  ($entries[0] // empty | "\($address): " + resolver)),
	(.resolvers[]? | select(.queries > 0 and all($addresses[] != .address; .))
		| "\(.queries) queries to \(.address), which nobody asked")
]
| if length == 0 then "as expected" else join("; ") end
