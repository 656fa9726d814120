import { expect, test } from 'vitest'
import { renderSetupError, SETUP_ERRORS, SetupError } from './errors.mjs'

test.each(Object.keys(SETUP_ERRORS) as (keyof typeof SETUP_ERRORS)[])('%s says why and what to do', (code) => {
  const details = { platform: 'win32 x64', python: 'python3', debian: 'python3-torch', sudo: 'sudo ', folder: '/a' }
  const text = renderSetupError(new SetupError(code, details))
  expect(text).toMatch(new RegExp(`^error ${code}: .+\n {2}\\S.+\n(.*\n)* {2}fix: `))
})
