/** The port that `radix server` listens on unless it is told otherwise. */
import { createServer } from 'node:net'
import { createClient } from '../../contract/client.ts'
import { VERSION } from '../../core/version.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { DEFAULT_HOST, DEFAULT_PORT } from '../shared/options.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

const PORT = { check: `Port ${DEFAULT_PORT}`, isRequired: false }

export async function checkPort(): Promise<Diagnosis> {
  const error = await tryToListen()
  if (error === undefined) return found(PORT, 'free')
  if (error.code !== 'EADDRINUSE') {
    return missing(PORT, 'unknown', error.message, 'radix server --port 0   # takes a free port')
  }
  const client = createClient({ baseUrl: `http://${DEFAULT_HOST}:${DEFAULT_PORT}`, userAgent: `radix/${VERSION}` })
  const health = await client.call('health', {}).catch(() => undefined)
  if (health) return found(PORT, `a control plane, version ${health.version}`)
  return failed(PORT, 'unusable', new RadixError('PORT_IN_USE', { host: DEFAULT_HOST, port: DEFAULT_PORT }))
}

function tryToListen(): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen(DEFAULT_PORT, DEFAULT_HOST, () => server.close(() => resolve(undefined)))
  })
}
