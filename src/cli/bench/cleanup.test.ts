import { expect, it } from 'vitest'
import { adoptedConfig } from './cleanup.ts'

it('refuses regions for other providers, and names the provider that uses them', () => {
  for (const provider of ['local', 'existing', undefined] as const) {
    const options = { ...(provider ? { provider } : {}), awsRegion: 'us-east-1' }
    expect(() => adoptedConfig(options, '/d')).toThrow('--provider ec2')
  }
  expect(adoptedConfig({ provider: 'ec2', awsRegion: 'us-east-1' }, '/d')?.machine).toMatchObject({
    region: 'us-east-1',
  })
  expect(() => adoptedConfig({ inventory: 'hosts.yaml' }, '/d')).toThrow('--provider ssh')
  expect(() => adoptedConfig({ provider: 'ssh' }, '/d')).toThrow('--inventory')
  expect(adoptedConfig({}, '/d')).toBeUndefined()
})
