#!/bin/sh
# Installs the Radix agent on this machine, and starts it. Run again, it repairs, upgrades or moves the agent to another
# cluster. `--uninstall` ends and removes it. POSIX shell: no bash, and nothing but curl or wget, tar and gzip is needed.
#
# Everything is in one folder: /opt/radix-agent for root, ~/.local/share/radix-agent for other users. The control plane puts
# the digests of what is downloaded before this text. All of it is one function, so that a part of it does nothing.
set -u

usage() {
  cat <<'TEXT'
Usage: install.sh --api-base URL --cluster-id ID [options]
       install.sh --uninstall

  --api-base URL                control plane (env RADIX_API_BASE)
  --cluster-id ID               cluster that this machine joins (env RADIX_CLUSTER_ID)
  --onboarding-token-file FILE  file with the onboarding token, instead of the variable RADIX_ONBOARDING_TOKEN
  --prefix FOLDER               where everything goes (/opt/radix-agent, or ~/.local/share/radix-agent)
  --no-service                  starts a process in the background, also where systemd runs
  --unpack-only                 downloads and unpacks, and starts nothing
  --from FOLDER                 takes program.tar.gz and node.gz from there instead of downloading them
  --uninstall                   ends the agent and removes everything

Kept for the agent, if set: RADIX_PYTHON, RADIX_EXECUTOR, RADIX_WORKLOAD_IMAGE, RADIX_ALLOWED_IMAGES, RADIX_KERNEL_LOG,
RADIX_LOG_LEVEL, DOCKER_HOST, http_proxy, https_proxy, no_proxy, NODE_EXTRA_CA_CERTS
TEXT
}

KEPT='RADIX_PYTHON RADIX_EXECUTOR RADIX_WORKLOAD_IMAGE RADIX_ALLOWED_IMAGES RADIX_KERNEL_LOG RADIX_LOG_LEVEL DOCKER_HOST
http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS'
SERVICE=radix-agent
UNIT=$SERVICE.service
AGENT_USER=radix-agent
# Official builds of Node 24 need it.
GLIBC_MINOR=28
STOP_SECONDS=60
ONBOARDING_SECONDS=90

note() { printf '%s\n' "$*"; }

fail() {
  printf 'error %s: %s\n  fix: %s\n' "$1" "$2" "$3" >&2
  discard
  exit 1
}

discard() { if [ -n "${work-}" ]; then rm -rf "$work"; fi; }

has() { command -v "$1" >/dev/null 2>&1; }

# One word of a shell, whatever it contains.
quote() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\''/g")"; }

main() {
  # Not those of the environment: one is removed and the other executed.
  work='' replaces=''
  from='' api_base=${RADIX_API_BASE-} cluster_id=${RADIX_CLUSTER_ID-} token_file='' prefix='' action=install service=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --api-base | --cluster-id | --onboarding-token-file | --prefix | --from)
        [ $# -gt 1 ] || fail INSTALL_USAGE "$1 needs a value." "See the options: install.sh --help"
        case $1 in
          --api-base) api_base=$2 ;;
          --cluster-id) cluster_id=$2 ;;
          --onboarding-token-file) token_file=$2 ;;
          --prefix) prefix=$2 ;;
          --from) from=$2 ;;
        esac
        shift 2 ;;
      --no-service) service='' && shift ;;
      --unpack-only) action=unpack && shift ;;
      --uninstall) action=uninstall && shift ;;
      --help) usage && exit 0 ;;
      *) fail INSTALL_USAGE "There is no option $1." "See the options: install.sh --help" ;;
    esac
  done
  choose_place
  if [ "$action" = uninstall ]; then
    uninstall
    exit 0
  fi
  check_arguments
  check_platform
  claim_prefix
  download
  stop_agent
  rm -rf "$prefix/program"
  mv "$work/program" "$prefix/program"
  discard
  note "Radix agent $agent_version is in $prefix."
  [ "$action" = unpack ] && exit 0
  configure
  start_agent
  await_agent
  exit 0
}

choose_place() {
  uid=$(id -u)
  prefix=${prefix:-$(default_prefix)}
  case $prefix in
    /*) ;;
    *) fail INSTALL_USAGE "--prefix $prefix is not an absolute path." "Name a path that begins with /." ;;
  esac
  pid_file=$prefix/agent.pid log=$prefix/agent.log
  # Only the usual place has a service: there is one of that name.
  unit_folder=''
  [ "$service" ] && [ "$prefix" = "$(default_prefix)" ] && has systemctl || return 0
  if [ "$uid" = 0 ]; then
    [ -d /run/systemd/system ] && unit_folder=/etc/systemd/system
  elif systemctl --user show-environment >/dev/null 2>&1; then
    unit_folder=${XDG_CONFIG_HOME:-${HOME-}/.config}/systemd/user
  fi
  return 0
}

default_prefix() { if [ "$uid" = 0 ]; then echo /opt/radix-agent; else echo "${XDG_DATA_HOME:-${HOME-}/.local/share}/radix-agent"; fi; }

control() { if [ "$uid" = 0 ]; then systemctl "$@"; else systemctl --user "$@"; fi; }

check_arguments() {
  [ "${agent_version-}" ] || fail INSTALL_USAGE "This copy of the script can only remove the agent." \
    "Get the script from the control plane: curl -fsSL <control plane>/agent/install.sh"
  while case $api_base in */) true ;; *) false ;; esac do api_base=${api_base%/}; done
  case $api_base in
    *[!A-Za-z0-9.:/_~%@-]* | '') bad_address ;;
    http://?* | https://?*) ;;
    *) bad_address ;;
  esac
  [ "$action" = unpack ] && return 0
  case $cluster_id in
    '' | *[!A-Za-z0-9_-]*) fail INSTALL_USAGE "--cluster-id is '$cluster_id', which is not the id of a cluster." \
      "Copy the whole command: radix cluster onboard, or Connect a machine in the dashboard." ;;
  esac
  state=$prefix/state/$cluster_id
  token=${RADIX_ONBOARDING_TOKEN-}
  unset RADIX_ONBOARDING_TOKEN
  if [ "$token_file" ]; then
    token=$(cat "$token_file") || fail INSTALL_TOKEN_MISSING "The file $token_file cannot be read." "Name a file that has the onboarding token."
  fi
  [ "$token" ] || [ -e "$state/cluster-token.json" ] || fail INSTALL_TOKEN_MISSING \
    "There is no onboarding token, and this machine has not joined cluster $cluster_id before." \
    "Copy the whole command, with RADIX_ONBOARDING_TOKEN: radix cluster onboard $cluster_id"
}

bad_address() {
  fail INSTALL_USAGE "--api-base is '$api_base', which is not the address of a control plane." "Use an address such as https://radix.example.com."
}

check_platform() {
  system=$(uname -s) machine=$(uname -m)
  case $machine in
    x86_64 | amd64) platform=linux_x64 ;;
    aarch64 | arm64) platform=linux_arm64 ;;
    *) platform='' ;;
  esac
  fix='Use a machine with Linux, glibc 2.28 or later (Debian 10, Ubuntu 20.04, Amazon Linux 2023) and an x86-64 or arm64 processor.'
  [ "$system" = Linux ] && [ "$platform" ] || fail INSTALL_PLATFORM_UNSUPPORTED "This is $system on $machine." "$fix"
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null)
  case $libc in
    'glibc 2.'*)
      minor=${libc#glibc 2.}
      [ "${minor%%.*}" -ge "$GLIBC_MINOR" ] || fail INSTALL_PLATFORM_UNSUPPORTED "This machine has $libc." "$fix" ;;
    *)
      for loader in /lib/ld-musl-*; do
        [ -e "$loader" ] && fail INSTALL_PLATFORM_UNSUPPORTED "This machine has musl and not glibc, as Alpine Linux has." "$fix"
      done ;;
  esac
  has tar && has gzip || fail INSTALL_TOOL_MISSING "tar or gzip is missing." "Install both, for example: apt-get install -y tar gzip"
  has curl || has wget || fail INSTALL_TOOL_MISSING "Neither curl nor wget is installed." "Install one of them, for example: apt-get install -y curl ca-certificates"
}

# Uninstalling removes the whole folder, so it must not have been anything else before.
claim_prefix() {
  if [ ! -e "$prefix/.radix-agent" ] && [ "$(ls -A "$prefix" 2>/dev/null)" ]; then
    fail INSTALL_USAGE "The folder $prefix has other files, and the agent needs one to itself." \
      "Name a folder that is empty or does not exist, such as --prefix $prefix/radix-agent."
  fi
  umask 022
  if ! mkdir -p "$prefix" 2>/dev/null || ! touch "$prefix/.radix-agent" 2>/dev/null; then
    fail_to_write
  fi
  # Of an installation that was killed.
  for folder in "$prefix"/.install.*; do
    [ -d "/proc/${folder##*.}" ] || rm -rf "$folder"
  done
  work=$prefix/.install.$$
  trap 'discard; exit 130' HUP INT TERM
  mkdir -p "$work" || fail_to_write
}

fail_to_write() {
  fail INSTALL_NOT_WRITABLE "The folder $prefix cannot be written." \
    "Run the command as root, free space (df -h $prefix), or name another folder with --prefix."
}

download() {
  eval "program_path=\$program_path_$platform program_sha256=\$program_sha256_$platform"
  eval "runtime_path=\$runtime_path_$platform runtime_sha256=\$runtime_sha256_$platform runtime_bytes=\$runtime_bytes_$platform"
  mkdir -p "$work/program"
  note "Getting the agent $agent_version from ${from:-$api_base}"
  fetch "$program_path" "$work/program.tar.gz"
  expect_digest "$program_sha256" "$work/program.tar.gz" "$program_path"
  unpack tar -xzf "$work/program.tar.gz" -C "$work/program"
  if [ "$(digest_of "$prefix/program/node" 2>/dev/null)" = "$runtime_sha256" ]; then
    unpack cp "$prefix/program/node" "$work/program/node"
  else
    note "Getting its Node runtime (about $((runtime_bytes / 2800000)) MB)"
    fetch "$runtime_path" "$work/node.gz"
    # Not more than the program has: a false file could be endless.
    gzip -dc "$work/node.gz" 2>/dev/null | unpack head -c "$((runtime_bytes + 1))" >"$work/program/node" || exit 1
    expect_digest "$runtime_sha256" "$work/program/node" "$runtime_path"
  fi
  chmod 755 "$work/program/node"
  answer=$("$work/program/node" --version 2>&1) || fail INSTALL_RUNTIME_UNUSABLE \
    "The Node runtime does not start here: $(printf %s "$answer" | tail -n 2 | tr '\n' ' ')" \
    "Install what is missing (libstdc++: apt-get install -y libstdc++6), and make sure that $prefix is not on a file system without exec."
}

# A full disk has no room for a file with the reason either.
unpack() { { reason=$("$@" 2>&1 >&3 3>&-) || fail_to_unpack "$reason"; } 3>&1; }

fail_to_unpack() {
  fail INSTALL_NOT_WRITABLE "Writing to $prefix failed: $(printf '%s\n' "$1" | head -n 1)" \
    "Free about 200 MB of space (df -h $prefix), or name another folder with --prefix."
}

# A certificate authority of the network, for curl, wget and the agent.
ca_bundle() { printf %s "${NODE_EXTRA_CA_CERTS:-${SSL_CERT_FILE:-${CURL_CA_BUNDLE:-}}}"; }

# The control plane may have to fetch or compress the file first: it is given minutes until the first byte.
fetch() {
  if [ "$from" ]; then
    [ -f "$from/${2##*/}" ] && [ -r "$from/${2##*/}" ] || fail INSTALL_USAGE "The folder $from has no file ${2##*/} that can be read." \
      "Put program.tar.gz and node.gz there, or leave out --from: the script then downloads them."
    unpack cp "$from/${2##*/}" "$2"
    return 0
  fi
  url=$api_base$1 status='' ca=$(ca_bundle)
  : >"$work/error"
  if has curl; then
    set -- "$1" "$2" -sSL --connect-timeout 20 --retry 2 --speed-limit 1000 --speed-time 330
    [ "$ca" ] && set -- "$@" --cacert "$ca"
    path=$1 file=$2
    shift 2
    status=$(curl "$@" -o "$file" -w '%{http_code}' "$url" 2>"$work/error")
    reached=$?
    [ "$reached" = 23 ] && fail_to_unpack "curl cannot write $file."
  else
    path=$1 file=$2
    set -- -q --timeout=330 --tries=3 -O "$file"
    [ "$ca" ] && set -- "$@" --ca-certificate="$ca"
    wget --help 2>&1 | grep -q -e --content-on-error && set -- "$@" --content-on-error -S
    wget "$@" "$url" 2>"$work/error"
    reached=$?
    [ "$reached" = 3 ] && fail_to_unpack "wget cannot write $file."
    status=$(sed -n 's|^ *HTTP/[0-9.]* \([0-9][0-9]*\).*|\1|p' "$work/error" | tail -n 1)
    [ "$reached" = 0 ] && status=200
  fi
  [ "$reached" = 0 ] && [ "$status" = 200 ] && return 0
  if grep -q '"code":"[A-Z_]*"' "$file" 2>/dev/null; then
    fail "$(member code "$file")" "$(member detail "$file")" "$(member fix "$file")"
  fi
  reason=$(grep -v '^ ' "$work/error" | tail -n 1)
  case $status in '' | 000 | 200) ;; *) reason="it answered with status $status. $reason" ;; esac
  fail INSTALL_DOWNLOAD_FAILED "$url: ${reason:-no answer}" \
    "Check the address, and the proxy of this machine (http_proxy, https_proxy, no_proxy; a certificate authority of the network: SSL_CERT_FILE). Then run the command again."
}

# Of a problem document.
member() { sed -nE 's/.*"'"$1"'":"(([^"\\]|\\.)*)".*/\1/p' "$2" | head -n 1 | sed 's/\\\(["\\]\)/\1/g' | tr -d '\000-\037'; }

digest_of() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  fi
}

expect_digest() {
  digest=$(digest_of "$2")
  [ "$digest" = "$1" ] || fail INSTALL_DIGEST_MISMATCH "$api_base$3 has the SHA-256 ${digest:-?}, not $1." \
    "Run the whole command again: the control plane may have been upgraded meanwhile. If the error persists, a proxy or a cache on the way changes the file."
}

stop_agent() {
  if [ "$unit_folder" ] && [ -e "$unit_folder/$UNIT" ]; then control stop "$SERVICE" >/dev/null 2>&1; fi
  agent_runs || { rm -f "$pid_file" && return 0; }
  kill -TERM "$pid" 2>/dev/null
  waited=0
  while agent_runs; do
    [ "$waited" -lt "$((STOP_SECONDS * 5))" ] || kill -KILL "$pid" 2>/dev/null
    sleep 0.2 2>/dev/null || sleep 1
    waited=$((waited + 1))
  done
  rm -f "$pid_file"
}

# Of the process in the background. Its start time tells it from another that got its number later.
agent_runs() {
  pid='' started=''
  [ -r "$pid_file" ] && read -r pid started <"$pid_file"
  [ "$pid" ] && [ "$started" ] && [ "$(start_time "$pid")" = "$started" ]
}

# Prints nothing for a process that has ended, and for a zombie.
start_time() { sed -n 's/^.*) //p' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

configure() {
  as_user=''
  if [ "$uid" = 0 ] && has useradd && has setpriv; then
    id "$AGENT_USER" >/dev/null 2>&1 ||
      { useradd --system --no-create-home --home-dir "$prefix/state" --shell /usr/sbin/nologin "$AGENT_USER" >/dev/null 2>&1 &&
        : >"$prefix/.made-user"; }
    id "$AGENT_USER" >/dev/null 2>&1 && as_user=$AGENT_USER
  fi
  socket_group=''
  if [ "${RADIX_EXECUTOR-}" = docker ]; then socket_group=$(stat -c %g "${DOCKER_HOST:-/var/run/docker.sock}" 2>/dev/null); fi
  umask 077
  {
    for name in $KEPT; do
      eval "value=\${$name-}"
      if [ "$value" ]; then printf '%s=%s\n' "$name" "$(quote "$value")"; fi
    done
    if [ -z "${NODE_EXTRA_CA_CERTS-}" ] && [ "$(ca_bundle)" ]; then printf 'NODE_EXTRA_CA_CERTS=%s\n' "$(quote "$(ca_bundle)")"; fi
    # As for curl: what the system trusts.
    printf 'NODE_USE_SYSTEM_CA=1\n'
    printf 'RADIX_API_BASE=%s\nRADIX_CLUSTER_ID=%s\n' "$(quote "$api_base")" "$(quote "$cluster_id")"
    printf 'RADIX_AGENT_STATE_DIR=%s\n' "$(quote "$state")"
    printf 'RADIX_ONBOARDING_TOKEN_FILE=%s\n' "$(quote "$state/onboarding-token")"
    printf 'HOME=%s\n' "$(quote "$(if [ "$as_user" ]; then echo "$prefix/state"; else echo "${HOME:-/}"; fi)")"
  } >"$prefix/agent.env" || fail_to_write
  mkdir -p "$prefix/state"
  if [ "$as_user" ]; then chown -h "$as_user:" "$prefix/state"; fi
  keep_token
  cat >"$prefix/run" <<TEXT || fail_to_write
#!/bin/sh
set -a
. $(quote "$prefix/agent.env")
exec $(quote "$prefix/program/node") $(quote "$prefix/program/dist/agent/bundle/agent.mjs") agent
TEXT
  if [ "$as_user" ]; then
    chown "root:$(id -gn "$as_user")" "$prefix/agent.env" "$prefix/run"
    chmod 640 "$prefix/agent.env" "$prefix/run"
  fi
  umask 022
  find_python
}

# A new token means that this machine joins again. A token that was used here already means a repair. Its jobs may write in the
# folder, so root does not.
keep_token() {
  printf %s "${token-}" | (cd / && with_user sh -c '
    umask 077
    mkdir -p "$1" && cd "$1" || exit 1
    cat >onboarding-token
    [ -s onboarding-token ] || { rm -f onboarding-token; exit 0; }
    digest=$(sha256sum <onboarding-token 2>/dev/null || cksum <onboarding-token)
    if [ "$digest" != "$(cat token-digest 2>/dev/null)" ]; then
      rm -f cluster-token.json exchange-nonce
      printf "%s\n" "$digest" >token-digest
    elif [ -e cluster-token.json ]; then
      rm -f onboarding-token
    fi' sh "$state") 2>"$prefix/agent.log" ||
    fail INSTALL_NOT_WRITABLE "The folder $state cannot be written: $(tail -n 1 "$prefix/agent.log")" "Free space (df -h $prefix), or uninstall the agent first."
  unset token
}

# `replaces=exec with_user …` in a subshell leaves no shell behind.
with_user() {
  if [ "$as_user" ]; then
    groups=--clear-groups
    [ "$socket_group" ] && groups=--groups=$socket_group
    set -- setpriv --reuid "$as_user" --regid "$(id -g "$as_user")" "$groups" --no-new-privs "$@"
  fi
  ${replaces-} "$@"
}

find_python() {
  [ "${RADIX_EXECUTOR:-process}" = process ] || return 0
  for python in ${RADIX_PYTHON:+"$RADIX_PYTHON"} python3 /opt/pytorch/bin/python3 /opt/conda/envs/pytorch/bin/python3 /opt/conda/bin/python3 /usr/bin/python3; do
    path=$(command -v "$python" 2>/dev/null) || continue
    (cd / && with_user "$path" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("torch"))') >/dev/null 2>&1 || continue
    [ "${RADIX_PYTHON-}" ] || printf 'RADIX_PYTHON=%s\n' "$(quote "$path")" >>"$prefix/agent.env"
    return 0
  done
  note "Warning: no Python with PyTorch that the agent can use was found. Benchmarks fail with PYTORCH_NOT_FOUND until there is one."
  note "  fix: install PyTorch, and run the same command again with RADIX_PYTHON=/path/to/python3 in its environment"
}

start_agent() {
  : >"$log"
  if [ "$unit_folder" ]; then
    mkdir -p "$unit_folder"
    render_unit >"$unit_folder/$UNIT"
    if control daemon-reload && control enable "$SERVICE" >/dev/null 2>&1 && control restart "$SERVICE"; then
      if [ "$uid" != 0 ]; then
        loginctl enable-linger >/dev/null 2>&1 ||
          note "Note: the agent ends when you log out. To keep it: sudo loginctl enable-linger $(id -un 2>/dev/null || echo "$uid")"
      fi
      return 0
    fi
    fail INSTALL_AGENT_NOT_STARTED "systemd did not start the service $SERVICE." "See why: systemctl status $SERVICE. Or run the command with --no-service."
  fi
  detach=''
  has setsid && detach=setsid
  # shellcheck disable=SC2086 # a word or none
  (cd / && replaces=exec && with_user $detach sh "$prefix/run") >>"$log" 2>&1 </dev/null &
  candidate=$!
  # The shell replaces itself step by step: the number stays, or is that of its only child.
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    agent_pid=$(find_node "$candidate") && break
    sleep 0.2 2>/dev/null || sleep 1
  done
  agent_pid=${agent_pid:-$candidate}
  printf '%s %s\n' "$agent_pid" "$(start_time "$agent_pid")" >"$pid_file"
}

# The process below (or at) a number that runs the program.
find_node() {
  [ "$(readlink "/proc/$1/exe" 2>/dev/null)" = "$prefix/program/node" ] && echo "$1" && return 0
  for child in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do find_node "$child" && return 0; done
  return 1
}

render_unit() {
  cat <<TEXT
[Unit]
Description=Radix agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/bin/sh "$prefix/run"
WorkingDirectory=/
TEXT
  if [ "$as_user" ]; then
    cat <<TEXT
User=$as_user
NoNewPrivileges=yes
ProtectSystem=full
# The errors of the GPU driver are in the log of the kernel.
AmbientCapabilities=CAP_SYSLOG
TEXT
    [ "$socket_group" ] && echo "SupplementaryGroups=$socket_group"
  fi
  cat <<TEXT
Restart=on-failure
RestartSec=5
# Wrong settings and a refused token do not pass by themselves.
RestartPreventExitStatus=2 4
TimeoutStopSec=$STOP_SECONDS
# The agent ends its jobs itself. A job outlives an agent that was killed, and the next one takes it over.
KillMode=process

[Install]
WantedBy=$(if [ "$uid" = 0 ]; then echo multi-user.target; else echo default.target; fi)
TEXT
}

is_alive() { if [ "$unit_folder" ]; then control is-active --quiet "$SERVICE"; else agent_runs; fi; }

last_log() {
  if [ ! "$unit_folder" ]; then
    tail -n 5 "$log"
  elif [ "$uid" = 0 ]; then
    journalctl --unit "$SERVICE" --lines 5 --output cat 2>/dev/null
  else
    journalctl --user --unit "$SERVICE" --lines 5 --output cat 2>/dev/null
  fi
}

# It has joined when it has its token. One that had it before must stay for a moment.
await_agent() {
  waited=0 steady=0
  while [ "$waited" -lt "$((ONBOARDING_SECONDS * 2))" ]; do
    if ! is_alive; then
      last_log >&2
      fail INSTALL_AGENT_ENDED "The agent ended after its start; its last lines are above." \
        "Follow the fix that they name. A used or expired token: get a new command with radix cluster onboard $cluster_id"
    fi
    if [ -e "$state/cluster-token.json" ]; then steady=$((steady + 1)); fi
    [ "$steady" -ge 4 ] && break
    sleep 0.5 2>/dev/null || sleep 1
    waited=$((waited + 1))
  done
  if [ "$steady" -lt 4 ]; then
    last_log >&2
    fail INSTALL_NOT_ONBOARDED "The agent runs, and has not joined cluster $cluster_id within $ONBOARDING_SECONDS s; its last lines are above." \
      "The agent keeps trying. Check that this machine reaches $api_base."
  fi
  if [ "$unit_folder" ]; then
    note "The agent runs as the service $SERVICE, and has joined cluster $cluster_id."
  else
    note "The agent runs as process $pid, and has joined cluster $cluster_id. Its log: $log"
    note "Without systemd, nothing starts it after a reboot: run the same command again, with or without the token."
  fi
  note "To remove it: sh $(quote "$prefix/program/install.sh") --uninstall$([ "$prefix" = "$(default_prefix)" ] || echo " --prefix $(quote "$prefix")")"
}

uninstall() {
  if [ ! -e "$prefix/.radix-agent" ]; then
    note "There is no Radix agent in $prefix."
    return 0
  fi
  if [ "$unit_folder" ] && [ -e "$unit_folder/$UNIT" ]; then
    control disable --now "$SERVICE" >/dev/null 2>&1
    rm -f "$unit_folder/$UNIT"
    control daemon-reload
  fi
  stop_agent
  made_user=''
  [ -e "$prefix/.made-user" ] && made_user=yes
  cd /
  rm -rf "$prefix" || fail INSTALL_NOT_WRITABLE "The folder $prefix cannot be removed." "Run the command as the user that installed the agent."
  [ "$made_user" ] && userdel "$AGENT_USER" >/dev/null 2>&1
  note "The Radix agent is removed from this machine."
}

# Braces: a part of the line does nothing either.
{ main "$@"; }
