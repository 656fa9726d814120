/** The messages of the OpenSSH client and server of this machine: each is provoked, not quoted. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isRadixError, type RadixError } from '../../errors/radix-error.ts'
import type { SshHost } from './inventory.ts'
import { SshConnection } from './ssh-connection.ts'
import { classifySshMessage, mayPass, provesThatNothingRan } from './ssh-errors.ts'
import { explainMissingSshd, startTestSshd, type TestSshd } from './testing/sshd.ts'

async function errorOf(host: SshHost): Promise<RadixError> {
  const connection = new SshConnection(host)
  try {
    await connection.call('check', {})
  } catch (error) {
    if (isRadixError(error)) return error
    throw error
  } finally {
    await connection.close()
  }
  throw new Error('it succeeded')
}

describe.skipIf(explainMissingSshd() !== undefined)('what a real client and server say', () => {
  let sshd: TestSshd
  beforeAll(async () => {
    sshd = await startTestSshd()
  })
  afterAll(() => sshd?.close())
  beforeEach(() => sshd.trustHostKey())

  it('a key that is not known', async () => {
    await writeFile(sshd.host.known_hosts ?? '', '')
    const error = await errorOf(sshd.host)
    expect(error).toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN', why: expect.stringContaining('verification failed') })
    expect([provesThatNothingRan(error), mayPass(error)]).toEqual([true, false])
  })

  it('a key that has changed', async () => {
    await sshd.stop()
    await sshd.changeHostKey()
    await sshd.start()
    const error = await errorOf(sshd.host)
    expect(error.code).toBe('SSH_HOST_KEY_CHANGED')
    expect([provesThatNothingRan(error), mayPass(error)]).toEqual([true, false])
  })

  it('a user whom the host does not let in', async () => {
    const other = join(sshd.directory, 'no-key')
    await writeFile(other, 'not a key')
    await chmod(other, 0o600)
    const error = await errorOf({ ...sshd.host, identity_file: other })
    expect(error).toMatchObject({ code: 'SSH_ACCESS_DENIED', exitCode: 4 })
    expect([provesThatNothingRan(error), mayPass(error)]).toEqual([true, false])
  })

  it('a port where nothing listens', async () => {
    const error = await errorOf({ ...sshd.host, port: 1 })
    expect(error).toMatchObject({ code: 'SSH_HOST_UNREACHABLE', why: expect.stringContaining('refused') })
    expect([provesThatNothingRan(error), mayPass(error)]).toEqual([true, true])
  })

  it('a name that does not exist', async () => {
    const error = await errorOf({ ...sshd.host, address: 'no-such-host.invalid' })
    expect(error).toMatchObject({ code: 'SSH_HOST_UNREACHABLE', why: expect.stringContaining('resolve') })
    expect(mayPass(error)).toBe(true)
  })

  it('a configuration that the client refuses', async () => {
    const config = join(sshd.directory, 'config')
    await writeFile(config, 'NoSuchOption yes\n')
    expect((await errorOf({ ...sshd.host, config_file: config })).code).toBe('SSH_CLIENT_UNUSABLE')
    expect((await errorOf({ ...sshd.host, config_file: join(sshd.directory, 'absent') })).code).toBe(
      'SSH_CLIENT_UNUSABLE',
    )
  })

  it('a connection that breaks while a command runs', async () => {
    const connection = new SshConnection(sshd.host)
    try {
      await connection.call('check', {})
      const call = connection.call('end', { run: 'run_x', machine: 'm_x', brand: '1' }).then(
        () => 'answered before the cut',
        (error: unknown) => (isRadixError(error) ? [error.code, provesThatNothingRan(error), mayPass(error)] : error),
      )
      sshd.cut()
      expect(['answered before the cut', ['SSH_CONNECTION_LOST', false, true]]).toContainEqual(await call)
      // The next call makes a new connection.
      expect((await connection.call('check', {})).first('system')).toBe('Linux')
    } finally {
      await connection.close()
    }
  })

  it('a server that forwards nothing', async () => {
    const strict = await startTestSshd('strict', ['AllowTcpForwarding no'])
    const connection = new SshConnection(strict.host)
    try {
      const error = await connection.forward({ host: '127.0.0.1', port: 9 }).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'SSH_HOST_UNSUITABLE', fix: expect.stringContaining('AllowTcpForwarding') })
    } finally {
      await connection.close()
      await strict.close()
    }
  })

  it.skipIf(process.getuid?.() !== 0)('a disk that is full', async () => {
    const small = join(sshd.directory, 'small')
    await mkdir(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small])
    const connection = new SshConnection(sshd.host)
    try {
      const archive = `tar -czf - -C ${import.meta.dirname} .`
      const error = await connection.upload(archive, small).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'SSH_HOST_UNSUITABLE', why: expect.stringContaining('No space left') })
    } finally {
      await connection.close()
      execFileSync('umount', ['--lazy', small])
    }
  })

  it('a shell that runs nothing', async () => {
    const strict = await startTestSshd('strict', ['ForceCommand echo nothing for you >&2; exit 3'])
    try {
      const error = await errorOf(strict.host)
      expect(error).toMatchObject({ code: 'SSH_HOST_UNSUITABLE', why: expect.stringContaining('nothing for you') })
      expect([provesThatNothingRan(error), mayPass(error)]).toEqual([false, false])
    } finally {
      await strict.close()
    }
  })

  // No route and a silent host need another network than the loopback interface.
  it.each([
    'ssh: connect to host 198.51.100.7 port 22: Connection timed out',
    'ssh: connect to host 198.51.100.7 port 22: No route to host',
    'ssh: connect to host 198.51.100.7 port 22: Network is unreachable',
    'kex_exchange_identification: read: Connection reset by peer',
  ])('%s', (message) => expect(classifySshMessage(message)).toBe('SSH_HOST_UNREACHABLE'))

  it.each([
    'Timeout, server 198.51.100.7 not responding.',
    'client_loop: send disconnect: Broken pipe',
    'Connection to 198.51.100.7 closed by remote host.',
    'something new',
  ])('%s', (message) => expect(classifySshMessage(message)).toBe('SSH_CONNECTION_LOST'))
})
