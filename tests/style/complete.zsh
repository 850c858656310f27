# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Types each line and a Tab in an interactive zsh, and prints what it completes to, in one line each:
#
#   zsh -f tests/style/complete.zsh FOLDER-OF-DNSREACH FOLDER-OF-_dnsreach LINE...
#
# The zsh that is typed into calls `compadd` as a function, which notes the words that match.
zmodload zsh/zpty
noted=$(mktemp)
trap 'rm -f $noted' EXIT
export PATH=$1:$PATH NOTED=$noted

note_appears() { # TEXT: waits for it, 20 s at most
	local i
	for i in {1..1000}; do
		grep -qx -- $1 $noted && return
		sleep 0.02
	done
	print -u2 "zsh did not get to $1"
	exit 1
}

zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=(${(q)2} \$fpath); autoload -Uz compinit _dnsreach; compinit -u -D; compdef _dnsreach dnsreach"
zpty -w shell 'compadd() {
	local -a words
	if [[ " $* " != *" -"[OAD]" "* ]]; then
		builtin compadd -O words "$@"
		print -rl -- $words >>$NOTED
	fi
	builtin compadd "$@"
}'
zpty -w shell 'end-of-case() { print ended >>$NOTED; BUFFER= }; zle -N end-of-case'
zpty -w shell 'bindkey "^I" complete-word; bindkey "^Xe" end-of-case; LISTMAX=10000; print ready >>$NOTED'
note_appears ready
for line in "${@[3,-1]}"; do
	: >$noted
	zpty -w -n shell $line$'\t\x18e'
	note_appears ended
	print -r -- $(grep -vx ended $noted | sort -u)
done
zpty -d shell
