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
      fallback: 'a Python that is found or installed',
    },
    {
      name: 'RADIX_TORCH_INDEX_URL',
      what: 'the package index from which a clone installs PyTorch',
      fallback: "PyTorch's own index for the CPU",
    },
    { name: 'HTTPS_PROXY', what: 'the proxy for https; for http use `HTTP_PROXY`', fallback: 'none' },
    { name: 'NO_PROXY', what: 'hosts that bypass the proxy, separated by commas', fallback: 'none' },
    { name: 'NO_COLOR', what: 'any value turns colours off', fallback: 'colours on a terminal' },
  ],
  'Commands and the Action': [
    { name: 'RADIX_API_BASE', what: 'the control plane', fallback: 'the control plane of the data directory' },
    {
      name: 'RADIX_TOKEN',
      what: 'a user token for the control plane',
      fallback: 'the other ways to sign in',
      isSecret: true,
    },
    {
      name: 'RADIX_COGNITO_USER_POOL_ID',
      what: 'the Cognito user pool; the server accepts its tokens',
      fallback: null,
    },
    {
      name: 'RADIX_COGNITO_CLIENT_ID',
      what: 'the app client of the pool; on the server, one or more, separated by commas',
      fallback: null,
    },
    { name: 'RADIX_COGNITO_CLIENT_SECRET', what: 'the secret of that client', fallback: null, isSecret: true },
    { name: 'RADIX_TEST_USERNAME', what: 'the user of the pool to sign in as', fallback: null },
    { name: 'RADIX_TEST_PASSWORD', what: 'the password of that user', fallback: null, isSecret: true },
    {
      name: 'RADIX_GITHUB_AUDIENCE',
      what: 'the audience of GitHub tokens, for commands and the server',
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
    { name: 'AWS_REGION', what: 'the region; takes precedence over `AWS_DEFAULT_REGION`', fallback: '`us-west-2`' },
    {
      name: 'BENCH_AGENT_IMAGE',
      what: "the agent's container image",
      fallback: 'none: the machine gets the agent from the control plane',
    },
    { name: 'BENCH_AMI_ID', what: 'the AMI', fallback: 'the newest Deep Learning AMI' },
    { name: 'BENCH_SUBNET_ID', what: 'the subnets, separated by commas', fallback: 'those of the default VPC' },
    { name: 'BENCH_SECURITY_GROUP_ID', what: 'the security group', fallback: 'the one that `radix aws init` creates' },
    {
      name: 'BENCH_CAPACITY_RESERVATION_ID',
      what: 'the Capacity Reservation or Capacity Block to use',
      fallback: 'none',
    },
    {
      name: 'BENCH_INSTANCE_PROFILE_NAME',
      what: 'the instance profile',
      fallback: 'the one that `radix aws init` creates',
    },
    {
      name: 'BENCH_FALLBACK_REGIONS',
      what: 'regions to try if the first has no capacity, separated by commas',
      fallback: 'none',
    },
  ],
  'The control plane': [
    { name: 'DATABASE_URL', what: 'the PostgreSQL database', fallback: 'the embedded one', isSecret: true },
    { name: 'RADIX_PUBLIC_URL', what: 'the address for browsers', fallback: 'none: sign-in at an issuer is off' },
    {
      name: 'RADIX_LOCAL_ISSUER',
      what: 'whether tokens of the local issuer are accepted: `1` or `0`',
      fallback: '`1` if no issuer and no user pool is set, otherwise `0`',
    },
    {
      name: 'RADIX_OIDC_ISSUERS',
      what: 'issuers whose user tokens are accepted (JSON; docs/API.md)',
      fallback: 'none',
    },
    {
      name: 'RADIX_COGNITO_TOKEN_USE',
      what: 'the accepted kinds of Cognito token, separated by commas: `id`, `access`',
      fallback: '`id`',
    },
    { name: 'RADIX_COGNITO_JWKS_URI', what: 'the address of the keys of the user pool', fallback: "AWS's own address" },
    {
      name: 'RADIX_COGNITO_DISCOVERY_URL',
      what: 'the address of the discovery document of the user pool',
      fallback: "AWS's own address",
    },
    {
      name: 'RADIX_COGNITO_SIGN_IN_CLIENT_ID',
      what: 'the app client of the dashboard (docs/SIGN_IN.md)',
      fallback: 'none: sign-in with Cognito is off',
    },
    { name: 'RADIX_COGNITO_SIGN_IN_CLIENT_SECRET', what: 'the secret of that client', fallback: null, isSecret: true },
    {
      name: 'RADIX_TENANT',
      what: 'the tenant of users whose issuer has no tenant setting of its own',
      fallback: 'the claim of RADIX_TENANT_CLAIM',
    },
    {
      name: 'RADIX_TENANT_CLAIM',
      what: 'the claim of a token that names the tenant',
      fallback: '`custom:tenant_id` for Cognito, `tenant_id` for other issuers',
    },
    { name: 'RADIX_GITHUB_GRANTS', what: 'the repositories that may act for each tenant (JSON)', fallback: 'none' },
    { name: 'RADIX_GITHUB_ISSUER', what: "the issuer of GitHub's tokens", fallback: "github.com's" },
    {
      name: 'RADIX_TRUSTED_PROXIES',
      what: 'proxies whose X-Forwarded-For is trusted (addresses and networks)',
      fallback: 'none',
    },
    {
      name: 'RADIX_NODE_REGISTRY',
      what: "the npm registry with the Node for agents whose platform is not the server's",
      fallback: '`https://registry.npmjs.org`',
    },
    {
      name: 'RADIX_RETENTION_DAYS',
      what: 'retention in days of events of finished jobs, used tokens and ended journals',
      fallback: '90',
    },
    {
      name: 'RADIX_WEBHOOK_PRIVATE_NETWORKS',
      what: 'addresses and networks beyond the public internet that webhooks may reach, also by http',
      fallback: 'none',
    },
    {
      name: 'RADIX_AUDIT_RETENTION_DAYS',
      what: 'retention in days of the audit log, at least 30',
      fallback: '365',
    },
    {
      name: 'RADIX_DEFAULT_ROLE',
      what: 'the role of users without one, in a tenant that has set none: `viewer`, `operator` or `admin`',
      fallback: '`admin`',
    },
    {
      name: 'RADIX_ADMINS',
      what: 'users who are admins whatever the database says, separated by commas: `https://issuer.example.com#sub`',
      fallback: 'none',
    },
    { name: 'RADIX_RATE_LIMIT_PER_MINUTE', what: 'the requests per minute of one caller', fallback: '6000' },
    {
      name: 'RADIX_TRUSTED_SIGNING_KEYS',
      what: 'ids of trusted keys for evidence, separated by commas',
      fallback: 'none',
    },
  ],
  'The agent': [
    { name: 'RADIX_CLUSTER_ID', what: 'the cluster that the agent joins', fallback: null },
    {
      name: 'RADIX_ONBOARDING_TOKEN',
      what: 'the onboarding token',
      fallback: 'RADIX_ONBOARDING_TOKEN_FILE',
      isSecret: true,
    },
    {
      name: 'RADIX_ONBOARDING_TOKEN_FILE',
      what: 'the file with the onboarding token; deleted after use',
      fallback: null,
    },
    {
      name: 'RADIX_AGENT_STATE_DIR',
      what: 'the folder for the cluster token, jobs and results',
      fallback: 'a folder of the data directory',
    },
    {
      name: 'RADIX_RELAY_FILE',
      what: 'a relay file: the agent then reaches the control plane through the relay only',
      fallback: 'none',
    },
    { name: 'RADIX_AGENT_DEADLINE', what: 'when the agent and its jobs end (RFC 3339)', fallback: 'never' },
    {
      name: 'RADIX_AGENT_UNREACHABLE_EXIT_SECONDS',
      what: 'seconds without the control plane after which the agent ends',
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
      what: 'executor docker: the allowed repositories for that image, separated by commas',
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
