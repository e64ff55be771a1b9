#!/bin/sh
# Installs the Debian packages named as arguments that are missing: ops/debian.sh chromium postfix
# Starts no service, removes no package, asks no question. Exits 1 and names what could not be installed.
set -eu

if [ "$#" -eq 0 ]; then
  echo 'usage: ops/debian.sh PACKAGE...' >&2
  exit 2
fi

missing() {
  for name in "$@"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) || state=absent
    [ "$state" = installed ] || printf '%s ' "$name"
  done
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "These Debian packages are needed and this system has no apt-get: $*" >&2
  exit 1
fi

wanted=$(missing "$@")
[ -n "$wanted" ] || exit 0
echo "Installing Debian packages: $wanted"

as_root=
if [ "$(id -u)" -ne 0 ]; then
  as_root='sudo -n'
  if ! sudo -n true 2>/dev/null; then
    echo "Could not install without root or sudo. Please run: apt-get install $wanted" >&2
    exit 1
  fi
fi

work=$(mktemp -d)
policy=/usr/sbin/policy-rc.d
own_policy=
finish() {
  [ -z "$own_policy" ] || $as_root rm -f "$policy"
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# invoke-rc.d asks this file; 101 means "start nothing". One that is there already is the owner's.
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$work/policy"
  own_policy=yes
  $as_root install -m 755 "$work/policy" "$policy"
fi

# Without an answer Postfix would set itself up as this machine's mail server.
case " $wanted" in *' postfix '*)
  echo 'postfix postfix/main_mailer_type select No configuration' | $as_root debconf-set-selections ;;
esac

# --no-remove: Postfix would otherwise displace a mail server that is in use here.
apt_install() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-remove --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 -o Acquire::http::Timeout=60 $wanted </dev/null >>"$work/log" 2>&1
}
if ! apt_install; then
  $as_root apt-get update -qq </dev/null >>"$work/log" 2>&1 || true
  apt_install || true
fi

failed=$(missing "$@")
if [ -n "$failed" ]; then
  tail -n 20 "$work/log" >&2
  echo "Could not install these Debian packages: $failed" >&2
  exit 1
fi
