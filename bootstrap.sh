#!/bin/sh
# Builds envstore and installs it for you: ./bootstrap.sh [--prefix DIRECTORY]
# Builds it and runs every test:            ./bootstrap.sh test
set -eu
cd "$(dirname "$0")"

prefix=${HOME:?}/.local
action=install
jobs=$(nproc 2>/dev/null || echo 2)

usage() {
  sed -n '2,3s/^# //p' "$0"
}

while [ $# -gt 0 ]; do
  case $1 in
    test) action=test ;;
    --prefix) [ $# -ge 2 ] || { usage >&2; exit 2; }; prefix=$2; shift ;;
    --prefix=*) prefix=${1#--prefix=} ;;
    -h | --help) usage; exit 0 ;;
    *) echo "error: cannot use '$1'" >&2; usage >&2; exit 2 ;;
  esac
  shift
done
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac

# What the build needs, by the names of Debian 12 and 13 and Ubuntu 24.04 and 26.04.
packages="meson ninja-build g++ pkg-config ccache python3 python3-pip python3-venv
  liblmdb-dev libxxhash-dev libzstd-dev libssl-dev libcurl4-openssl-dev libdeflate-dev libgumbo-dev libarchive-dev
  libcxxopts-dev libyaml-cpp-dev libtomlplusplus-dev nlohmann-json3-dev libfmt-dev doctest-dev librapidcheck-dev"

# What the tests need besides: tracing, other filesystems, namespaces, cron, units, what a wheel of Qt links, and
# what extension modules are built with.
if [ "$action" = test ]; then
  packages="$packages strace bubblewrap cron systemd e2fsprogs xfsprogs btrfs-progs libegl1 python3-dev"
  # Ubuntu's package of this name is none.
  if . /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ]; then packages="$packages chromium"; fi
fi

test_options=
# What .ci/run sets.
if [ "${ENVSTORE_CI:-}" = 1 ]; then
  test_options=-Dwarnings_are_errors=true
  packages="$packages clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14"
fi

missing_packages() {
  for package in $packages; do
    dpkg-query -W -f='${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || printf ' %s' "$package"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian or Ubuntu; the build needs what they call:" >&2
    echo $packages >&2
    return
  fi
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else
    echo "error: these packages are missing, and only root can install them:$missing" >&2
    exit 1
  fi
  echo "Installing:$missing"
  $as_root apt-get update -qq
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# A second call with other options must not build with the old ones.
configure() { # DIRECTORY OPTION...
  directory=$1
  shift
  if [ -f "$directory/build.ninja" ]; then
    meson configure "$directory" "$@"
  else
    meson setup "$directory" "$@" >"$directory.log" 2>&1 || { cat "$directory.log" >&2; exit 1; }
  fi
}

build_and_install() {
  configure build/release --prefix "$prefix" -Dbuildtype=release -Dtests=false
  ninja -C build/release -j "$jobs"
  meson install -C build/release --no-rebuild --quiet --strip
  echo "Installed $prefix/bin/envstore"
  case :$PATH: in
    *":$prefix/bin:"*) ;;
    *) echo "$prefix/bin is not on PATH; to have it there: export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
  echo "Running docs/examples/hello.py:"
  "$prefix/bin/envstore" run docs/examples/hello.py
}

run_tests() {
  configure build/test -Dbuildtype=debugoptimized -Dtests=true $test_options
  ninja -C build/test -j "$jobs"
  python3 .ci/count_tests.py build/test
}

mkdir -p build
install_packages
if [ "$action" = test ]; then run_tests; else build_and_install; fi
