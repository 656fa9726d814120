/** The scripts in the shells themselves. Debian and macOS have bash; a machine without zsh or fish skips theirs. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { register as registerBench } from '../bench/index.ts'
import { register as registerDoctor } from '../doctor/index.ts'
import { CHOSEN_PROVIDERS } from '../shared/ec2-options.ts'
import { renderBash } from './bash.ts'
import { describeCommands } from './describe-commands.ts'
import { renderFish } from './fish.ts'
import { register as registerCompletion } from './index.ts'
import { renderZsh } from './zsh.ts'

const RENDER = { bash: renderBash, zsh: renderZsh, fish: renderFish }
type Shell = keyof typeof RENDER

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'radix-completion-'))
  writeFileSync(join(folder, 'my file.json'), '')
  const program = new Command('radix').option('--version', "the program's version: number and commit")
  registerBench(program.command('bench').description('Run, compare and clean up benchmarks'))
  registerDoctor(program.command('doctor').description('Find what this machine lacks'))
  registerCompletion(program.command('completion').description('Print the completion'))
  const commands = describeCommands(program)
  for (const [shell, render] of Object.entries(RENDER)) writeFileSync(join(folder, `radix.${shell}`), render(commands))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What completes the last of the words, sorted. */
const ASK: Record<Shell, (words: readonly string[]) => string> = {
  // As bash splits them on its command line.
  bash: (words) =>
    `. ./radix.bash; COMP_WORDS=(${words.flatMap(splitAtEquals).map(quote).join(' ')}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
    _radix; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // The functions are part of zsh's line editor, which a script does not have.
  zsh: (words) =>
    `compdef() {}; compset() {}; compadd() { shift; print -l -- "$@" }; _describe() { print -l -- "\${(@P)2}" }
    _files() { print -l -- * }; . ./radix.zsh; words=(${words.map(quote).join(' ')}); CURRENT=$#words; _radix`,
  fish: (words) => `source ./radix.fish; complete --do-complete ${quote(words.join(' '))}`,
}

function complete(shell: Shell, ...words: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(shell, ['-c', ASK[shell](words)], { cwd: folder, encoding: 'utf8' })
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  const lines = stdout.split('\n').map((line) => line.replace(/[:\t].*/, ''))
  // zsh and fish choose from what the script offers.
  return [...new Set(lines)].filter((line) => line.startsWith(words.at(-1)?.split('=').at(-1) ?? '') && line).toSorted()
}

function splitAtEquals(word: string): string[] {
  const parts = /^(--[\w-]+)=(.*)$/.exec(word)
  return parts ? [parts[1] ?? '', '=', ...(parts[2] ? [parts[2]] : [])] : [word]
}

function quote(word: string): string {
  return `'${word}'`
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0
}

describe.each(['bash', 'zsh', 'fish'] as const)('the completion for %s', (shell) => {
  const test = it.skipIf(!isInstalled(shell))

  test('completes commands and verbs', () => {
    expect(complete(shell, 'radix', '')).toEqual(['bench', 'completion', 'doctor', 'help'])
    expect(complete(shell, 'radix', 'bench', 'c')).toEqual(['cleanup', 'compare'])
    expect(complete(shell, 'radix', 'bench', 'baseline', 's')).toEqual(['set', 'show'])
  })

  test('completes options where they belong', () => {
    expect(complete(shell, 'radix', 'bench', 'run', '--tri')).toEqual(['--trials'])
    expect(complete(shell, 'radix', 'bench', 'list', '--tri')).toEqual([])
    expect(complete(shell, 'radix', 'bench', 'run', '--quick', '--trials', '3', '--pre')).toEqual(['--preset'])
  })

  test('completes the values of an option and of an argument', () => {
    expect(complete(shell, 'radix', 'bench', 'run', '--provider', '')).toEqual([...CHOSEN_PROVIDERS].toSorted())
    expect(complete(shell, 'radix', 'bench', 'run', '--trials', '3', '--provider', 'lo')).toEqual(['local'])
    expect(complete(shell, 'radix', 'bench', 'run', '--trials', '')).toEqual([])
    expect(complete(shell, 'radix', 'completion', 'f')).toEqual(['fish'])
  })

  test('takes the value of an option for no command', () => {
    expect(complete(shell, 'radix', 'bench', 'run', '--cluster-name', 'list', '--pre')).toEqual(['--preset'])
  })

  test('completes files', () => {
    const files = complete(shell, 'radix', 'bench', 'run', '--config', 'my')
    expect(files.map((file) => file.replaceAll('\\', ''))).toEqual(['my file.json'])
  })
})

describe.each(['bash', 'zsh'] as const)('%s', (shell) => {
  it.runIf(isInstalled(shell))('completes a value after an equals sign', () => {
    expect(complete(shell, 'radix', 'bench', 'run', '--provider=')).toEqual([...CHOSEN_PROVIDERS].toSorted())
    expect(complete(shell, 'radix', 'bench', 'run', '--provider=lo')).toEqual(['local'])
  })
})
