/** A machine for the tests of the set-up: its programs are files in a temporary folder and answer as they are told. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Outcome, System } from './system.mjs'

type Answer = (argv: string[], env: Record<string, string>) => Partial<Outcome> | undefined

export interface FakeSystem extends System {
  /** Every command that was run, in order. */
  readonly ran: string[]
  readonly said: string[]
}

/** A program without an answer fails, as one that is not installed does. */
export function fakeSystem(answer: Answer = () => undefined, properties: Partial<System> = {}): FakeSystem {
  const ran: string[] = []
  const said: string[] = []
  return {
    platform: 'linux',
    arch: 'x64',
    libc: 'glibc',
    isRoot: false,
    nodeVersion: '20.20.2',
    nodePath: '/opt/node/bin/node',
    env: {},
    ...properties,
    ran,
    said,
    wait: () => Promise.resolve(),
    say: (line) => void said.push(line),
    run: (argv, options) => {
      ran.push(argv.join(' '))
      const failed = { ok: false, stdout: '', output: `spawn ${argv[0]} ENOENT` }
      const answered = answer(argv, options.env ?? {})
      return Promise.resolve(answered ? { ok: true, stdout: '', output: '', ...answered } : failed)
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
