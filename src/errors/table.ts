/**
 * Every error that a user can meet, once. A code is permanent: it may be deprecated, never renamed or given another
 * meaning. `{placeholders}` in `why` and `fix` are filled by `RadixError`, which the compiler makes complete.
 * `docs/errors.md` is generated from this table.
 */

/** 0 ok · 1 failed · 2 usage or configuration · 3 regression · 4 authentication · 5 capacity or quota · 6 budget · 7 termination unconfirmed · 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

interface ErrorDefinition {
  title: string
  why: string
  fix: string
  /** The status when the control plane answers with it; 500 for what never crosses HTTP. */
  httpStatus: number
  exitCode: ExitCode
}

export const ERRORS = {
  // Anywhere
  INTERNAL: {
    title: 'Unexpected error',
    why: 'Radix met a condition that it was not written for: {message}',
    fix: 'Report it at https://github.com/iangreen74/radix/issues with the output of the same command under RADIX_LOG_LEVEL=debug.',
    httpStatus: 500,
    exitCode: 1,
  },
  USAGE: {
    title: 'The command line cannot be understood',
    why: '{message}',
    fix: 'See `{help_command}`.',
    httpStatus: 400,
    exitCode: 2,
  },
  CONFIGURATION_INVALID: {
    title: 'A setting has a value that cannot be used',
    why: '{setting} is {value}: {reason}',
    fix: 'Set {setting} to {expected}.',
    httpStatus: 500,
    exitCode: 2,
  },
  INTERRUPTED: {
    title: 'Interrupted',
    why: 'The command was asked to stop by {signal}.',
    fix: 'Run it again when ready; `radix bench list` shows what it left.',
    httpStatus: 500,
    exitCode: 130,
  },
  DISK_FULL: {
    title: 'No space is left on the disk',
    why: 'Writing {path} failed because its file system is full. What had been written before is intact.',
    fix: 'Free space (`df -h {path}`), then run the command again.',
    httpStatus: 507,
    exitCode: 1,
  },
  FILE_NOT_WRITABLE: {
    title: 'A file cannot be written',
    why: '{path}: {reason}',
    fix: 'Check the owner and mode of the folder (`ls -ld "$(dirname {path})"`) or choose another one.',
    httpStatus: 500,
    exitCode: 1,
  },

  // Requests to the control plane
  REQUEST_INVALID: {
    title: 'The request does not match the contract',
    why: '{message}',
    fix: 'See the route in /docs or docs/API.md; `errors` names each member that is wrong.',
    httpStatus: 400,
    exitCode: 2,
  },
  REQUEST_MALFORMED_JSON: {
    title: 'The body is not JSON',
    why: 'The body could not be parsed: {message}',
    fix: 'Send valid JSON with `Content-Type: application/json`.',
    httpStatus: 400,
    exitCode: 2,
  },
  REQUEST_TOO_LARGE: {
    title: 'The body is too large',
    why: 'The body exceeds the {limit_bytes} bytes that this route takes.',
    fix: 'Send less in one request (events may be split over several).',
    httpStatus: 413,
    exitCode: 2,
  },
  REQUEST_UNSUPPORTED_MEDIA_TYPE: {
    title: 'The content type is not supported',
    why: 'The request says {content_type}; this API reads JSON.',
    fix: 'Send `Content-Type: application/json`.',
    httpStatus: 415,
    exitCode: 2,
  },
  RATE_LIMITED: {
    title: 'Too many requests',
    why: 'The limit of this route was reached; it is open again in {retry_after_seconds} s.',
    fix: 'Wait for the seconds in `Retry-After`, and back off on 429.',
    httpStatus: 429,
    exitCode: 1,
  },
  ROUTE_NOT_FOUND: {
    title: 'No such route',
    why: '{method} {path} is not part of this API.',
    fix: 'See /docs or docs/API.md for what there is.',
    httpStatus: 404,
    exitCode: 1,
  },
  NOT_FOUND: {
    title: 'Not found',
    why: 'There is no {thing} {id} that this credential can see.',
    fix: 'Check the id with the list route or command; an object of another tenant is not shown.',
    httpStatus: 404,
    exitCode: 1,
  },
  CURSOR_INVALID: {
    title: 'The page cursor cannot be used',
    why: 'The cursor is damaged or belongs to another list.',
    fix: 'Start again without `cursor`, and pass `next_cursor` back unchanged.',
    httpStatus: 400,
    exitCode: 2,
  },
  IDEMPOTENCY_KEY_REUSED: {
    title: 'The idempotency key was used for another request',
    why: 'This Idempotency-Key came before with a different body or route.',
    fix: 'Use a new key for each new intent, and the same key only to repeat one.',
    httpStatus: 422,
    exitCode: 1,
  },
  IDEMPOTENCY_KEY_IN_PROGRESS: {
    title: 'The first request with this idempotency key is not finished',
    why: 'The same Idempotency-Key is being served at this moment.',
    fix: 'Repeat the request in a second.',
    httpStatus: 409,
    exitCode: 1,
  },
  UNAVAILABLE: {
    title: 'The control plane cannot serve the request now',
    why: '{reason}',
    fix: 'Try again shortly; `/readyz` says when it can.',
    httpStatus: 503,
    exitCode: 1,
  },

  // Credentials
  AUTH_MISSING: {
    title: 'No credential was sent',
    why: 'This route needs {credential}.',
    fix: 'Send it in the header {header}.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_WRONG_KIND: {
    title: 'This kind of credential is not accepted here',
    why: 'The request carries {received}, and this route takes {credential}.',
    fix: 'Cluster routes take a user token (`radix auth token`); /v1/observe and /v1/score take an API key (`radix api-key create`).',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_TOKEN_INVALID: {
    title: 'The user token is not valid',
    why: 'The token was refused: {reason}.',
    fix: 'Get a new one with `radix auth token`, and check that the control plane trusts its issuer and client id.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_TOKEN_EXPIRED: {
    title: 'The user token has expired',
    why: 'The token expired at {expired_at}.',
    fix: 'Get a new one with `radix auth token`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_NO_TENANT: {
    title: 'The token names no tenant',
    why: 'The claim {claim} is missing from the token.',
    fix: 'Make the issuer add the claim, or set RADIX_TENANT_CLAIM to the one it has.',
    httpStatus: 403,
    exitCode: 4,
  },
  AUTH_ONBOARDING_TOKEN_INVALID: {
    title: 'The onboarding token is not valid',
    why: 'The token is unknown, or belongs to another cluster.',
    fix: 'Create a new one with `radix cluster onboard <cluster_id>` and start the agent with it.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_ONBOARDING_TOKEN_USED: {
    title: 'The onboarding token was used before',
    why: 'An onboarding token is good for one exchange, and that has taken place.',
    fix: 'If no agent of yours used it, archive the cluster; else create a new token with `radix cluster onboard <cluster_id>`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_ONBOARDING_TOKEN_EXPIRED: {
    title: 'The onboarding token has expired',
    why: 'The token expired at {expired_at} without being used.',
    fix: 'Create a new one with `radix cluster onboard <cluster_id>`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_CLUSTER_TOKEN_INVALID: {
    title: 'The cluster token is not valid',
    why: 'The token is unknown or revoked, or belongs to another cluster than the one in the path.',
    fix: 'Onboard the agent again with a new onboarding token: `radix cluster onboard <cluster_id>`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_API_KEY_INVALID: {
    title: 'The API key is not valid',
    why: 'The key is unknown or was revoked.',
    fix: 'Create a new one with `radix api-key create`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AUTH_NOT_CONFIGURED: {
    title: 'No way to sign in is configured',
    why: 'The control plane at {api_base} is not the local one of this data directory, and no token was given.',
    fix: 'Set RADIX_TOKEN to a user token of that control plane.',
    httpStatus: 401,
    exitCode: 4,
  },

  // Clusters, jobs, runs
  CLUSTER_ARCHIVED: {
    title: 'The cluster is archived',
    why: 'Cluster {cluster_id} was archived; it stays readable but takes no jobs and no agents.',
    fix: 'Create a new cluster.',
    httpStatus: 409,
    exitCode: 1,
  },
  CLUSTER_NOT_ACTIVE_IN_TIME: {
    title: 'Cluster did not become active within timeout',
    why: 'No heartbeat of an agent reached the control plane within {timeout_seconds} s, so cluster {cluster_id} stayed {status}.',
    fix: "Read the agent's log ({log_path}); check that the machine reaches {api_base} on port 443 and that the onboarding token was not used before.",
    httpStatus: 504,
    exitCode: 1,
  },
  CLUSTER_NOT_USABLE: {
    title: 'The cluster cannot run this benchmark',
    why: 'Cluster {cluster_id} is {status}.',
    fix: 'Start its agent (`radix agent`), or choose an active cluster from `radix cluster list`.',
    httpStatus: 409,
    exitCode: 1,
  },
  JOB_TRANSITION_INVALID: {
    title: 'The job cannot change in this way',
    why: 'Job {job_id} is {from}; it cannot become {to}.',
    fix: 'Read the job again: somebody else has ended it.',
    httpStatus: 409,
    exitCode: 1,
  },
  LEASE_STALE: {
    title: 'The lease is no longer held',
    why: 'Job {job_id} was leased again, ended or cancelled since; this lease may not change it.',
    fix: 'Stop working on the job and poll for the next one.',
    httpStatus: 409,
    exitCode: 1,
  },
  JOB_FAILED: {
    title: 'The benchmark job failed',
    why: 'Job {job_id} ended as {status}: {message}',
    fix: 'Read its log: `radix job logs {cluster_id} {job_id}`.',
    httpStatus: 500,
    exitCode: 1,
  },
  JOB_LOST: {
    title: 'The job was lost',
    why: 'Job {job_id} was running when its agent went away, and no result arrived: {message}',
    fix: 'Check the machine and the log of its agent, then start the benchmark again.',
    httpStatus: 500,
    exitCode: 1,
  },
  JOB_NOT_COMPLETED_IN_TIME: {
    title: 'Job did not complete within TTL',
    why: 'The run may last {ttl_minutes} minutes, and job {job_id} was still {status} at its deadline.',
    fix: 'Increase `--ttl-minutes`, reduce `--epochs` or `--batch-size`, or use a faster machine.',
    httpStatus: 504,
    exitCode: 1,
  },
  JOB_RESULT_INVALID: {
    title: 'The job reported a result that cannot be used',
    why: 'Job {job_id} said it succeeded, but its result does not match radix.result/v1: {message}',
    fix: 'Update the agent and the workload to versions that match this harness (`radix --version`).',
    httpStatus: 502,
    exitCode: 1,
  },
  RUN_TTL_EXCEEDED: {
    title: 'The run reached its deadline',
    why: 'The run may last {ttl_minutes} minutes; the deadline came during {step}. Everything it started was taken down.',
    fix: 'Increase `--ttl-minutes`, or find out why {step} took so long: `radix bench show {run_id}`.',
    httpStatus: 504,
    exitCode: 1,
  },
  RUN_NOT_FOUND: {
    title: 'No such run on this machine',
    why: 'There is no journal of run {run_id} in {directory}.',
    fix: 'List what there is with `radix bench list`; give the id as it is shown there.',
    httpStatus: 404,
    exitCode: 2,
  },
  RUN_IN_PROGRESS: {
    title: 'The run is being worked on by another process',
    why: 'Process {pid} holds run {run_id}.',
    fix: 'Wait for it, or stop it first (`kill {pid}`): it cleans up after itself.',
    httpStatus: 409,
    exitCode: 1,
  },
  RUN_CANCELLED: {
    title: 'The run was cancelled',
    why: 'Run {run_id} was asked to stop by {requested_by}; everything it started was taken down.',
    fix: 'Start it again with `radix bench run`.',
    httpStatus: 409,
    exitCode: 130,
  },
  RUN_ALREADY_STARTED: {
    title: 'The run was started before',
    why: 'There is a journal of run {run_id} already.',
    fix: 'Go on with it: `radix bench resume {run_id}`, or end it: `radix bench cleanup {run_id}`.',
    httpStatus: 409,
    exitCode: 2,
  },
  RUN_ALREADY_FINISHED: {
    title: 'The run has ended',
    why: 'Run {run_id} ended as {status}; there is nothing to resume.',
    fix: 'See it with `radix bench show {run_id}`, or start a new one with `radix bench run`.',
    httpStatus: 409,
    exitCode: 2,
  },
  RUN_TRANSITION_INVALID: {
    title: 'The run cannot change in this way',
    why: 'Run {run_id} is {from}; it cannot become {to}.',
    fix: 'Read the run again: it has ended.',
    httpStatus: 409,
    exitCode: 1,
  },
  JOURNAL_DAMAGED: {
    title: 'The journal of the run is damaged',
    why: 'Line {line} of {path} cannot be read: {reason}',
    fix: 'Keep the file, and clean up by tags: `radix bench cleanup {run_id} --provider <provider>`.',
    httpStatus: 500,
    exitCode: 1,
  },
  STEP_TIMED_OUT: {
    title: 'A step took too long',
    why: 'Step {step} did not finish within {timeout_seconds} s.',
    fix: 'See what it waited for with `radix bench show {run_id}`.',
    httpStatus: 504,
    exitCode: 1,
  },
  PREFLIGHT_FAILED: {
    title: 'The run cannot start',
    why: '{count} of the checks made before anything is started did not pass: {findings}',
    fix: 'Apply the fix shown beside each finding, then run again; `--dry-run` makes the checks alone.',
    httpStatus: 412,
    exitCode: 2,
  },
  LAUNCH_FAILED: {
    title: 'Failed to launch the machine',
    why: 'Provider {provider} could not launch it: {message}',
    fix: "Read the cause below; the machine's log: {log_path}.",
    httpStatus: 502,
    exitCode: 1,
  },
  LAUNCH_UNANSWERED: {
    title: 'The provider did not answer the launch',
    why: 'Whether provider {provider} launched {placement} is not known: {message}',
    fix: 'Nothing needs to be done: what may have been launched is looked for and terminated. Then run again.',
    httpStatus: 502,
    exitCode: 1,
  },
  LAUNCH_CAPACITY: {
    title: 'There is no capacity for the machine',
    why: 'Provider {provider} has none for {placement} now: {message}',
    fix: 'Try later, or give more choices: `--instance-type` and `--subnet-id` take several, `--spot` falls back to on-demand.',
    httpStatus: 503,
    exitCode: 5,
  },
  COST_LIMIT: {
    title: 'The run could cost more than allowed',
    why: 'Until its deadline it may cost {worst_case_usd} USD ({source}); the limit is {max_cost_usd} USD.',
    fix: 'Lower `--ttl-minutes`, take a cheaper `--instance-type`, or raise `--max-cost-usd`.',
    httpStatus: 412,
    exitCode: 6,
  },
  AWS_CREDENTIALS_INVALID: {
    title: 'AWS does not take the credentials',
    why: '{message}',
    fix: 'Sign in again (`aws sso login`, or the role of the workflow), and check with `aws sts get-caller-identity`.',
    httpStatus: 401,
    exitCode: 4,
  },
  AWS_CREDENTIALS_SHORT: {
    title: 'The AWS credentials end before the run may',
    why: 'They are valid for {left_minutes} more minutes; the run may last {ttl_minutes} and must then still be able to terminate.',
    fix: 'Take a role session that lasts longer (`role-duration-seconds`), or lower `--ttl-minutes`.',
    httpStatus: 412,
    exitCode: 4,
  },
  AWS_ACCESS_DENIED: {
    title: 'The AWS role may not do this',
    why: '{message}',
    fix: 'Let `radix aws init` make the role, or add the action to it (docs/AWS_SETUP.md lists them all); `radix aws doctor` checks.',
    httpStatus: 403,
    exitCode: 4,
  },
  AWS_ACTION_DENIED: {
    title: 'AWS does not let you prepare the account',
    why: 'Your AWS identity may not do {action}. {message}',
    fix: 'Allow it {action} (docs/AWS_SETUP.md lists all that is needed), or let an administrator run the command. What was done before stays, and the next run goes on from there.',
    httpStatus: 403,
    exitCode: 4,
  },
  AWS_RESOURCE_NOT_OURS: {
    title: 'The AWS account has something of that name that is not from Radix',
    why: 'Without the tag ManagedBy=radix: {resources}. Nothing was changed.',
    fix: 'Rename or remove it; or tag it ManagedBy=radix yourself, if Radix may change it and remove it.',
    httpStatus: 409,
    exitCode: 2,
  },
  AWS_RESOURCE_IN_USE: {
    title: 'Something in the AWS account is still in use',
    why: '{resource}: {reason}',
    fix: '{remedy}',
    httpStatus: 409,
    exitCode: 1,
  },
  GITHUB_SECRET_NOT_SET: {
    title: 'The secret could not be set in GitHub',
    why: '`gh secret set {name} --repo {repository}` failed: {message}',
    fix: 'Sign in with `gh auth login` and run the command again, or set it by hand in Settings → Secrets and variables → Actions.',
    httpStatus: 502,
    exitCode: 1,
  },
  AWS_QUOTA_EXCEEDED: {
    title: 'The AWS account has no quota left for the machine',
    why: 'For {placement}: {message}',
    fix: 'Ask for more vCPUs: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-DB2E81BA --desired-value 8` (spot: L-3819A6DF).',
    httpStatus: 412,
    exitCode: 5,
  },
  AWS_CALL_FAILED: {
    title: 'AWS did not do what it was asked',
    why: '{message}',
    fix: 'Try again; see https://health.aws.amazon.com when it lasts.',
    httpStatus: 502,
    exitCode: 1,
  },
  AWS_IMAGE_UNUSABLE: {
    title: 'The AMI cannot be used',
    why: '{ami_id} in {region}: {reason}',
    fix: 'Leave `--ami-id` out to get the newest Deep Learning AMI of the region, or name one of the region and of architecture x86_64.',
    httpStatus: 412,
    exitCode: 2,
  },
  AWS_INSTANCE_TYPE_UNUSABLE: {
    title: 'The instance type is not offered there',
    why: '{instance_type} is not offered in {place}.',
    fix: 'Choose another `--instance-type` or `--subnet-id`: `aws ec2 describe-instance-type-offerings --location-type availability-zone --filters Name=instance-type,Values={instance_type}`.',
    httpStatus: 412,
    exitCode: 2,
  },
  AWS_NETWORK_UNUSABLE: {
    title: 'The network does not let the machine out',
    why: '{reason}',
    fix: '{remedy}',
    httpStatus: 412,
    exitCode: 2,
  },
  AWS_PROFILE_UNUSABLE: {
    title: 'The instance profile cannot be used',
    why: '{profile}: {reason}',
    fix: 'Let `radix aws init` make it, or name another with `--instance-profile-name`.',
    httpStatus: 412,
    exitCode: 2,
  },
  API_BASE_NOT_PUBLIC: {
    title: 'The control plane cannot be reached from the machine',
    why: '{api_base}: {reason}',
    fix: 'Give `--api-base` an https address that is reachable from the internet (or from the VPC); the embedded control plane serves this machine alone.',
    httpStatus: 412,
    exitCode: 2,
  },
  TERMINATION_UNCONFIRMED: {
    title: 'Instance termination failed',
    why: 'Provider {provider} did not confirm within {timeout_seconds} s that machine {machine_id} is gone. It may still cost money.',
    fix: 'Run `radix bench cleanup {run_id}`, and check the machine yourself until it is gone.',
    httpStatus: 502,
    exitCode: 7,
  },

  // Reaching the control plane
  API_UNREACHABLE: {
    title: 'The control plane cannot be reached',
    why: 'No answer from {api_base}: {reason}.',
    fix: 'Check the address (`curl {api_base}/healthz`) and `--api-base`, or leave it out to use a control plane on this machine.',
    httpStatus: 502,
    exitCode: 1,
  },
  NO_CONTROL_PLANE: {
    title: 'There is no control plane to talk to',
    why: 'No `--api-base` was given, and no server runs on the data directory {directory}.',
    fix: 'Start one with `radix server`, or give the address of yours with `--api-base` or RADIX_API_BASE.',
    httpStatus: 502,
    exitCode: 2,
  },
  CONTROL_PLANE_BUSY: {
    title: 'The control plane of this data directory belongs to another command',
    why: 'Process {pid} started it for itself ({url}) and will stop it when it is done.',
    fix: 'Wait for it to end; or start `radix server` first, which serves any number of runs; or give another `--data-dir`.',
    httpStatus: 409,
    exitCode: 2,
  },
  EMBEDDED_SERVER_FAILED: {
    title: 'The control plane of this run did not start',
    why: '{reason}',
    fix: 'Read {log_path}, or start a server yourself (`radix server`) and run again.',
    httpStatus: 500,
    exitCode: 1,
  },
  API_UNEXPECTED_ANSWER: {
    title: 'The control plane gave an answer that cannot be understood',
    why: '{method} {path} was answered with status {status} and a body outside the contract: {reason}',
    fix: 'Check that {api_base} is a Radix control plane, and that its version fits (`curl {api_base}/healthz`).',
    httpStatus: 502,
    exitCode: 1,
  },

  // Server
  DATA_DIRECTORY_IN_USE: {
    title: 'Another server uses this data directory',
    why: 'Process {pid} serves {directory}.',
    fix: 'Use that server ({url}), stop it (`kill {pid}`), or give another directory with `--data-dir`.',
    httpStatus: 500,
    exitCode: 2,
  },
  DATA_DIRECTORY_UNUSABLE: {
    title: 'The data directory cannot be used',
    why: '{directory}: {reason}',
    fix: 'Give a folder that you own with `--data-dir`, or correct its owner and mode.',
    httpStatus: 500,
    exitCode: 2,
  },
  PORT_IN_USE: {
    title: 'The port is in use',
    why: 'Another process listens on {host}:{port}.',
    fix: 'Choose another with `--port` (0 takes a free one), or stop the other process (`ss -ltnp "sport = :{port}"` shows it).',
    httpStatus: 500,
    exitCode: 2,
  },
  DATABASE_UNREACHABLE: {
    title: 'The database cannot be reached',
    why: '{database}: {reason}',
    fix: 'Check DATABASE_URL (`psql "$DATABASE_URL" -c "select 1"`), or unset it to use the embedded database.',
    httpStatus: 503,
    exitCode: 1,
  },
  DATABASE_START_FAILED: {
    title: 'The embedded database did not start',
    why: '{reason}',
    fix: 'Read {log_path}; or run a PostgreSQL of your own and set DATABASE_URL.',
    httpStatus: 500,
    exitCode: 1,
  },
  DATABASE_MIGRATION_FAILED: {
    title: 'The database could not be brought up to date',
    why: 'Migration {migration} failed: {reason}. The database is as it was before it.',
    fix: 'Check that this Radix is not older than the database, and that its user may create tables.',
    httpStatus: 500,
    exitCode: 1,
  },

  // Agent
  AGENT_NOT_ONBOARDED: {
    title: 'The agent has no token for its cluster',
    why: 'There is no cluster token in {state_directory}, and no onboarding token was given.',
    fix: 'Create one with `radix cluster onboard {cluster_id}` and pass it in RADIX_ONBOARDING_TOKEN or `--onboarding-token-file`.',
    httpStatus: 500,
    exitCode: 4,
  },
  AGENT_ALREADY_RUNNING: {
    title: 'Another agent uses this state directory',
    why: 'Process {pid} holds {state_directory}.',
    fix: 'Stop it (`kill {pid}`), or give this one its own `--state-dir`.',
    httpStatus: 500,
    exitCode: 2,
  },
  PYTORCH_NOT_FOUND: {
    title: 'No Python with PyTorch was found',
    why: 'The workload needs one; looked at: {looked_at}.',
    fix: 'Set RADIX_PYTHON to a Python that has PyTorch (`python3 -m pip install torch`, or `apt-get install python3-torch`).',
    httpStatus: 500,
    exitCode: 2,
  },
  JOB_KIND_UNKNOWN: {
    title: 'The agent does not know this kind of job',
    why: 'Job kind {job_kind} is not one that agent version {agent_version} can run.',
    fix: 'Update the agent.',
    httpStatus: 422,
    exitCode: 1,
  },
  JOB_PARAMS_INVALID: {
    title: 'The parameters of the job are not valid',
    why: '{message}',
    fix: 'Correct the parameter and launch the job again.',
    httpStatus: 400,
    exitCode: 2,
  },

  // Workload: the codes that workloads/resnet50/train.py reports
  WORKLOAD_USAGE: {
    title: 'The workload refused its parameters',
    why: '{message}',
    fix: 'See `python workloads/resnet50/train.py --help`.',
    httpStatus: 400,
    exitCode: 2,
  },
  WORKLOAD_NO_GPU: {
    title: 'There is no GPU',
    why: '{message}',
    fix: 'Run on a machine with an NVIDIA GPU and driver (`nvidia-smi`), or allow the CPU with `--allow-cpu`: its numbers only prove the flow.',
    httpStatus: 422,
    exitCode: 1,
  },
  WORKLOAD_OUT_OF_MEMORY: {
    title: 'The workload ran out of memory',
    why: '{message}',
    fix: 'Lower `--batch-size` (halve it first) or `--image-size`, or use a machine with more memory.',
    httpStatus: 422,
    exitCode: 1,
  },
  WORKLOAD_NON_FINITE_LOSS: {
    title: 'The loss is not finite',
    why: '{message}',
    fix: 'Do not use the number: repeat with `--recipe reference`; if it happens again the GPU may be broken (`nvidia-smi -q -d ECC`).',
    httpStatus: 422,
    exitCode: 1,
  },
  WORKLOAD_NO_PYTORCH: {
    title: 'The Python of the workload has no PyTorch',
    why: '{message}',
    fix: 'Set RADIX_PYTHON to a Python that has PyTorch (`python3 -m pip install torch`, or `apt-get install python3-torch`).',
    httpStatus: 422,
    exitCode: 2,
  },
  WORKLOAD_TIMED_OUT: {
    title: 'The workload ran into its time limit',
    why: 'The job may take {timeout_seconds} s and was stopped then.',
    fix: 'Increase `--ttl-minutes`, or reduce `--epochs`, `--steps-per-epoch` or `--batch-size`.',
    httpStatus: 504,
    exitCode: 1,
  },
  WORKLOAD_CANCELLED: {
    title: 'The workload was stopped',
    why: '{message}',
    fix: 'Launch it again if it was not meant to stop.',
    httpStatus: 409,
    exitCode: 1,
  },
  WORKLOAD_KILLED: {
    title: 'The workload was killed',
    why: '{message}',
    fix: 'See who did it: `dmesg` names what the kernel ended for want of memory, `docker events --since 1h` who ended a container.',
    httpStatus: 500,
    exitCode: 1,
  },
  WORKLOAD_IMAGE_NOT_ALLOWED: {
    title: 'The image of the workload is not allowed',
    why: 'The agent may run images of these repositories: {allowed}; {image} is of none of them.',
    fix: 'Add its repository, without a tag, to RADIX_ALLOWED_IMAGES of the agent, or choose another RADIX_WORKLOAD_IMAGE.',
    httpStatus: 403,
    exitCode: 2,
  },
  WORKLOAD_IMAGE_MISSING: {
    title: 'The image of the workload cannot be had',
    why: 'The engine has no {image}, and pulling it failed: {reason}',
    fix: 'Check the reference with `docker pull {image}` on the machine; an image that needs a sign-in must be pulled before the agent starts.',
    httpStatus: 424,
    exitCode: 2,
  },
  CONTAINER_ENGINE_UNREACHABLE: {
    title: 'The Docker engine cannot be reached',
    why: '{socket}: {reason}',
    fix: 'Start it (`sudo systemctl start docker`), let the agent use its socket (group `docker`), or name another with DOCKER_HOST=unix://…; without Docker: `--executor process`.',
    httpStatus: 424,
    exitCode: 2,
  },
  CONTAINER_GPU_RUNTIME_MISSING: {
    title: 'The Docker engine cannot give a GPU to a container',
    why: 'There is a GPU, and the engine refused it to the container: {reason}',
    fix: 'Install the NVIDIA Container Toolkit (`sudo apt-get install nvidia-container-toolkit && sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`), or use `--executor process`.',
    httpStatus: 424,
    exitCode: 2,
  },
  CONTAINER_START_FAILED: {
    title: 'The container of the workload cannot be started',
    why: 'Image {image}: {reason}',
    fix: 'Check that the image is one of `deploy/docker/resnet50.Dockerfile`, for the architecture of the machine.',
    httpStatus: 424,
    exitCode: 1,
  },
  WORKLOAD_FAILED: {
    title: 'The workload failed',
    why: '{message}',
    fix: "Read the last lines of its log, which are in the job's events and in the evidence.",
    httpStatus: 500,
    exitCode: 1,
  },

  // Evidence
  EVIDENCE_INVALID: {
    title: 'The evidence does not match its schema',
    why: '{path}: {reason}',
    fix: 'Use the file as it was written by `radix bench run`; do not edit it.',
    httpStatus: 400,
    exitCode: 1,
  },
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof ERRORS

type Placeholder<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never

/** The values that an error's templates need. */
export type ErrorParams<C extends ErrorCode> = Record<
  Placeholder<(typeof ERRORS)[C]['why']> | Placeholder<(typeof ERRORS)[C]['fix']>,
  string | number
>
