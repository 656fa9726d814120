/**
 * `radix start` (run by `npm start`): a short benchmark on this machine from end to end. On a terminal, the control
 * plane then stays up.
 */
import { once } from 'node:events'
import type { Command } from 'commander'
import { listenForStop, type StopRequest } from '../system/stop-signals.ts'
import type { ServerInUse } from './shared/find-server.ts'
import { addDataDirOption, type DataDirOption, resolveDataDir, wholeNumber } from './shared/options.ts'
import { note } from './shared/output.ts'
import { createLocalSignInUrl } from './shared/sign-in/link.ts'

interface StartOptions extends DataDirOption {
  port: number
  outputDir: string
  stay?: boolean
}

export function register(command: Command): void {
  addDataDirOption(command)
    .option(
      '--port <number>',
      'port of the control plane; 0 takes a free one',
      wholeNumber({ minimum: 0, maximum: 65_535 }),
      0,
    )
    .option('--output-dir <folder>', 'where the evidence folder is created', '.')
    .option('--no-stay', 'exit after the run, even on a terminal')
    .action(start)
}

async function start(options: StartOptions): Promise<void> {
  const [{ useServerOf }, { runBench }] = await Promise.all([
    import('./shared/find-server.ts'),
    import('./bench/run.ts'),
  ])
  const dataDir = resolveDataDir(options)
  const server = await useServerOf(dataDir, options.port)
  let stop: StopRequest | undefined
  try {
    const { dataDir: given, outputDir } = options
    const where = given === undefined ? { outputDir } : { dataDir: given, outputDir }
    await runBench({ ...where, quick: true, provider: 'local', clusterName: 'npm-start', ttlMinutes: 15 })
    note('\nNext: radix bench list, radix server, radix --help.')
    if (!server.isOwn || !process.stdout.isTTY || !options.stay) return
    stop = listenForStop({ onLeave: () => note('Exited at once: the control plane stops by itself.') })
    await stayUp(server, dataDir, stop.signal)
  } finally {
    await server.close()
    // Not before: a second Ctrl-C must not take the exit code from a program that is closing its server.
    stop?.dispose()
  }
}

/** Other terminals may still use the server. */
async function stayUp(server: ServerInUse, dataDir: string, stop: AbortSignal): Promise<void> {
  const { url } = server
  note(`\nThe control plane stays up at ${url} (API reference: ${url}/docs). Ctrl-C stops it.`)
  note(`The dashboard, signed in: ${await createLocalSignInUrl(url, dataDir)}`)
  if (!stop.aborted) await once(stop, 'abort')
  note('Stopping the control plane.')
}
