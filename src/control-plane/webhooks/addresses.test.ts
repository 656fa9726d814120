import { describe, expect, it } from 'vitest'
import { mayReach, refuseAddress } from './addresses.ts'

const HTTPS = new URL('https://receiver.example/hook')
const HTTP = new URL('http://receiver.example/hook')

describe('a webhook', () => {
  it.each(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c', '::ffff:93.184.215.14'])(
    'reaches %s',
    (address) => {
      expect(mayReach(address, HTTPS, [])).toBe(true)
    },
  )

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    '2002:7f00:1::',
  ])('does not reach %s', (address) => {
    expect(mayReach(address, HTTPS, [])).toBe(false)
  })

  it('reaches by http only what the operator allows', () => {
    expect(mayReach('93.184.215.14', HTTP, ['10.0.0.0/8'])).toBe(false)
    expect(mayReach('10.1.2.3', HTTP, ['10.0.0.0/8'])).toBe(true)
    expect(mayReach('::ffff:10.1.2.3', HTTP, ['10.0.0.0/8'])).toBe(true)
    expect(mayReach('fd00::7', HTTPS, ['fd00::/8'])).toBe(true)
    expect(mayReach('192.168.1.1', HTTPS, ['10.0.0.0/8', '192.168.1.2'])).toBe(false)
  })

  it.each([
    'http://receiver.example/',
    'ftp://receiver.example/',
    'https://user:password@receiver.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
  ])('cannot have the URL %s', (url) => {
    expect(refuseAddress(new URL(url), [])).toBeDefined()
  })

  it.each(['https://receiver.example/', 'https://1.1.1.1/', 'https://[2606:4700::1111]:8443/'])(
    'can have %s',
    (url) => {
      expect(refuseAddress(new URL(url), [])).toBeUndefined()
    },
  )
})
