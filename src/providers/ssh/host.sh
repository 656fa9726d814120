# What runs on a host, for POSIX sh on Linux. It comes over the standard input of `sh -s`, behind the assignments of
# `host-script.ts`: no secret is in the arguments of a process. It does nothing before its last line has arrived.
# Each line of the answer is a word and its values; `done` is the last line. An answer without it is no answer.

say() { printf '%s\n' "$*"; }
stop() { say "$@"; say done; exit 0; }

# A look that finds nothing must be a look that could have found something.
require_looks() {
  seen=$(RADIX_LOOK=1 grep -lsF RADIX_LOOK=1 /proc/self/environ)
  [ "$seen" = /proc/self/environ ] || stop blind '/proc cannot be read on the host'
  [ -r "/proc/$$/limits" ] && [ -L "/proc/$$/cwd" ] || stop blind '/proc does not show the processes of the host'
}

# Sets `processes` to those of the machine (by their environment, by their brand, and by a program or folder inside its
# own), and `keepers` to its keeper (`keep` below) and the keeper's timer.
scan() {
  processes=
  keepers=
  found=$({
    grep -aos -e "RADIX_KEEPER_OF=$machine" -e "RADIX_MACHINE_ID=$machine" \
      -e "^Max file locks  *[0-9][0-9]*  *$brand " /proc/[0-9]*/environ /proc/[0-9]*/limits
    ls -l /proc/[0-9]*/cwd /proc/[0-9]*/exe 2>/dev/null | grep -F -- "-> $folder/"
  } | sed -n -e 's,^/proc/\([0-9]*\)/environ:RADIX_KEEPER_OF.*,\1 keeper,p' -e 's,.*/proc/\([0-9]*\)/.*,\1 process,p' |
    sort -n | uniq)
  while read -r pid kind; do
    lives "$pid" || continue
    case "$kind $keepers " in
      keeper*) keepers="$keepers $pid" ;;
      *" $pid "*) ;; # the keeper's folder
      *) processes="$processes $pid" ;;
    esac
  done <<FOUND
$found
FOUND
}

# False for this script itself, and for a zombie, which holds nothing.
lives() {
  [ -n "$1" ] && [ "$1" != "$$" ] || return 1
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  case $stat in *') Z '* | *') X '*) return 1 ;; esac
}

signal_all() {
  signal=$1
  shift
  [ $# -eq 0 ] || kill "-$signal" "$@" 2>/dev/null
}

# One script at a time changes something on a host.
lock() {
  exec 9<"$(dirname "$lease")"
  flock -w 30 9 || stop failed "the lock of $(dirname "$lease") was not released"
}

read_lease() { readlink "$lease" 2>/dev/null; }

check() {
  say system "$(uname -s)"
  say architecture "$(uname -m)"
  say user "$(id -un)"
  for tool in awk basename cat date df dirname find flock grep gzip head id kill ls mkdir readlink rm rmdir sed setsid sleep \
    sort tail tar tr uniq; do
    command -v "$tool" >/dev/null 2>&1 || say missing "$tool"
  done
  mkdir -p "$base" 2>/dev/null && say free_kib "$(df -Pk "$base" | awk 'END { print $4 }')" || say unwritable "$base"
  rmdir "$base" 2>/dev/null
  say lease "$(read_lease)"
  say_node
  find_torch='import importlib.util, sys; sys.exit(0 if importlib.util.find_spec("torch") else 1)'
  if [ -n "$python" ]; then
    command -v "$python" >/dev/null 2>&1 && say python "$python"
  else
    for each in python3 /usr/bin/python3 python; do
      "$each" -c "$find_torch" </dev/null >/dev/null 2>&1 && say python "$each" && break
    done
  fi
  nvidia-smi -L </dev/null 2>/dev/null | sed -n 's/^GPU/gpu GPU/p'
  stop
}

say_node() {
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 24' </dev/null 2>/dev/null)" = true ] &&
    say node "$(command -v node)"
}

# The folder comes first: a lease always has a folder by which its run is found.
claim() {
  require_looks
  lock
  umask 077
  if [ -d "$folder" ]; then
    say phase "$(cat "$folder/phase" 2>/dev/null)"
  else
    problem=$(mkdir -p "$folder/program" 2>&1) || stop failed "$problem"
    ln -s "$lease_text" "$lease" 2>/dev/null
    case $(read_lease) in
      "radix,1,$run,"*) ;;
      *)
        rmdir "$folder/program" "$folder" "$base/$run" "$base" 2>/dev/null
        stop held "$(read_lease)"
        ;;
    esac
    # An echo into a file is a builtin: the secret is in no process's arguments.
    if ! problem=$({ printf '%s' "$secret" >"$folder/onboarding-token" && say installing >"$folder/phase"; } 2>&1); then
      release
      stop failed "$problem"
    fi
    say phase new
  fi
  say system "$(uname -s)"
  say architecture "$(uname -m)"
  say_node
  say folder "$folder"
  stop
}

start() {
  require_looks
  lock
  umask 077
  [ -d "$folder" ] || stop gone
  [ "$(cat "$folder/phase")" = installing ] || stop phase "$(cat "$folder/phase")"
  problem=$(printf '%s\n' "$keeper" 2>&1 >"$folder/keeper.sh") || stop failed "$problem"
  RADIX_KEEPER_OF=$machine setsid sh "$folder/keeper.sh" </dev/null >>"$folder/agent.log" 2>&1 9>&- &
  tries=0
  until [ -e "$folder/kept" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || stop failed 'the keeper of the agent did not start'
    sleep 0.1
  done
  stop phase "$(cat "$folder/phase")"
}

# Starts the agent, and outlives it: the dead man's timer of the machine. At the deadline it ends the agent and removes
# everything, whether or not anyone asks. If the agent ends before, its log stays until then.
keep() {
  trap '' HUP
  cd /
  prefix=
  prlimit "--locks=$brand:$brand" true 2>/dev/null && prefix="prlimit --locks=$brand:$brand"
  is_over=
  trap 'is_over=1' TERM
  keeper_pid=$$
  {
    trap - TERM
    left=$((deadline - $(date +%s)))
    [ "$left" -le 0 ] || sleep "$left"
    kill -TERM "$keeper_pid"
  } &
  timer=$!
  (
    trap - TERM HUP
    cd "$folder/program" || exit 1
    unset RADIX_KEEPER_OF SSH_AUTH_SOCK SSH_CONNECTION SSH_CLIENT SSH_TTY
    export RADIX_MACHINE_ID="$machine" RADIX_RUN_ID="$run" RADIX_API_BASE="$api_base" RADIX_CLUSTER_ID="$cluster"
    export RADIX_ONBOARDING_TOKEN_FILE="$folder/onboarding-token" RADIX_AGENT_STATE_DIR="$folder/agent"
    export RADIX_AGENT_DEADLINE="$deadline_at" RADIX_AGENT_UNREACHABLE_EXIT_SECONDS="$unreachable_exit_seconds"
    [ -z "$python" ] || export RADIX_PYTHON="$python"
    eval "exec $prefix $command"
  ) &
  agent=$!
  say started >"$folder/phase"
  : >"$folder/kept"
  wait "$agent"
  status=$?
  if [ -z "$is_over" ]; then
    say "The agent ended with exit code $status."
    say ended >"$folder/phase"
    end_processes
    rm -rf "$folder/agent" "$folder/onboarding-token"
    wait "$timer"
  fi
  exec 9<"$(dirname "$lease")"
  flock 9
  end_processes
  remove
  exit 0
}

# For five seconds each, first by request and then by force.
end_processes() {
  for signal in TERM KILL; do
    scan
    signal_all "$signal" $processes
    tries=0
    while [ -n "$processes" ] && [ "$tries" -lt 25 ]; do
      tries=$((tries + 1))
      sleep 0.2
      scan
      [ "$signal" = TERM ] || signal_all KILL $processes
    done
    [ -n "$processes" ] || return 0
  done
}

# While a process lives, the folder and the lease stay: another run must not get the host.
remove() {
  rm -rf "$folder/onboarding-token" "$folder/agent"
  scan
  if [ -n "$processes" ]; then
    say problem "processes do not end:$processes"
    return 0
  fi
  rm -rf "$folder" 2>&1 | head -n 1 | sed 's/^/problem /'
  release
}

release() {
  [ -d "$folder" ] && rm -rf "$folder"
  rmdir "$base/$run" 2>/dev/null
  if [ ! -d "$base/$run" ]; then
    case $(read_lease) in
      "radix,1,$run,"*) rm -f "$lease" 2>&1 | head -n 1 | sed 's/^/problem /' ;;
    esac
  fi
  rmdir "$base" 2>/dev/null
  return 0
}

end() {
  require_looks
  lock
  scan
  signal_all KILL $keepers
  end_processes
  log=
  [ -f "$folder/agent.log" ] && log=$(tail -c "$log_bytes" "$folder/agent.log")
  remove
  say done
  printf '%s' "$log"
  exit 0
}

log() {
  say done
  tail -c "$log_bytes" "$folder/agent.log" 2>/dev/null
  exit 0
}

look() {
  require_looks
  say lease "$(read_lease)"
  [ -d "$base/$run" ] && say run_folder
  [ -d "$folder" ] && say phase "$(cat "$folder/phase" 2>/dev/null)"
  scan
  for each in $processes; do say pid "$each"; done
  for each in $keepers; do say keeper "$each"; done
  stop
}

# Which of the processes of an earlier look are still there. It costs the host almost nothing, and is asked often.
glance() {
  for each in $pids; do
    grep -qsF "RADIX_MACHINE_ID=$machine" "/proc/$each/environ" && say pid "$each"
  done
  stop
}

# Every machine of a run, or of all runs: by its folder, and by the environment of its processes.
find_machines() {
  require_looks
  say lease "$(read_lease)"
  [ -d "$base" ] && find "$base" -mindepth 2 -maxdepth 2 -type d |
    while read -r each; do
      say machine "$(basename "$(dirname "$each")")" "$(basename "$each")" "$(date -r "$each" +%s 2>/dev/null)"
    done
  for each in $(grep -lsF "RADIX_AGENT_STATE_DIR=$base/" /proc/[0-9]*/environ | sed 's,/proc/\([0-9]*\)/.*,\1,'); do
    lives "$each" || continue
    marks=$(tr '\000' '\n' <"/proc/$each/environ" 2>/dev/null)
    each_run=$(say "$marks" | sed -n 's/^RADIX_RUN_ID=//p')
    each_machine=$(say "$marks" | sed -n 's/^RADIX_MACHINE_ID=//p')
    say machine "$each_run" "$each_machine"
  done
  stop
}

case $base in
  /*) ;;
  *) base=$HOME/$base ;;
esac
folder=$base/$run/$machine
"$verb"
