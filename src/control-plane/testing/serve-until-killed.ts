/**
 * A program for crash tests, run as a child process: `serve <dir>` starts a control plane on a data directory, `lock
 * <dir> <url>` only locks the directory and publishes `url`. It prints its address, and then waits to be killed.
 */
import pino from 'pino'
import { lockDataDirectory } from '../data-directory.ts'
import { startServer } from '../server.ts'

const [action, dataDir = '', lockedUrl = ''] = process.argv.slice(2)

async function takeDirectory(): Promise<string> {
  if (action === 'serve') {
    const logger = pino({ level: 'silent' })
    const options = { databaseUrl: undefined, issuers: [], localIssuer: true, rateLimitPerMinute: 1_000_000 }
    const signing = { signingKeyPem: undefined, trustedSigningKeys: [] }
    return (await startServer({ ...options, ...signing, host: '127.0.0.1', port: 0, dataDir, logger })).url
  }
  const directory = await lockDataDirectory(dataDir)
  await directory.publish(lockedUrl)
  return lockedUrl
}

process.stdout.write(`${await takeDirectory()}\n`)
// When the tests are gone, it kills itself.
process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))
