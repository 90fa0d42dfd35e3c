#!/bin/sh
# deps.sh run|check [SERVER [tls]]: what ./run or ./check needs and this machine lacks is installed (Debian, as root or with sudo);
# where that can't be done, it is named, and the exit code is 1. One line a need: what to look for, and Debian's package for it.
set -eu

needs_build() {
	cat <<-END
	command:cc gcc
	header:stdio.h libc6-dev
	command:make make
	command:autoreconf autoconf
	command:automake automake
	command:pkg-config pkg-config
	module:fcgi libfcgi-dev
	module:libmicrohttpd libmicrohttpd-dev
	module:sqlite3 libsqlite3-dev
	module:lua5.4 liblua5.4-dev
	module:jansson libjansson-dev
	module:libjwt libjwt-dev
	module:libcrypto libssl-dev
	module:zlib zlib1g-dev
	header:ev.h libev-dev
	header:uthash.h uthash-dev
	command:curl curl
	command:node nodejs
	command:npm npm
	END
}

needs_server() {
	case $1 in
	lighttpd) echo "command:lighttpd lighttpd" ;;
	apache) echo "command:apache2 apache2-bin" ;;
	nginx) echo "command:nginx nginx-light" ;;
	esac
}

needs_tls() {
	cat <<-END
	file:/usr/lib/lighttpd/mod_openssl.so lighttpd-mod-openssl
	command:openssl openssl
	END
}

needs_check() {
	needs_server lighttpd
	needs_server apache
	needs_server nginx
	needs_tls
	cat <<-END
	file:/usr/lib/nginx/modules/ngx_nchan_module.so libnginx-mod-nchan
	module:cmocka libcmocka-dev
	header:wslay/wslay.h libwslay-dev
	command:chromium chromium
	END
}

present() {
	what=${1#*:}
	case $1 in
	command:*) PATH=$PATH:/usr/sbin:/sbin command -v "$what" >/dev/null ;;
	module:*) pkg-config --exists "$what" 2>/dev/null ;;
	file:*) [ -e "$what" ] ;;
	header:*) [ -e "/usr/include/$what" ] || echo "#include <$what>" | cc -E - >/dev/null 2>&1 ;;
	esac
}

missing() {
	while read -r need package; do
		present "$need" || echo "$package"
	done
}

# Debian starts a web server's service as soon as it is installed; we start our own and want port 80 left alone.
apt_install() {
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap "$sudo rm -f $policy" EXIT
		printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
		$sudo chmod 755 $policy
	fi
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq update
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@"
}

case $1 in
run) packages=$({ needs_build; needs_server "${2:-lighttpd}"; [ -z "${3-}" ] || needs_tls; } | missing) ;;
check) packages=$({ needs_build; needs_check; } | missing) ;;
esac
[ -z "$packages" ] && exit 0
packages=$(echo $packages)

sudo=
# Without a terminal nobody can type a password.
if [ "$(id -u)" != 0 ]; then
	sudo=sudo
	[ -t 0 ] || sudo="sudo -n"
fi
if ! command -v apt-get >/dev/null || ! $sudo true 2>/dev/null; then
	echo "missing: $packages (names of Debian's packages). Install them, then start again." >&2
	exit 1
fi
echo "installing: $packages" >&2
apt_install $packages >&2
