import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseGpuType } from './gpu-type.ts'

describe('normaliseGpuType', () => {
  it.each([
    ['NVIDIA A10G', 'A10G'],
    ['a10g', 'A10G'],
    ['Tesla T4', 'T4'],
    ['NVIDIA Tesla V100-SXM2-16GB', 'V100-SXM2-16GB'],
    ['NVIDIA A100-SXM4-40GB', 'A100-SXM4-40GB'],
    ['NVIDIA H100 80GB HBM3', 'H100 80GB HBM3'],
    ['NVIDIA(R)  A10G ', 'A10G'],
    ['NVIDIA GeForce RTX 4090', 'GEFORCE RTX 4090'],
    ['Quadro RTX 6000', 'QUADRO RTX 6000'],
    ['AMD Instinct MI300X', 'INSTINCT MI300X'],
  ])('calls %j %j', (name, expected) => expect(normaliseGpuType(name)).toBe(expected))

  it('distinguishes types of different speed', () => {
    const names = [
      'NVIDIA A100-SXM4-40GB',
      'NVIDIA A100-PCIE-40GB',
      'NVIDIA A100 80GB PCIe',
      'Quadro RTX 6000',
      'NVIDIA RTX 6000',
    ]
    expect(new Set(names.map(normaliseGpuType)).size).toBe(names.length)
  })

  it('is never empty, and is idempotent', () => {
    expect(normaliseGpuType('NVIDIA')).toBe('NVIDIA')
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((name) => /[a-z\d]/i.test(name) && !/[®™©(]/.test(name)),
        (name) => {
          const once = normaliseGpuType(name)
          expect(once).not.toBe('')
          expect(normaliseGpuType(once)).toBe(once)
        },
      ),
    )
  })
})
