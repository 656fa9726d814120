/** The hosts of provider `ssh`: the inventory file, and what a run keeps of it. No secrets: keys stay in their files. */
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { explainIssue, valueAt } from '../../contract/bounds.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import { invalidSetting } from '../../errors/invalid-setting.ts'
import { readTextFile } from '../../system/text-file.ts'

const Path = z.string().min(1).max(4096)
const AbsolutePath = z.string().regex(/^\/[^\n']{0,1000}$/, 'an absolute path without quotation marks')

const HOST = {
  /** For `--host`, messages and evidence. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name such as gpu-1 (letters, digits, dots, dashes)'),
  /** A name or address, or an alias of ~/.ssh/config. The name of the host if absent. */
  address: z.string().regex(/^[A-Za-z0-9_[\]:][A-Za-z0-9._:%[\]-]{0,254}$/, 'a host name, an address or an alias'),
  port: z.number().int().min(1).max(65_535),
  user: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}$/, 'a user name'),
  identity_file: Path,
  /** A file with the keys of the hosts, instead of the user's own. */
  known_hosts: Path,
  /** As the user has it in ~/.ssh/config if absent. There is no way to turn the check off here. */
  host_key_checking: z.enum(['yes', 'accept-new']),
  /** Instead of ~/.ssh/config. */
  config_file: Path,
  /** The Python that runs the workload. */
  python: AbsolutePath,
  price_per_hour: z.number().min(0).max(10_000),
  labels: z.record(z.string().max(64), z.string().max(256)),
  /** Where a run has its folder: absolute, or below the home of the user. */
  directory: z.string().regex(/^[A-Za-z0-9._/-]{1,200}$/, 'a folder such as /scratch/radix'),
  /** The link that is the lease of the host: one path for everyone who uses it. */
  lease: AbsolutePath,
}

const InventoryHost = z.strictObject(HOST).partial().required({ name: true })
export const Inventory = z.strictObject({
  /** For every host that does not have its own. */
  defaults: z.strictObject(HOST).omit({ name: true, address: true, labels: true }).partial().optional(),
  hosts: z.array(InventoryHost).min(1).max(PROVIDER_LIMITS.inventoryHosts.value),
})

/** A host as a run keeps it: all defaults applied, all paths of this machine absolute. */
export const SshHost = z.strictObject({
  ...z.strictObject(HOST).partial().shape,
  name: HOST.name,
  address: HOST.address,
  directory: HOST.directory,
  lease: HOST.lease,
})
export type SshHost = z.infer<typeof SshHost>

/** The settings of provider `ssh`: the `machine` member of a run's configuration. */
export const SshSettings = z.strictObject({
  /** The file, for the command that reproduces the run. */
  inventory: z.string(),
  /** The only host that the run may use. */
  host: z.string().optional(),
  /** Those of the inventory when the run began: a clean-up finds them without the file. */
  hosts: z.array(SshHost).min(1),
})
export type SshSettings = z.infer<typeof SshSettings>

const DEFAULT_DIRECTORY = '.radix-host'
const DEFAULT_LEASE = '/tmp/radix-lease'
const EXPECTED = 'a YAML or JSON file with `hosts:` (docs/PROVIDERS.md)'

/** Throws `CONFIGURATION_INVALID`, naming the file and the member. */
export function readInventory(path: string, setting = '--inventory'): SshHost[] {
  let document: unknown
  try {
    const limit = CLI_LIMITS.configurationFile.value
    const text = readTextFile(path, limit)
    if (text.length > limit) throw new Error(`it has more than ${limit} characters`)
    document = parseYaml(text, { logLevel: 'error' })
    // Throws for an alias that contains itself: no message could show it.
    JSON.stringify(document)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw invalidSetting(setting, path, reason, EXPECTED, error)
  }
  const parsed = Inventory.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const { reason, expected } = explainIssue(issue)
    const member = issue?.path.join('.') ?? ''
    if (member === '') throw invalidSetting(setting, path, reason, EXPECTED)
    throw invalidSetting(
      `${member} in ${path}`,
      JSON.stringify(valueAt(document, issue?.path ?? [])) ?? 'absent',
      reason,
      expected,
    )
  }
  const { defaults, hosts } = parsed.data
  const names = hosts.map(({ name }) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated)
    throw invalidSetting(`hosts in ${path}`, repeated, 'two hosts have this name', 'hosts with different names')
  const toPath = (file: string | undefined) => file && resolve(dirname(path), file.replace(/^~(?=\/)/, homedir()))
  return hosts.map((given) => {
    const host = { address: given.name, directory: DEFAULT_DIRECTORY, lease: DEFAULT_LEASE, ...defaults, ...given }
    const paths = { identity_file: host.identity_file, known_hosts: host.known_hosts, config_file: host.config_file }
    const absolute = Object.entries(paths).flatMap(([name, file]) => (file ? [[name, toPath(file)]] : []))
    return SshHost.parse({ ...host, ...Object.fromEntries(absolute) })
  })
}

/** Throws `CONFIGURATION_INVALID` for a host that is not in the inventory. */
export function toSshSettings({
  inventory,
  host,
}: {
  inventory?: string | undefined
  host?: string | undefined
}): SshSettings {
  if (inventory === undefined) throw invalidSetting('--inventory', 'not set', 'provider ssh needs it', EXPECTED)
  const hosts = readInventory(inventory)
  if (host !== undefined && !hosts.some(({ name }) => name === host)) {
    const names = hosts.map(({ name }) => name).join(', ')
    throw invalidSetting('--host', host, `${inventory} has no such host`, `one of its hosts: ${names}`)
  }
  return { inventory: resolve(inventory), hosts, ...(host === undefined ? {} : { host }) }
}

/** The hosts that the run may use, in their order. */
export function chosenHosts({ host, hosts }: SshSettings): SshHost[] {
  return host === undefined ? hosts : hosts.filter(({ name }) => name === host)
}
