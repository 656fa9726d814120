/** Errors from outside Radix: each gives its code, reason and fix, sets its exit code, and loses nothing. */
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openLocalIssuer } from '../src/control-plane/auth/local-issuer.ts'
import { startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { expectError } from './support/expect-error.ts'
import { Sandbox } from './support/sandbox.ts'

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.create()
})
afterEach(() => sandbox.remove())

describe('the command line', () => {
  it.each([
    ['bench run --no-such-option', /Unknown option/],
    [
      'bench run --epochs 0',
      /Option '--epochs <number>' argument '0' is invalid. It must be a whole number, 1 to 1000\./,
    ],
    ['bench run --epochs -3', /whole number, 1 to 1000/],
    ['bench run --batch-size 99999999', /'99999999' is invalid. It must be a whole number, 1 to 65536\./],
    ['bench run --seed 9999999999', /0 to 2147483647/],
    ['bench run --steps-per-epoch 9999999', /1 to 1000000/],
    ['bench run --ttl-minutes 99999', /up to 1440/],
    ['job launch c --timeout-minutes 9999', /1 to 1440/],
    ['bench run --provider local --cluster-id c', /does not read --cluster-id/],
    ['bench run --batch-size 12.5', /whole number/],
    ['bench run --image-size 8', /32 to 1024/],
    ['bench run --trials 0', /1 to 100/],
    ['bench run --ttl-minutes 0', /above 0/],
    ['bench run --recipe fastest', /reference, tuned/],
    ['bench run --provider moon', /local, existing/],
    ['bench run --run-id run_1', /26 characters/],
    ['bench run --api-base ftp://example.com', /http/],
    ['bench run --api-base https://user:secret@example.com', /user name or password/],
    ['bench', /needs one of its commands/],
    ['benchmark', /Unknown command/],
  ])('refuses `radix %s`', async (line, why) => {
    const finished = await sandbox.run(line.split(' '))
    expectError(finished, 'USAGE', 2)
    expect(finished.stderr).toMatch(why)
    expect(finished.stderr).not.toContain('secret')
    expect(finished.stderr).toMatch(/fix: See `\S*radix [a-z -]*--help`/)
    expect(await readdir(sandbox.directory)).toEqual([])
  })

  it.each([
    ['show', 'run_01jdqk4e8f3q8k2c9v5w7x6y1z'],
    ['resume', 'run_01jdqk4e8f3q8k2c9v5w7x6y1z'],
    ['cleanup', 'run_01jdqk4e8f3q8k2c9v5w7x6y1z'],
    ['show', '../../etc'],
    ['cleanup', '..'],
  ])('reports an unknown run: `radix bench %s %s`', async (verb, runId) => {
    expectError(await sandbox.run(['bench', verb, runId]), 'RUN_NOT_FOUND', 2)
  })
})

describe('a control plane given by --api-base', () => {
  const runAt = (url: string, token = 'a.b.c') =>
    sandbox.run(['bench', 'run', '--allow-cpu', '--ttl-minutes', '5', '--api-base', url], { RADIX_TOKEN: token })

  it('that is unreachable is named, with the addresses that were tried', async () => {
    const finished = await runAt('http://127.0.0.1:9')
    expectError(finished, 'API_UNREACHABLE', 1)
    expect(finished.stdout).toContain('http://127.0.0.1:9')
    expect(finished.stdout).toContain('no machine was launched')
  })

  it('that is unreachable is reported before a missing token', async () => {
    const finished = await runAt('http://127.0.0.1:9', '')
    expectError(finished, 'API_UNREACHABLE', 1)
    expect(finished.stdout).toContain('RADIX_TOKEN')
  })

  it('that needs a token names the variable for it', async () => {
    const controlPlane = await startControlPlane(sandbox)
    const elsewhere = ['--data-dir', join(sandbox.directory, 'elsewhere'), '--output-dir', sandbox.directory]
    const line = ['bench', 'run', '--allow-cpu', '--api-base', controlPlane.url, ...elsewhere]
    const finished = await sandbox.run(line, { RADIX_TOKEN: '' })
    expectError(finished, 'AUTH_NOT_CONFIGURED', 4)
    expect(finished.stdout).toContain('RADIX_TOKEN')
    await stopControlPlane(controlPlane)
  })

  it('that refuses the token, or finds it expired, fails the run before it starts anything', async () => {
    const controlPlane = await startControlPlane(sandbox)
    expectError(await runAt(controlPlane.url, 'a.wrong.token'), 'AUTH_TOKEN_INVALID', 4)
    const issuer = await openLocalIssuer(sandbox.dataDir)
    const expired = await issuer.mintToken({ subject: 'late', tenantId: 'local', ttlSeconds: -3600 })
    const finished = await runAt(controlPlane.url, expired)
    expectError(finished, 'AUTH_TOKEN_EXPIRED', 4)
    expect(finished.stdout + finished.stderr).not.toContain(expired)
    await stopControlPlane(controlPlane)
  })

  it('that is another service is recognised', async () => {
    const stranger = createServer((_, response) => response.end('<html>a wiki</html>'))
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
    const { port } = stranger.address() as AddressInfo
    expectError(await runAt(`http://127.0.0.1:${port}`), 'API_UNEXPECTED_ANSWER', 1)
    stranger.close()
  })
})

describe('radix server', () => {
  it('refuses a data directory that another server uses, and gives the address of that server', async () => {
    const controlPlane = await startControlPlane(sandbox)
    const second = await sandbox.run(['server', '--port', '0'])
    expectError(second, 'DATA_DIRECTORY_IN_USE', 2)
    expect(second.stderr).toContain(controlPlane.url)
    expect((await fetch(`${controlPlane.url}/readyz`)).status).toBe(200)
    await stopControlPlane(controlPlane)
  })

  it('refuses a port in use, and leaves no database running', async () => {
    const taken = createTcpServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    expectError(await sandbox.run(['server', '--port', String(port)]), 'PORT_IN_USE', 2)
    taken.close()
    await sandbox.expectNoProcesses()
  })

  it.each(['203.0.113.1', 'no-such-host.invalid'])(
    'refuses %s, which is not an address of this machine',
    async (host) => {
      const finished = await sandbox.run(['server', '--host', host, '--port', '0'])
      expectError(finished, 'CONFIGURATION_INVALID', 2)
      expect(finished.stderr).toContain(host)
      await sandbox.expectNoProcesses()
    },
  )

  it('leaves no database running when it is stopped during its start', async () => {
    const server = sandbox.radix(['server', '--port', '0'])
    const isStarting = () => existsSync(join(sandbox.dataDir, 'postgres', 'postmaster.pid'))
    await vi.waitFor(() => expect(isStarting()).toBe(true), { timeout: 60_000, interval: 5 })
    server.kill('SIGTERM')
    expect((await server.finished).exitCode).toBe(0)
    await sandbox.expectNoProcesses()
  })

  it('refuses a data directory that is a file', async () => {
    await writeFile(sandbox.dataDir, '')
    expectError(await sandbox.run(['server', '--port', '0']), 'DATA_DIRECTORY_UNUSABLE', 2)
  })

  it.each([
    ['DATABASE_URL', 'mysql://user:hidden@host/db', 'CONFIGURATION_INVALID', 2],
    ['DATABASE_URL', 'postgres://user:hidden@127.0.0.1:9/db', 'DATABASE_UNREACHABLE', 1],
    ['RADIX_OIDC_ISSUERS', '{', 'CONFIGURATION_INVALID', 2],
    ['RADIX_LOG_LEVEL', 'loud', 'CONFIGURATION_INVALID', 2],
  ])('refuses %s=%s', async (name, value, code, exitCode) => {
    const finished = await sandbox.run(['server', '--port', '0'], { [name]: value })
    expectError(finished, code, exitCode)
    expect(finished.stderr + finished.stdout).not.toContain('hidden')
  })
})

describe('radix reap', () => {
  const NO_CREDENTIALS = {
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }

  /** All services of AWS, refusing an expired key: EC2 and S3 (which is read) in XML, the others in JSON. */
  const refusing = createServer((request, response) => {
    const isEc2 = String(request.headers['content-type']).includes('urlencoded')
    const xml =
      '<Response><Errors><Error><Code>RequestExpired</Code><Message>expired</Message></Error></Errors></Response>'
    const s3 = '<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>'
    response.statusCode = 400
    if (request.method === 'GET') response.end(s3)
    else response.end(isEc2 ? xml : '{"__type":"ExpiredTokenException","message":"expired"}')
  })

  it.each([
    ['no credentials', {}],
    ['expired credentials', { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'example' }],
  ])('makes no claim with %s, and exits with code 4', async (_, credentials) => {
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve))
    const { port } = refusing.address() as AddressInfo
    const env = { ...NO_CREDENTIALS, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`, ...credentials }
    const reap = async (...flags: string[]) => {
      const { exitCode, stdout, stderr } = await sandbox.run(['reap', '--aws-region', 'us-west-2', ...flags], env)
      expect(exitCode, stdout + stderr).toBe(4)
      expect(stdout + stderr).toContain('AWS_CREDENTIALS_INVALID')
      expect(stdout).not.toContain('No resources created by Radix')
      return stdout
    }
    await reap()
    await reap('--apply')
    expect(JSON.parse(await reap('--json'))).toMatchObject({ success: false, things: [] })
    await new Promise((resolve) => refusing.close(resolve))
  })
})
