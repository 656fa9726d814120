/**
 * The two commands on a bare Debian 12 with its own Node 18 and npm 9, from a clean clone. By default, in CI as root, a
 * user without root runs `npm start`. `npm run test:bare` (RADIX_BARE=all) also runs it as root, has a native part that
 * is gone installed again, and runs the fast checks.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { canMakeBareMachine, makeBareDebian, runOnBareMachine } from '../tools/bare-machine/bare-machine.ts'

const MINUTE_MS = 60_000
const isAll = process.env.RADIX_BARE === 'all'
const isAsked = isAll || Boolean(process.env.CI)

describe.skipIf(!canMakeBareMachine || !isAsked)('on a bare Debian 12', () => {
  let base: string
  beforeAll(async () => {
    base = await makeBareDebian()
  }, 15 * MINUTE_MS)

  const evidence = 'benchmark-evidence-local-*/evidence.json'
  const native = 'node_modules/@rolldown/binding-linux-x64-gnu'
  const start = ['node --version && npm --version', 'npm start', `ls ${evidence} dist/dashboard/index.html`]
  const restore = [`rm -r ${native}`, `node tools/setup/main.mjs exec node --version && ls -d ${native}`]
  const command = [...start, ...(isAll ? restore : [])].join(' && ')
  const restored = isAll ? `v24\\.\\S+\n${native}\n` : ''

  const users = isAll ? (['ann', 'root'] as const) : (['ann'] as const)
  it.each(users)(
    'npm start works from a clean clone for %s',
    async (user) => {
      const { exitCode, output } = await runOnBareMachine(base, user, command, 8 * MINUTE_MS)
      expect(output).toMatch(/^v18\.\S+\n9\./)
      const listed = '\nbenchmark-evidence-local-\\S+/evidence\\.json\ndist/dashboard/index\\.html\n'
      expect(output).toMatch(new RegExp(`${listed}[^]*${restored}$`))
      expect(exitCode).toBe(0)
    },
    9 * MINUTE_MS,
  )

  it.runIf(isAll)(
    'the fast checks pass for a user without root',
    async () => {
      const { exitCode, output } = await runOnBareMachine(base, 'ann', 'npm run check', 25 * MINUTE_MS)
      expect(output.slice(-4000)).toMatch(/0 failed/)
      expect(exitCode).toBe(0)
    },
    26 * MINUTE_MS,
  )
})
