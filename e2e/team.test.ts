/** The commands of a team, against a real server: roles, the audit log, webhooks. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebhookReceiver } from '../src/control-plane/testing/webhook-receiver.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'

let sandbox: Sandbox
let running: ControlPlane
const receiver = new WebhookReceiver()

beforeAll(async () => {
  sandbox = await Sandbox.createUsed()
  await receiver.open()
  running = await startControlPlane(sandbox, 0, [], { RADIX_WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' })
})

afterAll(async () => {
  await stopControlPlane(running)
  await receiver.close()
  await sandbox.remove()
})

it('limits a token to a role, and says which one is needed', async () => {
  const RADIX_TOKEN = await sandbox.output(['auth', 'token', '--role', 'viewer'])
  const asViewer = { RADIX_TOKEN, RADIX_API_BASE: running.url }
  await sandbox.output(['cluster', 'list'], asViewer)
  const refused = await sandbox.run(['cluster', 'create', 'mine'], asViewer)
  expect(refused.exitCode, refused.stderr).toBe(4)
  expect(refused.stderr).toContain('AUTH_ROLE_REQUIRED')
  expect(refused.stderr).toContain('has the role viewer. This request needs the role operator.')
})

it('sets the default role, lists members, and tells who did what', async () => {
  expect(await sandbox.output(['member', 'default', '--role', 'viewer'])).toContain('have the role viewer')
  expect(JSON.parse(await sandbox.output(['member', 'list', '--json']))).toEqual([])
  const unknown = await sandbox.run(['member', 'set', 'ada@example.com', 'admin'])
  expect(unknown.stderr).toContain('radix member list')
  const log = JSON.parse(await sandbox.output(['audit', '--action', 'default_role.', '--json']))
  expect(log).toMatchObject([{ action: 'default_role.set', details: { role: 'viewer' }, actor_kind: 'user' }])
  expect(await sandbox.output(['audit'])).toContain('default_role.set')
})

it('adds a webhook, tries it, and removes it', async () => {
  const secret = await sandbox.output(['webhook', 'add', `${receiver.url}/hook`, '--event', 'reaper.silent'])
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  const [{ webhook_id }] = JSON.parse(await sandbox.output(['webhook', 'list', '--json']))
  expect(await sandbox.output(['webhook', 'test', webhook_id])).toContain('the receiver answered 204')
  receiver.answers = [500]
  const failed = await sandbox.run(['webhook', 'test', webhook_id])
  expect(failed.stderr).toContain('WEBHOOK_NOT_DELIVERED')
  expect(failed.stderr).toContain('it answered 500')
  expect(await sandbox.output(['webhook', 'deliveries', webhook_id])).toContain('webhook.test')
  expect(await sandbox.output(['webhook', 'remove', webhook_id])).toContain('was removed')
})
