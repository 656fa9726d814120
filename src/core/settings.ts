/** Every environment variable that Radix reads: the source of docs/configuration.md. A test finds one that is missing. */

export interface Setting {
  name: string
  /** What it sets, as a clause without a full stop. */
  what: string
  /** The default; null if there is none. */
  fallback: string | null
  isSecret?: boolean
}

export const SETTINGS: Readonly<Record<string, readonly Setting[]>> = {
  Everywhere: [
    {
      name: 'RADIX_DATA_DIR',
      what: 'the data directory',
      fallback: '`/var/lib/radix` for root, else `radix` in `XDG_DATA_HOME` or `~/.local/share`',
    },
    { name: 'RADIX_LOG_LEVEL', what: '`debug`, `info`, `warn`, `error` or `silent`', fallback: '`info`' },
    {
      name: 'RADIX_PYTHON',
      what: 'the Python that runs the workload; it needs PyTorch',
      fallback: 'one that is found, or set up',
    },
    {
      name: 'RADIX_TORCH_INDEX_URL',
      what: 'set-up of a clone: the package index that PyTorch comes from',
      fallback: "PyTorch's own index for the CPU",
    },
    { name: 'HTTPS_PROXY', what: 'the proxy for https; `HTTP_PROXY` for http', fallback: 'none' },
    { name: 'NO_PROXY', what: 'hosts that are reached without it, with commas', fallback: 'none' },
    { name: 'NO_COLOR', what: 'any value turns colours off', fallback: 'colours on a terminal' },
  ],
  'Commands and the Action': [
    { name: 'RADIX_API_BASE', what: 'the control plane', fallback: 'the one of the data directory' },
    { name: 'RADIX_TOKEN', what: 'a user token for it', fallback: 'the other ways to sign in', isSecret: true },
    {
      name: 'RADIX_COGNITO_USER_POOL_ID',
      what: 'the user pool; on the server, tokens of it are accepted',
      fallback: null,
    },
    { name: 'RADIX_COGNITO_CLIENT_ID', what: 'its client; on the server, several with commas', fallback: null },
    { name: 'RADIX_COGNITO_CLIENT_SECRET', what: 'the secret of that client', fallback: null, isSecret: true },
    { name: 'RADIX_TEST_USERNAME', what: 'the user of the pool to sign in as', fallback: null },
    { name: 'RADIX_TEST_PASSWORD', what: 'the password of that user', fallback: null, isSecret: true },
    {
      name: 'RADIX_GITHUB_AUDIENCE',
      what: 'the audience of GitHub tokens, on both sides',
      fallback: 'commands: the address of the control plane; the server needs it with RADIX_GITHUB_GRANTS',
    },
    {
      name: 'RADIX_SIGNING_KEY',
      what: 'the Ed25519 key (PEM, PKCS #8) that signs evidence',
      fallback: '`signing-key.pem` of the data directory',
      isSecret: true,
    },
  ],
  'Machines on EC2': [
    { name: 'AWS_REGION', what: 'the region (`AWS_DEFAULT_REGION` after it)', fallback: '`us-west-2`' },
    {
      name: 'BENCH_AGENT_IMAGE',
      what: "the agent's container image",
      fallback: '`ghcr.io/iangreen74/radix-agent:latest`',
    },
    { name: 'BENCH_AMI_ID', what: 'the image', fallback: 'the newest Deep Learning AMI' },
    { name: 'BENCH_SUBNET_ID', what: 'the subnets, with commas', fallback: 'those of the default VPC' },
    { name: 'BENCH_SECURITY_GROUP_ID', what: 'the security group', fallback: 'the one that `radix aws init` makes' },
    {
      name: 'BENCH_INSTANCE_PROFILE_NAME',
      what: 'the instance profile',
      fallback: 'the one that `radix aws init` makes',
    },
    { name: 'BENCH_FALLBACK_REGIONS', what: 'regions for where there is no capacity, with commas', fallback: 'none' },
  ],
  'The control plane': [
    { name: 'DATABASE_URL', what: 'a PostgreSQL of yours', fallback: 'the embedded one', isSecret: true },
    { name: 'RADIX_PUBLIC_URL', what: 'how browsers reach it', fallback: 'no sign-in at an issuer' },
    {
      name: 'RADIX_LOCAL_ISSUER',
      what: '`1`: tokens of the data directory are accepted; `0`: they are not',
      fallback: '`1` where no issuer and no user pool is set, else `0`',
    },
    {
      name: 'RADIX_OIDC_ISSUERS',
      what: 'issuers whose user tokens are accepted (JSON; docs/API.md)',
      fallback: 'none',
    },
    {
      name: 'RADIX_COGNITO_TOKEN_USE',
      what: 'the kinds of Cognito token that are accepted, with commas: `id`, `access`',
      fallback: '`id`',
    },
    { name: 'RADIX_COGNITO_JWKS_URI', what: 'where the keys of the user pool are', fallback: "AWS's own address" },
    {
      name: 'RADIX_COGNITO_DISCOVERY_URL',
      what: 'where the user pool describes itself',
      fallback: "AWS's own address",
    },
    {
      name: 'RADIX_COGNITO_SIGN_IN_CLIENT_ID',
      what: 'the client of the dashboard (docs/SIGN_IN.md)',
      fallback: 'no sign-in by Cognito',
    },
    { name: 'RADIX_COGNITO_SIGN_IN_CLIENT_SECRET', what: 'the secret of that client', fallback: null, isSecret: true },
    {
      name: 'RADIX_TENANT',
      what: 'the tenant of users whose issuer names none of its own',
      fallback: 'the claim of RADIX_TENANT_CLAIM',
    },
    {
      name: 'RADIX_TENANT_CLAIM',
      what: 'the claim of a token that names the tenant',
      fallback: '`custom:tenant_id` for Cognito, `tenant_id` for other issuers',
    },
    { name: 'RADIX_GITHUB_GRANTS', what: 'which repositories may act for which tenant (JSON)', fallback: 'none' },
    { name: 'RADIX_GITHUB_ISSUER', what: "the issuer of GitHub's tokens", fallback: "github.com's" },
    {
      name: 'RADIX_TRUSTED_PROXIES',
      what: 'addresses and networks whose X-Forwarded-For is believed',
      fallback: 'none',
    },
    {
      name: 'RADIX_RETENTION_DAYS',
      what: 'days that events of finished jobs, used tokens and ended journals are kept',
      fallback: '90',
    },
    { name: 'RADIX_RATE_LIMIT_PER_MINUTE', what: 'requests of one caller', fallback: '6000' },
    { name: 'RADIX_TRUSTED_SIGNING_KEYS', what: 'ids of keys that sign evidence, with commas', fallback: 'none' },
  ],
  'The agent': [
    { name: 'RADIX_CLUSTER_ID', what: 'the cluster that it joins', fallback: null },
    { name: 'RADIX_ONBOARDING_TOKEN', what: 'its onboarding token', fallback: 'a file', isSecret: true },
    { name: 'RADIX_ONBOARDING_TOKEN_FILE', what: 'the file with that token; deleted after use', fallback: null },
    {
      name: 'RADIX_AGENT_STATE_DIR',
      what: 'where token, jobs and results are kept',
      fallback: 'a folder of the data directory',
    },
    { name: 'RADIX_AGENT_DEADLINE', what: 'when everything ends (RFC 3339)', fallback: 'never' },
    {
      name: 'RADIX_AGENT_UNREACHABLE_EXIT_SECONDS',
      what: 'after how long without the control plane it ends',
      fallback: 'never',
    },
    { name: 'RADIX_EXECUTOR', what: '`process` or `docker`', fallback: '`process`' },
    {
      name: 'RADIX_WORKLOAD_IMAGE',
      what: 'executor docker: the image that jobs run in',
      fallback: 'none: the agent does not start without it',
    },
    {
      name: 'RADIX_ALLOWED_IMAGES',
      what: 'executor docker: repositories that it may be of, with commas',
      fallback: 'none: the agent does not start without it',
    },
    {
      name: 'RADIX_KERNEL_LOG',
      what: "a copy of the kernel's log, for an agent that is not root",
      fallback: "the kernel's log",
    },
    {
      name: 'DOCKER_HOST',
      what: 'executor docker: the socket of the engine',
      fallback: '`unix:///var/run/docker.sock`',
    },
  ],
}
