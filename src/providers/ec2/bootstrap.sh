# What an instance does when it boots: first it makes sure of its end, then it brings up the agent. `user-data.ts` puts the
# values in front of this. No secret is ever printed, traced, or in the environment of anything but the agent.
set -u
umask 077

say() { # phase detail: one line for the console, from which the harness reads how far the boot is
  local line
  line="RADIX_BOOT {\"phase\":\"$1\",\"at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"detail\":\"$(printf %s "${2:-}" | tr -d '"\\' | tr '\n' ' ')\"}"
  echo "$line"
  echo "$line" > /dev/console 2> /dev/null || true
}
end() { say "$1" "${2:-}"; systemctl poweroff || shutdown -P now; exit 1; }

# 1. The end, whatever happens: powering off terminates the instance.
left=$((RADIX_DEADLINE_SECONDS - $(date +%s)))
[ "$left" -gt 0 ] || left=1
systemd-run --quiet --unit=radix-deadline --on-active="${left}s" systemctl poweroff \
  || shutdown -P "+$((left / 60 + 1))" || end failed "no timer could be set"
say timer "ends in ${left} s"

# 2. What takes long begins at once, side by side.
systemctl start docker 2> /dev/null || true
command -v docker > /dev/null || end failed "the image has no Docker"
pull() { docker image inspect "$1" > /dev/null 2>&1 || docker pull --quiet "$1" > /dev/null; }
pull "$RADIX_AGENT_IMAGE" & agent_pull=$!
workload_pull=
if [ -n "$RADIX_WORKLOAD_IMAGE" ]; then pull "$RADIX_WORKLOAD_IMAGE" & workload_pull=$!; fi
gpu=$(nvidia-smi -L 2>&1 | head -n 1) && nvidia-smi -pm 1 > /dev/null 2>&1
say gpu "${gpu:-none}"

# 3. The onboarding token, from the run's own parameter into a file of a file system in memory.
state=/var/lib/radix-agent token=/run/radix/onboarding-token
mkdir -p "$state" /run/radix
for attempt in 1 2 3 4 5 6 7 8; do
  aws ssm get-parameter --region "$RADIX_REGION" --name "$RADIX_TOKEN_PARAMETER" --with-decryption \
    --query Parameter.Value --output text > "$token" 2> /run/radix/error && [ -s "$token" ] && break
  [ "$attempt" -lt 8 ] || end failed "no onboarding token: $(tail -n 1 /run/radix/error)"
  sleep "$attempt"
done
chown -R 65534:65534 "$state" /run/radix
say token

# 4. The agent. Its end is the machine's end.
wait "$agent_pull" || end failed "cannot pull $RADIX_AGENT_IMAGE"
settings=(
  "RADIX_API_BASE=$RADIX_API_BASE" "RADIX_CLUSTER_ID=$RADIX_CLUSTER_ID" "RADIX_AGENT_STATE_DIR=$state"
  "RADIX_ONBOARDING_TOKEN_FILE=$token" "RADIX_AGENT_DEADLINE=$RADIX_AGENT_DEADLINE" "RADIX_RUN_ID=$RADIX_RUN_ID"
  "RADIX_MACHINE_ID=$RADIX_MACHINE_ID" RADIX_AGENT_UNREACHABLE_EXIT_SECONDS=600 "HOME=$state"
)
if [ -n "$workload_pull" ]; then
  wait "$workload_pull" || end failed "cannot pull $RADIX_WORKLOAD_IMAGE"
  gpus=() && [ -n "$gpu" ] && nvidia-smi -L > /dev/null 2>&1 && gpus=(--gpus all)
  docker run --detach --name radix-agent --network host --user 65534:65534 --read-only --tmpfs /tmp --cap-drop ALL \
    --security-opt no-new-privileges --pids-limit 512 --memory 1g "${gpus[@]}" \
    --group-add "$(stat -c %g /var/run/docker.sock)" --volume /var/run/docker.sock:/var/run/docker.sock \
    --volume "$state:$state" --volume /run/radix:/run/radix "${settings[@]/#/--env=}" \
    --env RADIX_EXECUTOR=docker --env "RADIX_WORKLOAD_IMAGE=$RADIX_WORKLOAD_IMAGE" \
    --env "RADIX_ALLOWED_IMAGES=${RADIX_WORKLOAD_IMAGE%%[@:]*}" "$RADIX_AGENT_IMAGE" > /dev/null \
    || end failed "the agent's container does not start"
  say agent "container radix-agent, jobs in $RADIX_WORKLOAD_IMAGE"
  (docker wait radix-agent > /dev/null; end ended "the agent has ended") &
else
  # The image's files as they are, on the machine itself: the training runs in the PyTorch that the AMI brings.
  docker create --name radix-files "$RADIX_AGENT_IMAGE" /bin/true > /dev/null && docker cp -q radix-files:/opt/radix /opt/ \
    && docker rm radix-files > /dev/null || end failed "the agent's files cannot be had"
  chmod -R go+rX /opt/radix
  [ -x /opt/pytorch/bin/python3 ] && settings+=(RADIX_PYTHON=/opt/pytorch/bin/python3)
  [ -z "${RADIX_PYTHON:-}" ] || settings+=("RADIX_PYTHON=$RADIX_PYTHON")
  say agent "process, jobs in the AMI's PyTorch"
  (setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs env -i "PATH=$PATH" "${settings[@]}" \
    /opt/radix/bin/node /opt/radix/src/cli/main.ts agent >> /var/log/radix-agent.log 2>&1
    end ended "the agent has ended: $(tail -n 1 /var/log/radix-agent.log | cut -c 1-200)") &
fi
