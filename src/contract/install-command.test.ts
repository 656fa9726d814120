import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { renderInstallCommand } from './install-command.ts'

it('is one line that gets the script with curl, else with wget, and keeps the token out of the arguments', () => {
  const line = renderInstallCommand({ apiBase: 'https://radix.example.com', clusterId: 'cl_1', token: 'radix_ot_x' })
  expect(line).toBe(
    '(curl -fsSL https://radix.example.com/agent/install.sh || wget -qO- https://radix.example.com/agent/install.sh) | ' +
      'RADIX_ONBOARDING_TOKEN=radix_ot_x sh -s -- --api-base https://radix.example.com --cluster-id cl_1',
  )
})

it('reads the token from a file where it is not to be shown', () => {
  const token = { file: '<file>' }
  const line = renderInstallCommand({ apiBase: 'http://127.0.0.1:8080', clusterId: 'cl_1', token })
  expect(line).not.toContain('RADIX_ONBOARDING_TOKEN')
  expect(line).toMatch(/ --onboarding-token-file <file>$/)
})

it('takes every value as a word', () => {
  const line = renderInstallCommand({ apiBase: "http://x/$(id)';id", clusterId: '*', token: '`id`' })
  const script = 'printf "%s\\n" "$RADIX_ONBOARDING_TOKEN" "$@"'
  const shown = line.replace(/^\(.*\) \| /, '').replace(' sh -s -- ', ` sh -c '${script}' sh `)
  const output = execFileSync('sh', ['-c', shown], { encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual(['`id`', '--api-base', "http://x/$(id)';id", '--cluster-id', '*'])
})
