import { expect, it } from 'vitest'
import { newestOf } from './image.ts'

const image = (Name: string, CreationDate = '2026-01-01T00:00:00.000Z') => ({ Name, CreationDate })
const NOW = new Date('2026-05-01T00:00:00Z')
const OSS = 'Deep Learning OSS Nvidia Driver AMI GPU PyTorch'

it('is the latest PyTorch on the latest Ubuntu, even if AWS built an older one later', () => {
  const images = [
    image(`${OSS} 2.9 (Ubuntu 24.04) 20260101`),
    image(`${OSS} 2.10 (Ubuntu 22.04) 20260301`, '2026-03-01T00:00:00.000Z'),
    image(`${OSS} 2.10 (Ubuntu 24.04) 20260101`),
    image(`${OSS} 2.10 (Ubuntu 24.04) 20260201`, '2026-02-01T00:00:00.000Z'),
    image(`${OSS} 2.7 (Ubuntu 22.04) 20260401`, '2026-04-01T00:00:00.000Z'),
    image(`${OSS} 2.11 (Amazon Linux 2023) 20260401`, '2026-04-01T00:00:00.000Z'),
  ]
  expect(newestOf(images, NOW)?.Name).toBe(`${OSS} 2.10 (Ubuntu 24.04) 20260201`)
  expect(newestOf([], NOW)).toBeUndefined()
})

it('is a deprecated image only without another one, by the given clock', () => {
  const old = image(`${OSS} 2.9 (Ubuntu 24.04) 20260101`)
  const deprecated = { ...image(`${OSS} 2.10 (Ubuntu 24.04) 20260101`), DeprecationTime: '2026-04-30T00:00:00.000Z' }
  expect(newestOf([old, deprecated], NOW)).toBe(old)
  expect(newestOf([deprecated], NOW)).toBe(deprecated)
  expect(newestOf([old, deprecated], new Date('2026-04-29T00:00:00Z'))).toBe(deprecated)
})
