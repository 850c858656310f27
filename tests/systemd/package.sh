# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The Debian package as it is used: installed, upgraded under a running daemon, removed, purged. They
# run in this order, and each begins where the one before it ended. To be sourced by guest.sh, after
# tests.sh.
# shellcheck shell=bash disable=SC2154

packages=$root/packages
before=/tmp/files-before

# What is there of files and users. dpkg and the journal keep their own notes; of a file of users there
# is a copy with a dash.
state_of_machine() {
	find /etc /usr /var /run/systemd/system /run/dnsreach /run/dnsreach.sock -xdev \
		\( -path /var/lib/dpkg -o -path /var/log/journal -o -path /var/log/dpkg.log -o -path /var/cache -o -path /etc/ld.so.cache \
		-o -name '*-' -o -name .pwd.lock \) -prune -o -print 2>/dev/null | sort
	cut -d : -f 1 /etc/passwd /etc/group
}

# The surroundings are those of tests.sh.
eval "surroundings() $(declare -f prepare | tail -n +2)"
prepare() {
	surroundings
	state_of_machine >"$before"
}

end() { :; }

package_is() { # package_is STATUS
	[ "$(dpkg-query -W -f '${db:Status-Status}' dnsreach 2>/dev/null)" = "$1" ]
}

# A trigger's or a script's failure is dpkg's.
dpkg_does() { # dpkg_does OPTION...
	DEBIAN_FRONTEND=noninteractive dpkg "$@" || die "dpkg $* fails"
}

test_package_installs() {
	dpkg_does -i "$packages/first.deb"
	package_is installed || die 'not installed'
	for name in dnsreach.service dnsreach.socket; do
		systemctl -q is-active "$name" || die "$name does not run"
		systemctl -q is-enabled "$name" || die "$name is not enabled"
	done
	[ "$(dpkg-query -W -f '${Conffiles}' dnsreach | grep -c /etc/)" = 2 ] || die 'not two conffiles'
	hooked_everywhere 2
	answers || die 'no page'
	"$packages/service" || die 'its autopkgtest fails'
}

# With TCX what is asked during the upgrade counts too; with clsact there is a gap of about a second.
test_package_upgrade_loses_no_count() {
	local old sent=20 asking= open_since
	ask 20 127.0.0.5
	within 20 'the queries are on the page' shows 20 dnsreach_queries_total 127.0.0.5
	echo '# of the administrator' >>"$config"
	old=$(pid) open_since=$(systemctl show -P ActiveEnterTimestampMonotonic dnsreach.socket)
	if page | grep -q 'hook="tcx"'; then
		(
			for ((i = 0; i < 200; i++)); do
				ask 1 127.0.0.5
				sleep 0.1
			done
		) &
		asking=$! sent=220
	fi
	dpkg_does --force-confold -i "$packages/newer.deb"
	[ -z "$asking" ] || wait "$asking"
	[[ $(dpkg-query -W -f '${Version}' dnsreach) == *+newer ]] || die 'not upgraded'
	! is MainPID "$old" || die 'the old process still runs'
	within 20 "all $sent queries are counted" shows $sent dnsreach_queries_total 127.0.0.5
	! tells 'cannot reuse' || die "$(journal)"
	grep -q '^# of the administrator$' "$config" || die 'the configuration was overwritten'
	systemctl -q is-active dnsreach.socket &&
		[ "$(systemctl show -P ActiveEnterTimestampMonotonic dnsreach.socket)" = "$open_since" ] || die 'the socket was closed'
	hooked_everywhere 2
}

test_package_removed_stops_and_keeps_configuration() {
	dpkg_does -r dnsreach
	package_is config-files || die 'not removed'
	! systemctl -q is-active dnsreach.service dnsreach.socket || die 'it still runs'
	! answers || die 'somebody answers'
	hooked_everywhere 0
	[ -f "$config" ] || die 'the configuration is gone'
	[ ! -e /usr/sbin/dnsreach ] && [ ! -e /run/dnsreach.sock ] || die 'files are left'
}

test_package_purged_leaves_nothing() {
	touch /var/log/dnsreach/incidents
	dpkg_does -P dnsreach
	! package_is config-files || die 'not purged'
	state_of_machine | diff "$before" - >/tmp/left || die "it leaves: $(grep '^[<>]' /tmp/left | tr '\n' ' ')"
}

test_package_installs_again() {
	dpkg_does -i "$packages/newer.deb"
	within 20 'it runs' is ActiveState active
	hooked_everywhere 2
	dpkg_does -P dnsreach
	hooked_everywhere 0
	state_of_machine | diff "$before" - >/tmp/left || die "it leaves: $(grep '^[<>]' /tmp/left | tr '\n' ' ')"
}

# As docs/install.md has it: the package warns of a program that would run in its place.
test_package_warns_of_usr_local() {
	local there=/usr/local/lib/systemd/system
	mkdir -p "$there"
	printf '[Service]\nExecStart=/bin/true\n' >"$there/dnsreach.service"
	dpkg_does -i "$packages/first.deb" >/tmp/says 2>&1
	grep -q '^dnsreach: /usr/local has a dnsreach' /tmp/says || die "no warning: $(tail -n 1 /tmp/says)"
	dpkg_does -P dnsreach
}
