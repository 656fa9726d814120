import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPackageLock } from './package-lock.mjs'

const { packages } = readPackageLock(join(import.meta.dirname, '../..'))

test('every package has a strong digest, so that the registry cannot hand out another', () => {
  const unproven = Object.entries(packages).filter(
    ([path, { integrity }]) => path !== '' && !integrity?.startsWith('sha512-'),
  )
  expect(unproven.map(([path]) => path)).toEqual([])
})
