import { expect, it } from 'vitest'
import { type Logger, silentLogger } from '../core/logger.ts'
import { RadixError } from '../errors/radix-error.ts'
import { answerShare } from './server.ts'

it('tells its owner, and the log, that other commands cannot use it', async () => {
  const logged: string[] = []
  const logger: Logger = { ...silentLogger, error: (_, message) => void logged.push(message) }
  const share = () => Promise.reject(new RadixError('DISK_FULL', { path: 'server.json' }))
  expect(await answerShare({ share }, logger)).toMatchObject({ type: 'failed', code: 'DISK_FULL' })
  expect(logged).toEqual(['the server could not be shared with other commands'])
  expect(await answerShare({ share: async () => {} }, logger)).toEqual({ type: 'shared' })
})
