/** README and the documents match the program. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { register } from '../src/cli/bench/index.ts'
import { chooseGlyphs, createStyle } from '../src/cli/bench/view/style.ts'
import { renderSummary } from '../src/cli/bench/view/summary.ts'
import { outcome } from '../src/cli/bench/view/testing/events.ts'
import { describeCommands } from '../src/cli/completion/describe-commands.ts'
import { COMMANDS } from '../src/cli/main.ts'
import { SETTINGS } from '../src/core/settings.ts'
import { ERRORS } from '../src/errors/table.ts'
import { makeBaseline } from '../src/evidence/compare/baseline.ts'
import { gateRun } from '../src/evidence/compare/gate.ts'
import { openEvidence } from '../src/evidence/open-evidence.ts'
import { runEvidence } from '../src/evidence/testing/runs.ts'
import { sampleEvidence } from './sample-evidence.ts'

const ROOT = join(import.meta.dirname, '..')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')

it('no document and no program names an image of ours in a registry: none is published', () => {
  const paths = globSync(['*.{md,yml}', '{docs,deploy,dashboard/src,src,workloads}/**/*.{md,ts,tsx,sh,Dockerfile}'], {
    cwd: ROOT,
  }).filter((path) => !path.endsWith('.test.ts'))
  expect(paths.length).toBeGreaterThan(500)
  expect(paths.filter((path) => readFileSync(join(ROOT, path), 'utf8').includes('ghcr.io/iangreen74'))).toEqual([])
})

describe('README.md', () => {
  it('shows the summary as it is printed', () => {
    const shown = /\nRun (run_\w{26}) succeeded\n\n[\s\S]*?\n```/.exec(readme)
    const runId = shown?.[1] ?? ''
    const machine_id = /m_\w{26}/.exec(shown?.[0] ?? '')?.[0] ?? ''
    // The quick parameters: 20 steps of 8 images.
    const measured = {
      device: { type: 'cpu' as const, name: 'AMD EPYC', uuid: null },
      timed_seconds: 4.18,
      work: { amount: 160, unit: 'images' },
    }
    const evidence = runEvidence(1, [38.3], measured, { finishedAt: '2026-03-02T09:00:06.800Z' })
    const reasons = evidence.verdict.reasons.filter(({ level }) => level !== 'note')
    const printed = renderSummary(
      outcome({
        run_id: runId,
        throughput: { value: 38.3, unit: 'images/s' },
        duration_seconds: 5.9,
        verdict: { level: evidence.verdict.level, reasons },
        termination: {
          confirmed: true,
          state: 'confirmed',
          machine_id,
          confirmed_at: null,
          proof: `provider local: no process of this host carries RADIX_MACHINE_ID=${machine_id}; no machine is tagged with the run`,
        },
        evidence_path: `/home/you/radix/benchmark-evidence-local-${runId}/evidence.json`,
      }),
      { evidence, problem: null },
      { style: createStyle(false), glyphs: chooseGlyphs({ LANG: 'C.UTF-8' }, 'linux') },
      { width: Number.POSITIVE_INFINITY, program: './radix' },
    )
    expect(shown?.[0]).toBe(`\n${printed}\n\`\`\``)
  })

  it('names only existing options', () => {
    const bench = new Command('bench')
    register(bench)
    const run = bench.commands.find((command) => command.name() === 'run')
    const known = run?.options.map(({ long }) => long)
    const table = readme.split('\n').filter((line) => line.startsWith('| `--'))
    expect(table.length).toBeGreaterThan(5)
    for (const flag of table.flatMap((line) => line.split('|')[1]?.match(/--[a-z-]+/g) ?? []))
      expect(known).toContain(flag)
  })

  it('names every exit code', () => {
    const paragraph = readme.split('\n\n').find((each) => each.startsWith('Exit codes:')) ?? ''
    const codes = new Set(Object.values(ERRORS).map(({ exitCode }) => exitCode))
    for (const code of [0, ...codes]) expect(paragraph).toMatch(new RegExp(`\\b${code} [a-z]`))
  })
})

it('every environment variable of Radix is in the table of settings', () => {
  // Between our own processes, and in tests.
  const internal = [
    'RADIX_BOOT',
    'RADIX_JOB_ID',
    'RADIX_CHROMIUM',
    'RADIX_JOB_ID',
    'RADIX_MACHINE_ID',
    'RADIX_MOTO_SERVER',
    'RADIX_RUN_ID',
    'RADIX_TEST_SECRET',
  ]
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.ts') && !path.includes('.test.') && !path.includes('testing/') && path !== 'core/settings.ts',
  )
  const setup = readdirSync(join(ROOT, 'tools/setup')).filter((path) => path.endsWith('.mjs'))
  const paths = [...sources.map((path) => join('src', path)), ...setup.map((path) => join('tools/setup', path))]
  const text = paths.map((path) => readFileSync(join(ROOT, path), 'utf8')).join('\n')
  const names = new Set(text.match(/\b(?:RADIX|BENCH)_[A-Z][A-Z_]*[A-Z]\b/g))
  const known = new Set(Object.values(SETTINGS).flatMap((settings) => settings.map(({ name }) => name)))
  expect([...names].filter((name) => !known.has(name) && !internal.includes(name))).toEqual([])
})

it('the sample evidence lets the gate find its regression', () => {
  const [before, after] = ['before', 'after'].map((name) => {
    const place = `examples/evidence/benchmark-evidence-sample-${name}/evidence.json`
    return openEvidence({ document: JSON.parse(sampleEvidence()[place] ?? ''), place }).evidence
  })
  if (!before || !after) throw new Error('there are two samples')
  const baseline = makeBaseline(before, 'NAME')
  expect(gateRun({ candidate: after, baseline, baselineName: 'before', thresholdPercent: 5 }).decision).toBe(
    'regression',
  )
})

const ignored = /(^|\/)(node_modules|\.radix|\.git|dist)(\/|$)/
const documents = globSync('**/*.md', { cwd: ROOT, exclude: (path) => ignored.test(path) })

it('every command in a document exists, with its options', async () => {
  const program = new Command('radix').version('1')
  for (const [name, noun] of Object.entries(COMMANDS)) (await noun.load()).register(program.command(name))
  const known = new Map(describeCommands(program).map((words) => [words.path, words]))
  // The changelog also speaks of what was removed.
  const typed = documents.filter((path) => path !== 'CHANGELOG.md').flatMap(commandsOf)
  expect(typed.length).toBeGreaterThan(100)
  const wrong = typed.filter(({ words }) => {
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
    const names = end === -1 ? words : words.slice(0, end)
    const paths = [3, 2, 1, 0].map((count) => names.slice(0, count).join(' '))
    const command = known.get(paths.find((path) => known.has(path)) ?? '')
    const isUnknown = command?.verbs.length !== 0 && command?.path !== names.join(' ')
    const flags = command?.options.flatMap((option) => option.flags)
    const options = words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/=.*/, ''))
    return isUnknown || options.some((option) => !flags?.includes(option))
  })
  expect(wrong.map(({ document, words }) => `${document}: radix ${words.join(' ')}`)).toEqual([])
})

/** What follows `radix` in code: in blocks, at the start of a line, and between backticks. */
function commandsOf(document: string): { document: string; words: string[] }[] {
  const text = readFileSync(join(ROOT, document), 'utf8').replaceAll(/\\\n */g, ' ')
  const blocks = [...text.matchAll(/^```(?:sh|bash|yaml|text)?\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
  const lines = blocks.flatMap((block) => [...block.matchAll(/^(?:\$ )?(?:\.\/)?radix ([^\n]*)/gm)])
  const spans = [...text.matchAll(/`(?:\.\/)?radix ([^`\n]+)`/g)]
  return [...lines, ...spans].map(([, command = '']) => ({
    document,
    words: (command.split(/ [#|&>;]/)[0] ?? '').trim().split(/\s+/),
  }))
}

describe('links in documents', () => {
  it('lead to existing files and headings', () => {
    expect(documents.length).toBeGreaterThan(30)
    const broken = documents.flatMap((document) =>
      linksOf(withoutCode(document))
        .filter((link) => !leadsSomewhere(document, link))
        .map((link) => `${document}: ${link}`),
    )
    expect(broken).toEqual([])
  })
})

/** Links to other sites are not followed. */
function linksOf(text: string): string[] {
  const links = [...text.matchAll(/\]\(([^()\s]+)\)/g)].map(([, link = '']) => link)
  return links.filter((link) => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(document: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? document : join(dirname(document), path)
  if (!existsSync(join(ROOT, target))) return false
  if (heading === undefined || !target.endsWith('.md')) return true
  const headings = [...withoutCode(target).matchAll(/^#+ (.+)$/gm)].map(([, words = '']) => toAnchor(words))
  return headings.includes(heading)
}

function withoutCode(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '')
}

/** As GitHub makes them: https://docs.github.com/en/get-started/writing-on-github */
function toAnchor(heading: string): string {
  const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
  return words.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-')
}
