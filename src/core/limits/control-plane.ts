import type { LimitTable } from './limit.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

export const CONTROL_PLANE_LIMITS = {
  jobTimeoutGrace: {
    value: 2 * MINUTE,
    unit: 'ms',
    of: 'a job beyond its own `timeout_seconds`, counted from its start',
    effect: 'The server ends the job as `failed` with `WORKLOAD_TIMED_OUT`, though its agent renews the lease.',
  },
  jobCancelGrace: {
    value: 5 * MINUTE,
    unit: 'ms',
    of: 'the end of a job after it was asked to stop',
    effect: 'The server ends the job as `cancelled`, and its agent can report nothing more of it.',
  },
  runDeadlineGrace: {
    value: 60 * MINUTE,
    unit: 'ms',
    of: 'a run beyond its deadline',
    effect:
      'The server ends the run: as `termination_unconfirmed` where its machine was not reported as terminated, else as `failed`.',
  },
  jobEvents: {
    value: 1_000_000,
    unit: 'count',
    of: 'the stored events of one job',
    effect: 'Later events are taken and not stored; the result of the job is.',
  },
  queuedJobs: {
    value: 1000,
    unit: 'count',
    of: 'the jobs that wait on one cluster',
    effect: 'Another launch is refused with `JOB_QUEUE_FULL`.',
  },
  retention: {
    value: 90 * 24 * 60 * MINUTE,
    unit: 'ms',
    of: 'the events of finished jobs, tokens that are used up or revoked, and journals of ended runs',
    effect: 'They are deleted. Clusters, jobs, runs and evidence stay.',
    setting: 'RADIX_RETENTION_DAYS',
  },
  deletedAtOnce: {
    value: 10_000,
    unit: 'count',
    of: 'the rows that one statement of the retention deletes',
    effect: 'The next statement deletes more, after a pause as long as this one took.',
  },
  retentionInterval: {
    value: 10 * MINUTE,
    unit: 'ms',
    of: 'the time from one sweep of the retention to the next',
    effect: 'The next sweep begins.',
  },
  retentionSweep: {
    value: 5 * MINUTE,
    unit: 'ms',
    of: 'one sweep of the retention, which goes on until nothing is due',
    effect: 'The metric `radix_retention_due_rows` says how much is left, and the next sweep goes on.',
  },
  countedDueRows: {
    value: 1_000_000,
    unit: 'count',
    of: 'the rows of a table that a sweep of the retention counts as left',
    effect: 'The metric shows this number.',
  },
  idempotencyKeyAge: {
    value: 24 * 60 * MINUTE,
    unit: 'ms',
    of: 'the age of an `Idempotency-Key`',
    effect: 'It is deleted; the same key then stands for a new request.',
  },
  jobMetrics: {
    value: 64,
    unit: 'count',
    of: 'the metrics that an agent reports of a job',
    effect: 'The others are left out. The result of the job has everything.',
  },
  jobMetric: {
    value: 1000,
    unit: 'characters',
    of: 'one metric, or the latest progress, of a job as JSON',
    effect: 'A longer one is left out of the job.',
  },
  errorMessage: {
    value: 16_384,
    unit: 'characters',
    of: 'the error message of a job',
    effect: 'Its middle is left out, with a note of how much.',
  },
  // What a request may be
  requestBody: {
    value: 64 * 1024,
    unit: 'bytes',
    of: 'the body of a request, where its route names no other limit',
    effect: 'The request is refused with `REQUEST_TOO_LARGE`.',
  },
  jsonSetting: {
    value: 1024 * 1024,
    unit: 'characters',
    of: 'a setting that is JSON (`RADIX_OIDC_ISSUERS`, `RADIX_GITHUB_GRANTS`)',
    effect: 'The server does not start (`CONFIGURATION_INVALID`).',
  },
  listBytes: {
    value: 1_000_000,
    unit: 'bytes',
    of: 'the answer of a list: a page, or a list that has no pages',
    effect: 'A page ends early, and its cursor goes on. Of a list without pages the last items are left out.',
  },
  listedMachines: {
    value: 500,
    unit: 'count',
    of: 'machines in the list of those that are alive',
    effect: 'The newest are left out until older ones have ended.',
  },
  reapers: {
    value: 100,
    unit: 'count',
    of: 'reapers of one tenant whose last sweep is kept',
    effect: 'Those that were silent longest are forgotten.',
  },
  reaperReport: {
    value: 200_000,
    unit: 'bytes',
    of: 'the last sweep of a reaper as it is kept',
    effect: 'What was removed is left out first, then what is kept; the report says how much.',
  },
  reaperClockAhead: {
    value: 5 * MINUTE,
    unit: 'ms',
    of: 'the time of a sweep that lies in the future of the control plane',
    effect: 'The report is refused with `REQUEST_INVALID`.',
  },
  measuredConditions: {
    value: 16_384,
    unit: 'characters',
    of: 'what evidence says of how it was measured (workload, recipe, precision, parameters), as JSON',
    effect: 'The run is in no series over time. Its evidence has everything.',
  },
  measuredName: {
    value: 200,
    unit: 'characters',
    of: 'the recipe, device or machine type of a measurement, in lists',
    effect: 'The rest is left out. The evidence has everything.',
  },
  trendSeries: {
    value: 40,
    unit: 'count',
    of: 'series of measurements over time in one answer',
    effect: 'Those with the newest runs are shown.',
  },
  trendPoints: {
    value: 100,
    unit: 'count',
    of: 'runs of a series of measurements over time',
    effect: 'The newest are shown, and the answer says how many there are.',
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
    of: 'what an error repeats of a request',
    effect: 'The rest is left out, and the error says how much.',
  },
  namedMembers: {
    value: 20,
    unit: 'count',
    of: 'members of a request that an error names as wrong',
    effect: 'The others are left out.',
  },
  rateLimitCounts: {
    value: 50_000,
    unit: 'count',
    of: 'addresses and credentials whose requests are counted at one time',
    effect: 'The oldest count is forgotten.',
  },
  requestReceipt: {
    value: 120_000,
    unit: 'ms',
    of: 'the receipt of one request; a long poll waits after that',
    effect: 'The connection is closed.',
  },
  // The database
  databaseConnect: {
    value: 5000,
    unit: 'ms',
    of: 'one attempt to connect to the database',
    effect:
      'At start-up the server ends with `DATABASE_UNREACHABLE`; later the request is answered with `UNAVAILABLE`.',
  },
  databaseStatement: {
    value: 30_000,
    unit: 'ms',
    of: 'one statement of SQL',
    effect: 'The database cancels it, and the request is answered with `UNAVAILABLE`.',
  },
  databaseConnections: {
    value: 10,
    unit: 'count',
    of: 'connections to the database',
    effect: 'Requests wait for a free one.',
  },
  // The server's process and its embedded database
  steadyService: {
    value: MINUTE,
    unit: 'ms',
    of: 'the service after which restarts of an embedded server or database are counted anew',
    effect: 'The count of restarts in a row begins at zero again.',
  },
  serverStop: {
    value: 45 * SECOND,
    unit: 'ms',
    of: 'the orderly end of `radix server` after a signal',
    effect: 'The process exits with code 1; its database ends by itself.',
  },
  otherServer: {
    value: 90 * SECOND,
    unit: 'ms',
    of: 'the wait for another server of the data directory that is starting or ending',
    effect: 'A server whose owner is dead is killed; for any other the command fails with CONTROL_PLANE_BUSY.',
  },
  killedServer: {
    value: 10 * SECOND,
    unit: 'ms',
    of: 'the end of a server that was killed because its owner is dead',
    effect: 'The command fails with CONTROL_PLANE_BUSY.',
  },
  databaseStart: {
    value: 60 * SECOND,
    unit: 'ms',
    of: 'the start of the embedded PostgreSQL',
    effect: 'It is killed, and the start fails with DATABASE_START_FAILED.',
  },
  databaseCreation: {
    value: 2 * MINUTE,
    unit: 'ms',
    of: 'the making of a new embedded database (`initdb`)',
    effect: 'It is killed, and the start fails with DATABASE_START_FAILED.',
  },
  databaseStop: {
    value: 15 * SECOND,
    unit: 'ms',
    of: 'each way of ending the embedded PostgreSQL: fast, immediate, killed',
    effect: 'The next, harder way is taken.',
  },
  databaseRestarts: {
    value: 3,
    unit: 'count',
    of: 'restarts in a row of an embedded PostgreSQL that ended by itself',
    effect: 'The server ends with DATABASE_START_FAILED.',
  },
  databaseUserCreation: {
    value: 30 * SECOND,
    unit: 'ms',
    of: '`useradd` for the system user of the embedded database',
    effect: 'It is killed, and the start fails with DATABASE_START_FAILED.',
  },
  // Issuers
  issuerAnswer: {
    value: 5000,
    unit: 'ms',
    of: 'one answer of an issuer: its description, or its keys',
    effect: 'The request is answered with `UNAVAILABLE`.',
  },
  issuerRetries: {
    value: 2,
    unit: 'count',
    of: 'further requests for a document of an issuer that answers 429 or 5xx, or not at all; `issuerAnswer` is for all of them',
    effect: 'The request is answered with `UNAVAILABLE`, a sign-in with `SIGN_IN_ISSUER_UNREACHABLE`.',
  },
  issuerDocument: {
    value: 1024 * 1024,
    unit: 'bytes',
    of: 'one answer of an issuer',
    effect: 'The request is answered with `UNAVAILABLE`.',
  },
  clockTolerance: {
    value: 60_000,
    unit: 'ms',
    of: 'the difference between the clock of an issuer and that of the control plane',
    effect: 'The token is refused with `AUTH_TOKEN_EXPIRED` or `AUTH_TOKEN_INVALID`.',
  },
  // Scores and benchmarks
  observationsPerGpuType: {
    value: 200,
    unit: 'count',
    of: 'the observations of one GPU type that a score is based on',
    effect: 'Older ones are left out: the numbers of an old driver fade out.',
  },
  observationsPerScore: {
    value: 1600,
    unit: 'count',
    of: 'the observations of all candidates that a score is based on',
    effect: 'With more than 8 candidates each has an equal share, of its newest.',
  },
  pooledObservations: {
    value: 400,
    unit: 'count',
    of: 'the observations of any GPU type from which a score learns how features matter',
    effect: 'Older ones are left out.',
  },
  unfinishedScores: {
    value: 32,
    unit: 'count',
    of: 'scores that are being calculated or waiting; one is calculated at a time',
    effect: 'The next one is refused with `UNAVAILABLE`.',
  },
  queuedBenchmarks: {
    value: 10,
    unit: 'count',
    of: 'benchmarks of one tenant that were started in the dashboard and have not ended',
    effect: 'The next one is refused with `BENCHMARK_QUEUE_FULL`.',
  },
  benchmarksAtOnce: {
    value: 32,
    unit: 'count',
    of: 'benchmarks started in the dashboard that one server carries out at one time',
    effect: 'Others wait until one of them ends, or until another server has room.',
  },
  benchmarkCrashes: {
    value: 3,
    unit: 'count',
    of: 'crashes in a row of the thread that carries out a benchmark started in the dashboard',
    effect: 'The run ends as failed with `INTERNAL`. Before that it goes on from its journal in another thread.',
  },
  wakeUpConnection: {
    value: 5000,
    unit: 'ms',
    of: 'connecting to PostgreSQL for wake-ups between replicas',
    effect: 'It is tried again after a growing delay; changes are then seen at the next look.',
  },
} as const satisfies LimitTable
