import { describe, expect, it } from 'vitest'
import { findDigest, parseImageReference, requireAllowedImage } from './image.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('an image reference', () => {
  it.each([
    ['ubuntu', 'docker.io/library/ubuntu'],
    ['pytorch/pytorch:2.7.0-cuda12.6-cudnn9-runtime', 'docker.io/pytorch/pytorch'],
    ['ghcr.io/example/resnet50:1', 'ghcr.io/example/resnet50'],
    [`ghcr.io/example/resnet50:1@${DIGEST}`, 'ghcr.io/example/resnet50'],
    ['localhost:5000/resnet50', 'localhost:5000/resnet50'],
    ['127.0.0.1:5000/radix/resnet50:1', '127.0.0.1:5000/radix/resnet50'],
    ['localhost/resnet50', 'localhost/resnet50'],
  ])('%s belongs to repository %s', (reference, repository) => {
    expect(parseImageReference(reference)).toEqual({ repository })
  })

  it.each(['', '-v', 'a//b', '../b', 'a/../b', 'A/b', 'a b', 'a:b:c', 'a@sha256:1', 'a?b', 'a/b/', '/a'])(
    'is not %j',
    (text) => {
      expect(parseImageReference(text)).toBeUndefined()
    },
  )
})

describe('the allow-list', () => {
  it.each(['ghcr.io/example/resnet50', 'ghcr.io/example/resnet50:2', `ghcr.io/example/resnet50@${DIGEST}`])(
    'allows %s',
    (reference) => {
      expect(() => requireAllowedImage(reference, ['ghcr.io/example/resnet50'])).not.toThrow()
    },
  )

  it.each(['ghcr.io/example/resnet50-evil', 'example/resnet50', 'ghcr.io/example', 'not a reference'])(
    'refuses %s',
    (reference) => {
      const code = 'WORKLOAD_IMAGE_NOT_ALLOWED'
      expect(() => requireAllowedImage(reference, ['ghcr.io/example/resnet50'])).toThrow(
        expect.objectContaining({ code }),
      )
    },
  )

  it('allows nothing when it is empty, or names no repository', () => {
    expect(() => requireAllowedImage('ubuntu', [])).toThrow()
    expect(() => requireAllowedImage('not a reference', ['not a reference'])).toThrow()
  })
})

describe('the digest', () => {
  it("is that of the image's own repository", () => {
    const RepoDigests = [`other/resnet50@sha256:${'b'.repeat(64)}`, `ghcr.io/example/resnet50@${DIGEST}`]
    expect(findDigest('ghcr.io/example/resnet50:1', { Id: 'sha256:1', RepoDigests })).toBe(DIGEST)
  })

  it('is the id of an image without a registry', () => {
    expect(findDigest('resnet50', { Id: 'sha256:1', RepoDigests: [] })).toBe('sha256:1')
    expect(findDigest('resnet50', { Id: 'sha256:1', RepoDigests: null })).toBe('sha256:1')
  })
})
