import type { Limit, LimitTable } from './limit.ts'

/** How often something is looked at or done again. */
export const INTERVALS = {
  securityGroupRelease: every(3000, 'two looks whether a security group is released'),
  accountSettle: every(1000, 'two looks whether AWS knows what `radix aws init` has made'),
  ssmAnswer: every(1000, 'two looks for the answer of a machine to SSM'),
  localMachine: every(50, 'two looks at the processes of a local machine'),
  machineWatch: every(1000, 'two looks at the machine of a run while its job runs'),
  shortestWait: every(10, 'two looks of a step, at first'),
  longestWait: every(2000, 'two looks of a step, later on'),
  cancelRequest: every(2000, 'two looks whether a run is to be cancelled'),
  boot: every(3000, 'two looks whether a machine still boots'),
  completionWrite: every(2000, 'two tries to write the result of a job to a disk that is full'),
  leftovers: every(50, 'two looks at the processes that a job left behind'),
  attachedProcess: every(100, 'two looks at the process of a job that an earlier agent started'),
  dockerEngine: every(500, 'two requests to a Docker engine that does not answer'),
  leaseRenewal: every(1000, 'two tries to renew a lease'),
  gpuSamples: every(1000, 'two samples of a GPU'),
  eventBatches: every(250, 'two reports of the events of a job'),
  eventRetry: every(1000, 'two tries to report events'),
  serverRestart: every(100, 'the end of an embedded server and its restart'),
  progressLines: every(5000, 'two lines of progress'),
  terminalFrames: every(100, 'two frames on a terminal'),
  changes: every(300, 'two messages on a stream of changes'),
  dataDirectory: every(50, 'two looks at the lock of a data directory'),
  databaseRestart: every(200, 'the end of an embedded PostgreSQL and its restart'),
  orphanedDatabase: every(20, 'two looks whether an orphaned PostgreSQL has ended'),
  databaseReady: every(10, 'two looks whether PostgreSQL is ready'),
  streamReopen: every(3000, 'the end of a live stream and its next opening'),
  jobFeed: every(250, 'two updates of a page that follows a job'),
  pageRefresh: every(30_000, 'two refreshes of a page beside its live stream'),
  pagePulse: every(5000, 'two refreshes of a page without a live stream'),
  relativeTimes: every(1000, 'two updates of the ages that a page shows'),
  signInWays: every(3000, 'two looks at the ways to sign in'),
  sessionEnd: every(5000, 'two looks at the end of a session'),
} as const satisfies LimitTable

function every(value: number, of: string): Limit {
  return { value, unit: 'ms', of: `the time between ${of}`, effect: 'It is done again.' }
}
