/** Over a real OpenSSH server on the loopback interface. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { shellWord } from '../../core/shell-word.ts'
import { findMarkedProcesses, signalProcess } from '../../system/process-table.ts'
import { describeProvider } from '../provider.testsuite.ts'
import type { LaunchRequest, Provider } from '../provider.ts'
import type { AgentProgram } from './agent-program.ts'
import { createSshProvider } from './ssh-provider.ts'
import { createSshSweepers } from './sweeper.ts'
import { explainMissingSshd, startTestSshd, type TestSshd } from './testing/sshd.ts'

const WAIT = { timeout: 20_000, interval: 50 }
const { signal } = new AbortController()

/** Stands where the agent would: says what it was given, starts a child that shows nothing of it, and waits. */
const AGENT = `#!/bin/sh
env
echo "token $(cat "$RADIX_ONBOARDING_TOKEN_FILE")"
case $1 in
  stubborn) trap '' TERM ;;
  stranger) env -i /usr/bin/setsid /bin/sleep 600 </dev/null >/dev/null 2>&1 & ;;
esac
echo ready
while :; do sleep 600; done
`

describe.skipIf(explainMissingSshd() !== undefined)('over a real OpenSSH server', () => {
  let sshd: TestSshd
  let directory: string
  let open: Provider[]

  beforeAll(async () => {
    sshd = await startTestSshd()
  })
  afterAll(() => sshd?.close())
  beforeEach(async () => {
    open = []
    directory = await mkdtemp(join(tmpdir(), 'radix-ssh-provider-'))
    await writeFile(join(directory, 'agent'), AGENT, { mode: 0o755 })
  })
  afterEach(async () => {
    await Promise.all(open.map((provider) => provider.close?.()))
    for (const process of machineProcesses()) signalProcess(process, 'SIGKILL')
    await expect.poll(machineProcesses, WAIT).toEqual([])
    for (const name of ['host', 'lease']) rmSync(join(sshd.directory, name), { recursive: true, force: true })
    await rm(directory, { recursive: true, force: true })
  })

  function createProvider(behaviour = '', laptop = 'laptop'): Provider {
    const program: AgentProgram = {
      archive: () => `tar -czf - -C ${shellWord(directory)} agent`,
      command: () => ['./agent', behaviour],
    }
    const settings = { inventory: '/hosts.yaml', hosts: [sshd.host] }
    const provider = createSshProvider({ settings, directory: join(directory, laptop), program })
    open.push(provider)
    return provider
  }

  /** Of the machines on this host, their keepers too. */
  function machineProcesses() {
    return ['RADIX_MACHINE_ID', 'RADIX_KEEPER_OF'].flatMap((mark) => {
      const look = findMarkedProcesses([mark])
      if (look.outcome !== 'found') throw new Error(look.reason)
      return look.value.filter(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('sleep') || isHere(pid))
    })
  }
  function isHere(pid: number): boolean {
    return (['environ', 'cmdline'] as const).some((name) => readText(`/proc/${pid}/${name}`).includes(sshd.directory))
  }
  const readText = (path: string) => {
    try {
      return readFileSync(path, 'latin1')
    } catch {
      return ''
    }
  }

  describeProvider('ssh', async () => ({
    provider: createProvider(),
    createAnother: createProvider,
    endByItself: async ({ machineId }) => {
      const look = findMarkedProcesses(['RADIX_MACHINE_ID'])
      if (look.outcome !== 'found') throw new Error(look.reason)
      for (const process of look.value) {
        if (process.markers.RADIX_MACHINE_ID === machineId) signalProcess(process, 'SIGKILL')
      }
    },
    breakLaunch: () => {
      rmSync(join(sshd.directory, 'host'), { recursive: true, force: true })
      writeFileSync(join(sshd.directory, 'host'), 'a file where the folder should be')
    },
    blind: () => {
      writeFileSync(sshd.host.known_hosts ?? '', '')
      sshd.cut()
    },
    readSecret: (reference) => readFile(reference, 'utf8').catch(() => undefined),
    close: async () => {},
  }))
})
