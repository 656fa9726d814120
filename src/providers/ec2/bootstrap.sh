# Each phase is one line on the console and in the cloud-init log: RADIX_BOOT {"phase":…,"at":…,"detail":…}. Nothing is
# traced, and secrets go from SSM to files in memory without passing through a variable or an argument. (The addresses of the
# agent's files do: they lead only to what every control plane hands out.)
umask 077
say() {
  local detail line
  detail=$(printf %s "${2:-}" | tr '\n\t"\\' "  ''" | tr -d '\000-\037' | cut -c1-400)
  line=$(printf 'RADIX_BOOT {"phase":"%s","at":"%s","detail":"%s"}' "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$detail")
  echo "$line"
  { echo "$line" >/dev/console; } 2>/dev/null
}
power_off() { sync; systemctl poweroff || shutdown -P now || poweroff -f; exit "$1"; }
fail() { say failed "$1"; power_off 1; }

# The dead-man timer comes first: whatever happens below, the machine ends then (and with it, its bill).
seconds_left=$((deadline - $(date +%s)))
[ "$seconds_left" -gt 0 ] || fail "the deadline has passed"
systemd-run --unit=radix-dead-man --on-calendar="$(date -u -d "@$deadline" '+%Y-%m-%d %H:%M:%S UTC')" \
  --timer-property=AccuracySec=1s systemctl poweroff || shutdown -P "+$((seconds_left / 60))" ||
  fail "the dead-man timer could not be armed"
say armed "powers off in $seconds_left s"

# Without a way out, a try is to fail within seconds: the machine then says so, and ends.
export AWS_MAX_ATTEMPTS=2
# $1: the parameter, $2: the file.
fetch_secret() {
  if command -v aws >/dev/null; then
    aws ssm get-parameter --region "$region" --name "$1" --with-decryption --query Parameter.Value --output text \
      --cli-connect-timeout 5 --cli-read-timeout 10
  else
    python3 -c 'import boto3, botocore.config, sys
ssm = boto3.client("ssm", region_name=sys.argv[1], config=botocore.config.Config(connect_timeout=5, read_timeout=10))
print(ssm.get_parameter(Name=sys.argv[2], WithDecryption=True)["Parameter"]["Value"])' "$region" "$1"
  fi >"$2"
}
# The instance's role may take seconds to be known to SSM.
obtain_secret() {
  for attempt in 1 2 3 4 5 6; do
    fetch_secret "$1" "$2" 2>/run/radix-secret.log && [ -s "$2" ] && break
    [ "$attempt" -lt 6 ] || fail "no secret from SSM parameter $1: $(tail -n 1 /run/radix-secret.log)"
    sleep "$attempt"
  done
  chown 10001:10001 "$2"
  say secret-fetched "$1"
}
toolkit=/usr/share/keyrings/nvidia-container-toolkit.gpg nvidia=https://nvidia.github.io/libnvidia-container
add_toolkit_repository() {
  curl -fsSL "$nvidia/gpgkey" | gpg --dearmor --yes -o "$toolkit" && chmod 644 "$toolkit" &&
    echo "deb [signed-by=$toolkit] $nvidia/stable/deb/amd64 /" >/etc/apt/sources.list.d/nvidia-container-toolkit.list
}

# The training in the machine's own PyTorch: a machine without one is of no use, and says so at once.
if [ ! "$workload_image" ]; then
  for python in /opt/pytorch/bin/python3 /opt/conda/envs/pytorch/bin/python3 /opt/conda/bin/python3 /usr/bin/python3; do
    if "$python" -c 'import importlib.util as u, sys; sys.exit(not u.find_spec("torch"))' 2>/dev/null; then break; fi
    python=''
  done
  [ "$python" ] || fail "this AMI has no PyTorch: take a Deep Learning AMI, or configure a workload image"
  say python-found "$python"
fi

# What a Deep Learning AMI has already, a plain Ubuntu gets. The toolkit only where a container of another system needs
# the driver's libraries: without a workload image, the machine's own are used.
has_gpu='' packages=''
if nvidia-smi -L >/dev/null 2>&1; then has_gpu=yes && nvidia-smi -pm 1 >/dev/null; fi
[ ! "$agent_image$workload_image" ] || command -v docker >/dev/null || packages=docker.io
command -v aws >/dev/null || python3 -c 'import boto3' 2>/dev/null || packages="$packages python3-boto3"
if [ "$has_gpu" ] && [ "$workload_image" ] && ! command -v nvidia-ctk >/dev/null; then
  add_toolkit_repository || fail "the repository of the NVIDIA Container Toolkit cannot be reached"
  packages="$packages nvidia-container-toolkit"
fi
if [ "$packages" ]; then
  say installing "$packages"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086 # one word for each package
  { apt-get -qq -o DPkg::Lock::Timeout=180 update &&
    apt-get -qq -o DPkg::Lock::Timeout=180 install -y --no-install-recommends $packages; } >/var/log/radix-apt.log 2>&1 ||
    fail "installing $packages failed: $(tail -n 1 /var/log/radix-apt.log)"
  case $packages in *toolkit*) nvidia-ctk runtime configure --runtime=docker && systemctl restart docker ;; esac
fi

# Without an image, the agent comes from the control plane. The run says which script that must be, and the script which
# program and which Node. Behind a relay, all of them come from a bucket, by a list of their addresses.
download() {
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 10 --retry 3 -o "$2" "$1"
  else
    wget -nv -T 30 -O "$2" "$1"
  fi
}
install_agent() {
  local script=/run/radix/install.sh from=() files=$state_directory/agent-files name url
  if [ "$agent_files_parameter" ]; then
    from=(--from "$files")
    mkdir -p "$files" && download "$(cat /run/radix/agent-files)" "$files/list" || return
    while read -r name url; do
      case $name in install.sh | program.tar.gz | node.gz) download "$url" "$files/$name" || return ;; esac
    done <"$files/list"
    mv "$files/install.sh" "$script" || return
  else
    download "$api_base/agent/install.sh" "$script" || return
  fi
  echo "$install_sha256  $script" | sha256sum --check --status ||
    { echo "$api_base has another install.sh than when the run was prepared"; return 1; }
  sh "$script" --api-base "$api_base" --prefix "$state_directory/agent" --unpack-only "${from[@]}" && rm -r "$script" "${from[@]:1}"
}

# All downloads start now. The agent does not wait for the workload's: it takes up work while that goes on.
mkdir -p /run/radix "$state_directory" && chown 10001:10001 /run/radix "$state_directory"
pull() { docker image inspect "$1" >/dev/null 2>&1 || docker pull --quiet "$1" 2>&1; }
[ "$agent_image$workload_image" ] && say pulling "$agent_image $workload_image"
[ "$workload_image" ] && { pull "$workload_image" >/dev/null && say workload-image-ready "$workload_image" || true; } &
if [ "$agent_image" ]; then
  pull "$agent_image" >/run/radix-pull.log 2>&1 & pull_pid=$!
else
  [ ! "$agent_files_parameter" ] || obtain_secret "$agent_files_parameter" /run/radix/agent-files
  say downloading "${agent_files_parameter:-$api_base/agent/install.sh}"
  install_agent >/run/radix-pull.log 2>&1 & pull_pid=$!
fi
obtain_secret "$parameter" /run/radix/onboarding-token
[ ! "$relay_parameter" ] || obtain_secret "$relay_parameter" /run/radix/relay

settings=(RADIX_RUN_ID="$run_id" RADIX_MACHINE_ID="$machine_id" RADIX_API_BASE="$api_base" RADIX_CLUSTER_ID="$cluster_id"
  RADIX_AGENT_STATE_DIR="$state_directory" RADIX_AGENT_DEADLINE="$deadline_at" RADIX_AGENT_UNREACHABLE_EXIT_SECONDS=600
  RADIX_ONBOARDING_TOKEN_FILE=/run/radix/onboarding-token)
[ ! "$relay_parameter" ] || settings+=(RADIX_RELAY_FILE=/run/radix/relay)
engine_group=''
if [ "$workload_image" ]; then
  engine_group=$(stat -c %g /var/run/docker.sock)
  settings+=(RADIX_EXECUTOR=docker RADIX_WORKLOAD_IMAGE="$workload_image" RADIX_ALLOWED_IMAGES="$allowed_images")
else
  settings+=(RADIX_EXECUTOR=process RADIX_PYTHON="$python")
fi
if [ "$has_gpu" ]; then
  # The agent is not root: what the driver writes into the log of the kernel is copied to where it can read it.
  if dmesg >/dev/null 2>&1; then
    install -m 644 /dev/null /run/radix/kernel-log
    # If the copy ends, the file is removed: the agent then reports that it has no kernel log.
    { dmesg --follow 2>/dev/null | grep --line-buffered 'NVRM: Xid' >>/run/radix/kernel-log; rm -f /run/radix/kernel-log; } &
    settings+=(RADIX_KERNEL_LOG=/run/radix/kernel-log)
  fi
fi

if [ ! "$agent_image" ]; then
  wait "$pull_pid" || fail "the agent cannot be installed: $(tail -n 3 /run/radix-pull.log | tr '\n' ' ')"
  say agent-installed "$state_directory/agent"
  # The metadata service, and with it the role's credentials, is out of its reach.
  scope=(systemd-run --scope --quiet --property=TasksMax=4096 "--property=IPAddressDeny=169.254.169.254 fd00:ec2::254")
  [ -d /run/systemd/system ] && "${scope[@]}" true || scope=()
  program=$state_directory/agent/program
  "${scope[@]}" setpriv --reuid 10001 --regid 10001 "${engine_group:+--groups=}${engine_group:---clear-groups}" --no-new-privs \
    env -i PATH="$PATH" HOME="$state_directory" LANG=C.UTF-8 NODE_USE_SYSTEM_CA=1 "${settings[@]}" \
    "$program/node" "$program/dist/agent/bundle/agent.mjs" agent >>/var/log/radix-agent.log 2>&1 & agent_pid=$!
  say agent-started "gpu: ${has_gpu:-no}"
  wait "$agent_pid"
  say ended "the agent ended with exit code $?"
  tail -n 20 /var/log/radix-agent.log
  power_off 0
fi

options=()
for setting in "${settings[@]}"; do options+=(--env "$setting"); done
if [ "$workload_image" ]; then
  options+=(--volume /var/run/docker.sock:/var/run/docker.sock --group-add "$engine_group")
else
  # The machine's own programs, read-only, over the image's: its Python, PyTorch, CUDA and nvidia-smi.
  options+=(--shm-size 1g)
  for path in /usr /opt /etc/alternatives /etc/ld.so.cache; do [ -e "$path" ] && options+=(--volume "$path:$path:ro"); done
fi
# A network of its own: the instance's metadata service, and with it the role's credentials, is one hop too far.
start_agent() {
  docker rm --force radix-agent >/dev/null 2>&1
  docker run --detach --name radix-agent --user 10001:10001 --read-only --cap-drop ALL --security-opt no-new-privileges \
    --network bridge --pids-limit 4096 --tmpfs /tmp:exec,size=4g --log-opt max-size=50m "$@" "${options[@]}" \
    --volume /run/radix:/run/radix --volume "$state_directory:$state_directory" \
    --label "radix.run-id=$run_id" --label "radix.machine-id=$machine_id" "$agent_image" agent 2>&1 >/dev/null
}
wait "$pull_pid" || fail "the agent image cannot be pulled: $(tail -n 1 /run/radix-pull.log)"
say agent-image-ready "$agent_image"
if [ "$has_gpu" ]; then
  # Where the engine has no GPU runtime, the machine's own programs need but the devices.
  error=$(start_agent --gpus all) || { [ "$workload_image" ] && fail "docker run: $error"; } ||
    { devices=(); for device in /dev/nvidia*; do [ -c "$device" ] && devices+=(--device "$device"); done
      error=$(start_agent "${devices[@]}") || fail "docker run: $error"; }
else
  error=$(start_agent) || fail "docker run: $error"
fi
say agent-started "gpu: ${has_gpu:-no}"
say ended "the agent ended with exit code $(docker wait radix-agent)"
docker logs --tail 20 radix-agent
power_off 0
