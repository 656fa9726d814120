import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { refusalOf } from '../testing/requests.ts'
import { preparePrivateDirectory } from './postgres-folders.ts'

/** Any user but root. */
const DATABASE_USER = { name: 'nobody', uid: 65_534, gid: 65_534 }

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'radix-folders-'))
})
afterEach(() => rm(directory, { recursive: true }))

it('creates a folder that only its owner may enter', async () => {
  const path = join(directory, 'postgres')
  await preparePrivateDirectory(path, undefined)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
})

it.skipIf(process.getuid?.() !== 0)(
  'names all folders that the database cannot pass, and one command that fixes them',
  async () => {
    const dataDir = join(directory, 'data')
    await mkdir(dataDir, { mode: 0o700 })
    const refusal = await refusalOf(preparePrivateDirectory(join(dataDir, 'postgres'), DATABASE_USER))
    expect(refusal).toMatchObject({ code: 'DATA_DIRECTORY_UNUSABLE' })
    expect(refusal.why).toContain(`${directory} and ${dataDir}`)
    expect(refusal.fix).toContain(`chmod o+x ${directory} ${dataDir}`)
    await chmod(directory, 0o711)
    await chmod(dataDir, 0o711)
    await preparePrivateDirectory(join(dataDir, 'postgres'), DATABASE_USER)
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(DATABASE_USER.uid)
  },
)
