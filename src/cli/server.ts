/** `radix server`: runs the control plane in the foreground until it is stopped. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { CONTROL_PLANE_LIMITS } from '../core/limits/control-plane.ts'
import { asRadixError } from '../errors/render.ts'
import type { ProcessIdentity } from '../system/process-table.ts'
import { listenForStop } from '../system/stop-signals.ts'
import { startBenchmarkWorker } from './benchmark-worker/worker.ts'
import {
  addDataDirOption,
  type DataDirOption,
  DEFAULT_HOST,
  DEFAULT_PORT,
  resolveDataDir,
  wholeNumber,
} from './shared/options.ts'
import { note } from './shared/output.ts'
import { parseOwner, type ServerMessage } from './shared/server-messages.ts'
import { createLocalSignInUrl } from './shared/sign-in/link.ts'

interface ServerCommandOptions extends DataDirOption {
  host: string
  port: number
  owner?: ProcessIdentity
}

export function register(command: Command): void {
  addDataDirOption(command)
    .option('--host <address>', 'address to listen on', DEFAULT_HOST)
    .option(
      '--port <number>',
      'port to listen on; 0 takes a free one',
      wholeNumber({ minimum: 0, maximum: 65_535 }),
      DEFAULT_PORT,
    )
    .addOption(new Option('--owner <process>', 'the command that started it').argParser(readOwner).hideHelp())
    .addHelpText(
      'after',
      `
Environment:
  DATABASE_URL         PostgreSQL to use instead of the embedded one
  RADIX_OIDC_ISSUERS   issuers whose user tokens are accepted (JSON; see docs/API.md)
  RADIX_COGNITO_…, RADIX_GITHUB_…, RADIX_LOCAL_ISSUER
                       further trusted issuers (docs/AUTH_CI_LOGIN.md), and where people sign in (docs/SIGN_IN.md)
  RADIX_PUBLIC_URL     how browsers reach it
  RADIX_TRUSTED_PROXIES
                       addresses and networks of proxies whose X-Forwarded-For is trusted (none)
  RADIX_RATE_LIMIT_PER_MINUTE
                       requests of one caller (6000)
  RADIX_NODE_REGISTRY  the npm registry with the Node for agents on other platforms (https://registry.npmjs.org)
  RADIX_RETENTION_DAYS
                       days that events of finished jobs, used tokens and ended journals are kept (90)
  RADIX_DEFAULT_ROLE   role of users without one: viewer, operator or admin (admin; docs/TEAM.md)
  RADIX_AUDIT_RETENTION_DAYS
                       days that the audit log is kept (365)
  RADIX_WEBHOOK_PRIVATE_NETWORKS
                       networks beyond the public internet that webhooks may reach (none)
  RADIX_TRUSTED_SIGNING_KEYS
                       ids of trusted keys that sign evidence, separated by commas (docs/EVIDENCE.md)
  RADIX_LOG_LEVEL      debug, info, warn, error, silent (info)`,
    )
    .action(serve)
}

async function serve(options: ServerCommandOptions): Promise<void> {
  try {
    await serveUntilStopped(options)
  } catch (error) {
    const { code, why, fix } = asRadixError(error)
    tellParent({ type: 'failed', code, why, fix })
    throw error
  }
}

async function serveUntilStopped(options: ServerCommandOptions): Promise<void> {
  const [{ startServer }, { readServerConfig }, { createLogger }] = await Promise.all([
    import('../control-plane/server.ts'),
    import('../control-plane/config.ts'),
    import('./shared/logger.ts'),
  ])
  const logger = createLogger()
  const config = readServerConfig(process.env)
  const dataDir = resolveDataDir(options)
  // Registered before anything is started, so a stop during the start leaves no database running.
  const stopped = stopRequest()
  let hasStarted = false
  void stopped.then((reason) => hasStarted || logger.info({ reason }, 'stopping as soon as it has started'))
  const server = await startServer({
    ...config,
    host: options.host,
    port: options.port,
    dataDir,
    owner: options.owner,
    logger,
  })
  hasStarted = true
  tellParent({ type: 'ready', url: server.url })
  if (process.stdout.isTTY) {
    note(`Radix control plane at ${server.url} (API reference: ${server.url}/docs). Ctrl-C stops it.`)
    if (config.localIssuer) note(`The dashboard, signed in: ${await createLocalSignInUrl(server.url, dataDir)}`)
  }
  const worker = startBenchmarkWorker({ handsOver: config.databaseUrl !== undefined, server, dataDir, logger })
  const end = await Promise.race([
    stopped.then((reason) => ({ reason, error: undefined })),
    server.lost.then((error) => ({ reason: 'the embedded database has failed', error })),
  ])
  logger.info({ reason: end.reason }, 'stopping')
  const patience = setTimeout(() => {
    logger.fatal('the server did not stop in time; exiting at once')
    process.exit(1)
  }, CONTROL_PLANE_LIMITS.serverStop.value)
  await server.withdraw().catch((error: unknown) => logger.warn({ err: error }, 'the shutdown could not be announced'))
  await worker.close()
  await server.close()
  clearTimeout(patience)
  if (end.error) throw end.error
}

function readOwner(text: string): ProcessIdentity {
  const owner = parseOwner(text)
  if (!owner) throw new InvalidArgumentError('It must name a process by its pid and start time')
  return owner
}

/** Resolves on a signal, or when the process that started this one over IPC has ended. */
function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    listenForStop({ onStop: resolve })
    if (process.send) process.once('disconnect', () => resolve('the process that started the server has ended'))
  })
}

function tellParent(message: ServerMessage): void {
  // Without a callback, a parent that has ended would cause an error that ends the server.
  if (process.connected) process.send?.(message, () => {})
}
