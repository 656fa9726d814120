/** The port that `radix server` listens on unless it is told otherwise. */
import { createServer } from 'node:net'
import { RadixError } from '../../errors/radix-error.ts'
import { DEFAULT_PORT } from '../shared/options.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

const PORT = { check: `Port ${DEFAULT_PORT}`, isRequired: false }
const HOST = '127.0.0.1'

export function checkPort(): Promise<Diagnosis> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') {
        return resolve(missing(PORT, 'unknown', error.message, 'radix server --port 0   # takes a free port'))
      }
      resolve(failed(PORT, 'unusable', new RadixError('PORT_IN_USE', { host: HOST, port: DEFAULT_PORT })))
    })
    server.listen(DEFAULT_PORT, HOST, () => server.close(() => resolve(found(PORT, 'free'))))
  })
}
