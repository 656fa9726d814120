/** A machine for the tests of the set-up: its programs are files in a temporary folder and answer as they are told. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Failure } from './errors.mjs'
import type { Environment, Host } from './host.mjs'

/** Answers stdout, throws a Failure, or knows no such program. */
type Answer = (argv: string[], env: Environment) => string | undefined

export interface FakeHost extends Host {
  /** Every command that was run, in order. */
  readonly ran: string[]
  readonly said: string[]
}

export function fakeHost(answer: Answer = () => undefined, properties: Partial<Host> = {}): FakeHost {
  const root = properties.root ?? temporaryFolder()
  const ran: string[] = []
  const said: string[] = []
  return {
    root,
    platform: 'linux',
    arch: 'x64',
    libc: 'glibc',
    isRoot: false,
    nodeVersion: '20.20.2',
    nodePath: '/opt/node/bin/node',
    ...properties,
    env: { PATH: join(root, 'bin'), ...properties.env },
    ran,
    said,
    wait: () => Promise.resolve(),
    say: (line) => void said.push(line),
    async run(argv, options) {
      ran.push(argv.join(' '))
      const stdout = answer(argv, options.env ?? {})
      if (stdout === undefined) throw new Failure(`spawn ${argv[0]} ENOENT`)
      return stdout
    },
  }
}

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'radix-setup-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function writeProgram(path: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, '#!/bin/sh\nexit 1\n')
  chmodSync(path, 0o755)
  return path
}
