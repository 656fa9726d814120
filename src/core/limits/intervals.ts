import type { Limit, LimitTable } from './limit.ts'

/** How often something is looked at or done again. */
export const INTERVALS = {
  securityGroupRelease: every(3000, 'two checks whether a security group is released'),
  accountSettle: every(1000, 'two checks whether AWS knows what `radix aws init` created'),
  ssmAnswer: every(1000, 'two checks for the response of a machine through SSM'),
  localMachine: every(50, 'two checks of the processes of a local machine'),
  sshConnect: every(1000, 'two attempts to connect to a host'),
  machineWatch: every(1000, 'two checks of the machine of a run while its job runs'),
  shortestWait: every(10, 'two checks of a step, at first'),
  longestWait: every(2000, 'two checks of a step, later on'),
  cancelRequest: every(2000, 'two checks whether a run was cancelled'),
  boot: every(3000, 'two checks whether a machine is still booting'),
  completionWrite: every(2000, 'two attempts to write the result of a job to a full disk'),
  leftovers: every(50, 'two checks for leftover processes of a job'),
  attachedProcess: every(100, 'two checks of the process of a job that was taken over'),
  dockerEngine: every(500, 'two requests to a Docker engine that does not answer'),
  leaseRenewal: every(1000, 'two attempts to renew a lease'),
  gpuSamples: every(1000, 'two samples of a GPU'),
  eventBatches: every(250, 'two reports of the events of a job'),
  eventRetry: every(1000, 'two attempts to report events'),
  serverRestart: every(100, 'the end of an embedded server and its restart'),
  progressLines: every(5000, 'two lines of progress'),
  terminalFrames: every(100, 'two frames on a terminal'),
  changes: every(300, 'two messages on a stream of changes'),
  dataDirectory: every(50, 'two checks of the lock of a data directory'),
  databaseRestart: every(200, 'the end of an embedded PostgreSQL and its restart'),
  orphanedDatabase: every(20, 'two checks whether an orphaned PostgreSQL has exited'),
  databaseReady: every(10, 'two checks whether PostgreSQL is ready'),
  streamReopen: every(3000, 'the end of a live stream and its reopening'),
  jobFeed: every(250, 'two updates of a page that follows a job'),
  pageRefresh: every(30_000, 'two refreshes of a page with a live stream'),
  pagePulse: every(5000, 'two refreshes of a page without a live stream'),
  relativeTimes: every(1000, 'two updates of the ages that a page shows'),
  signInWays: every(3000, 'two checks of the ways to sign in'),
  relayBusy: every(250, 'two reads of a relay while messages pass'),
  relayIdle: every(1000, 'two reads of a relay while none pass'),
  relayRefresh: every(10_000, 'two writes to a relay while an answer is due'),
  webhookTest: every(250, 'two checks of a test delivery'),
  sessionEnd: every(5000, 'two checks of the end of a session'),
} as const satisfies LimitTable

function every(value: number, of: string): Limit {
  return { value, unit: 'ms', of: `time between ${of}`, effect: 'The action is repeated.' }
}
