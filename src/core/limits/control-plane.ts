import type { LimitTable } from './limit.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

export const CONTROL_PLANE_LIMITS = {
  jobTimeoutGrace: {
    value: 2 * MINUTE,
    unit: 'ms',
    of: 'run time of a job beyond its `timeout_seconds`',
    effect: 'The server ends the job as `failed` with `WORKLOAD_TIMED_OUT`, even if its agent renews the lease.',
  },
  jobCancelGrace: {
    value: 5 * MINUTE,
    unit: 'ms',
    of: 'time from the cancellation of a job to its end',
    effect: 'The server ends the job as `cancelled`, and accepts no further reports about it.',
  },
  runDeadlineGrace: {
    value: 60 * MINUTE,
    unit: 'ms',
    of: 'run time of a run beyond its deadline',
    effect:
      'The server ends the run as `termination_unconfirmed` if its machine was not reported as terminated, otherwise as `failed`.',
  },
  jobEvents: {
    value: 1_000_000,
    unit: 'count',
    of: 'stored events of one job',
    effect: 'Later events are accepted but not stored. The result of the job is still stored.',
  },
  queuedJobs: {
    value: 1000,
    unit: 'count',
    of: 'queued jobs of one cluster',
    effect: 'A new job is refused with `JOB_QUEUE_FULL`.',
  },
  retention: {
    value: 90 * 24 * 60 * MINUTE,
    unit: 'ms',
    of: 'age of events of finished jobs, used or revoked tokens, and journals of ended runs',
    effect: 'They are deleted. Clusters, jobs, runs and evidence are kept.',
    setting: 'RADIX_RETENTION_DAYS',
  },
  deletedAtOnce: {
    value: 10_000,
    unit: 'count',
    of: 'rows that one clean-up statement deletes',
    effect: 'The next sweep deletes more.',
  },
  jobMetrics: {
    value: 64,
    unit: 'count',
    of: 'metrics that an agent reports for a job',
    effect: 'The others are omitted. The result of the job contains all of them.',
  },
  jobMetric: {
    value: 1000,
    unit: 'characters',
    of: 'one metric, or the latest progress, of a job as JSON',
    effect: 'A longer one is omitted.',
  },
  errorMessage: {
    value: 16_384,
    unit: 'characters',
    of: 'the error message of a job',
    effect: 'The middle is cut out, with a note about its length.',
  },
  // What a request may be
  requestBody: {
    value: 64 * 1024,
    unit: 'bytes',
    of: 'the body of a request, unless its route has another limit',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  jsonSetting: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'a JSON setting (`RADIX_OIDC_ISSUERS`, `RADIX_GITHUB_GRANTS`)',
    effect: 'The server does not start (`CONFIGURATION_INVALID`).',
  },
  cursor: {
    value: 1000,
    unit: 'characters',
    of: 'the `cursor` of a list',
    effect: 'The request is refused with `CURSOR_INVALID`.',
  },
  idempotencyKey: {
    value: 200,
    unit: 'characters',
    of: 'an `Idempotency-Key`',
    effect: 'The request is refused with `REQUEST_INVALID`.',
  },
  echo: {
    value: 200,
    unit: 'characters',
    of: 'the part of a request that an error quotes',
    effect: 'The rest is cut off, and the error says how much.',
  },
  namedMembers: {
    value: 20,
    unit: 'count',
    of: 'invalid members of a request that an error names',
    effect: 'The others are omitted.',
  },
  rateLimitCounts: {
    value: 50_000,
    unit: 'count',
    of: 'addresses and credentials tracked for rate limits at the same time',
    effect: 'The oldest count is dropped.',
  },
  requestReceipt: {
    value: 120_000,
    unit: 'ms',
    of: 'time to receive one request; a long poll starts after that',
    effect: 'The connection is closed.',
  },
  // The database
  databaseConnect: {
    value: 5000,
    unit: 'ms',
    of: 'one attempt to connect to the database',
    effect: 'At start-up the server exits with `DATABASE_UNREACHABLE`. Later, the request fails with `UNAVAILABLE`.',
  },
  databaseStatement: {
    value: 30_000,
    unit: 'ms',
    of: 'one SQL statement',
    effect: 'The database cancels it, and the request fails with `UNAVAILABLE`.',
  },
  databaseConnections: {
    value: 10,
    unit: 'count',
    of: 'connections to the database',
    effect: 'Requests wait for a free connection.',
  },
  // The server's process and its embedded database
  steadyService: {
    value: MINUTE,
    unit: 'ms',
    of: 'uptime after which the restart count of an embedded server or database is reset',
    effect: 'The count of consecutive restarts starts at zero again.',
  },
  serverStop: {
    value: 45 * SECOND,
    unit: 'ms',
    of: 'graceful shutdown of `radix server` after a signal',
    effect: 'The process exits with code 1; its database stops by itself.',
  },
  otherServer: {
    value: 90 * SECOND,
    unit: 'ms',
    of: 'the wait for another server on the data directory that is starting or stopping',
    effect: 'A server whose owner is dead is killed. Otherwise the command fails with CONTROL_PLANE_BUSY.',
  },
  killedServer: {
    value: 10 * SECOND,
    unit: 'ms',
    of: 'time for a killed server to exit, when its owner is dead',
    effect: 'The command fails with CONTROL_PLANE_BUSY.',
  },
  databaseStart: {
    value: 60 * SECOND,
    unit: 'ms',
    of: 'the start of the embedded PostgreSQL',
    effect: 'The process is killed, and the start fails with DATABASE_START_FAILED.',
  },
  databaseCreation: {
    value: 2 * MINUTE,
    unit: 'ms',
    of: 'the creation of a new embedded database (`initdb`)',
    effect: 'The process is killed, and the start fails with DATABASE_START_FAILED.',
  },
  databaseStop: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'each way to stop the embedded PostgreSQL: fast, immediate, killed',
    effect: 'The next, harder way is used.',
  },
  databaseRestarts: {
    value: 3,
    unit: 'count',
    of: 'consecutive restarts of an embedded PostgreSQL that exited by itself',
    effect: 'The server exits with DATABASE_START_FAILED.',
  },
  databaseUserCreation: {
    value: 30 * SECOND,
    unit: 'ms',
    of: '`useradd` for the system user of the embedded database',
    effect: 'The process is killed, and the start fails with DATABASE_START_FAILED.',
  },
  // Issuers
  issuerAnswer: {
    value: 5000,
    unit: 'ms',
    of: 'one response of an issuer: its discovery document or its keys',
    effect: 'The request fails with `UNAVAILABLE`.',
  },
  issuerRetries: {
    value: 2,
    unit: 'count',
    of: 'retries for a document of an issuer after a 429, a 5xx or no response; `issuerAnswer` covers all of them',
    effect: 'The request fails with `UNAVAILABLE`, a sign-in with `SIGN_IN_ISSUER_UNREACHABLE`.',
  },
  issuerDocument: {
    value: 1024 * 1024,
    unit: 'bytes',
    of: 'one response of an issuer',
    effect: 'The request fails with `UNAVAILABLE`.',
  },
  clockTolerance: {
    value: 60_000,
    unit: 'ms',
    of: 'the difference between the clocks of an issuer and the control plane',
    effect: 'The token is refused with `AUTH_TOKEN_EXPIRED` or `AUTH_TOKEN_INVALID`.',
  },
  // Scores and benchmarks
  observationsPerGpuType: {
    value: 200,
    unit: 'count',
    of: 'observations of one GPU type that a score uses',
    effect: 'Older ones are ignored, so that numbers from an old driver fade out.',
  },
  observationsPerScore: {
    value: 1600,
    unit: 'count',
    of: 'observations of all candidates that a score uses',
    effect: 'With more than 8 candidates, each contributes an equal share of its newest observations.',
  },
  pooledObservations: {
    value: 400,
    unit: 'count',
    of: 'observations of all GPU types from which a score learns the effect of features',
    effect: 'Older ones are ignored.',
  },
  unfinishedScores: {
    value: 32,
    unit: 'count',
    of: 'scores in progress or waiting; one is calculated at a time',
    effect: 'The next one is refused with `UNAVAILABLE`.',
  },
  queuedBenchmarks: {
    value: 10,
    unit: 'count',
    of: 'unfinished benchmarks of one tenant that were started in the dashboard',
    effect: 'The next one is refused with `BENCHMARK_QUEUE_FULL`.',
  },
  wakeUpConnection: {
    value: 5000,
    unit: 'ms',
    of: 'the connection to PostgreSQL for notifications between replicas',
    effect: 'It is retried with a growing delay. Until then, replicas see changes at their next poll.',
  },
} as const satisfies LimitTable
