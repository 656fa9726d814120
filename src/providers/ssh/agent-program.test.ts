import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AGENT_BUNDLE } from '../../system/program-files.ts'
import { createAgentProgram, type HostPlatform } from './agent-program.ts'

const HOST: HostPlatform = { host: 'gpu-1', system: 'Linux', architecture: 'x86_64', node: undefined }

let root: string
const provideBundle = async () => root
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'radix-agent-program-'))
  for (const path of [AGENT_BUNDLE, 'bin/node']) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), '')
  }
})
afterEach(() => rmSync(root, { recursive: true }))

const listArchive = (command: string) =>
  execFileSync('sh', ['-c', `${command} | tar -tzf -`], { encoding: 'utf8' })
    .trim()
    .split('\n')

describe('the agent for a host', () => {
  it('comes with its workloads, and with the Node of this machine where the host can run it', async () => {
    const node = { platform: 'linux-x64', path: join(root, 'bin', 'node'), version: '24.0.0' }
    const program = createAgentProgram({ provideBundle, ownNode: node })
    expect(program.command(HOST)).toEqual(['./node', AGENT_BUNDLE, 'agent'])
    const names = listArchive(await program.archive(HOST))
    const expected = ['node', AGENT_BUNDLE, 'package.json', 'workloads/gemm/multiply.py']
    expect(names).toEqual(expect.arrayContaining(expected))
    expect(names.filter((name) => /test_|__pycache__/.test(name))).toEqual([])
    const other = { ...HOST, architecture: 'aarch64', node: '/usr/bin/node' }
    expect(program.command(other)).toEqual(['/usr/bin/node', AGENT_BUNDLE, 'agent'])
    expect(listArchive(await program.archive(other))).not.toContain('node')
  })

  it('needs a Node of the host where this one runs nowhere else, as in a single executable', async () => {
    const program = createAgentProgram({ provideBundle, ownNode: undefined })
    expect(() => program.command(HOST)).toThrow(expect.objectContaining({ code: 'SSH_HOST_UNSUITABLE' }))
    expect(program.command({ ...HOST, node: '/usr/bin/node' })).toEqual(['/usr/bin/node', AGENT_BUNDLE, 'agent'])
    expect(listArchive(await program.archive(HOST))).not.toContain('node')
  })
})
