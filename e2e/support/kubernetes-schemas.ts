/**
 * The JSON schemas of Kubernetes, as the Python package kubernetes-validate ships them: kubeconform would fetch its own
 * from GitHub. Downloaded on first use and kept in `.radix`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE_VERSION = '1.37.0'
/** The oldest that the chart supports, and the newest. */
export const KUBERNETES_VERSIONS = ['1.25.0', '1.37.0'] as const
const DOWNLOAD_TIMEOUT_MS = 300_000

/** A location for kubeconform. Schemas are strict: a member that does not exist is an error. */
export function schemaLocation(kubernetesVersion: (typeof KUBERNETES_VERSIONS)[number]): string {
  return join(folderOf(provideSchemas(), kubernetesVersion), '{{ .ResourceKind }}{{ .KindSuffix }}.json')
}

function folderOf(root: string, kubernetesVersion: string): string {
  return join(root, 'kubernetes_validate', 'kubernetes-json-schema', `v${kubernetesVersion}-local-strict`)
}

function provideSchemas(): string {
  const folder = join(import.meta.dirname, '..', '..', '.radix', `kubernetes-validate-${PACKAGE_VERSION}`)
  if (existsSync(folder)) return folder
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  const python = process.env.RADIX_PYTHON ?? 'python3'
  const run = (...argv: string[]) =>
    execFileSync(python, argv, { stdio: ['ignore', 'ignore', 'pipe'], timeout: DOWNLOAD_TIMEOUT_MS })
  run('-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', partial, `kubernetes-validate==${PACKAGE_VERSION}`)
  const [wheel = ''] = readdirSync(partial)
  run('-m', 'zipfile', '-e', join(partial, wheel), partial)
  rmSync(join(partial, wheel))
  for (const version of KUBERNETES_VERSIONS) makeRelative(folderOf(partial, version))
  renameSync(partial, folder)
  return folder
}

/** They name an address of their own, and refer to each other from it: kubeconform would ask kubernetes.io. */
function makeRelative(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const text = readFileSync(path, 'utf8')
    writeFileSync(
      path,
      text.replaceAll('"/api/_definitions.json', '"_definitions.json').replaceAll('"$id": "', '"$comment": "'),
    )
  }
}
