/**
 * The chart by helm and kubeconform, and the compose file by the parser of Docker Compose. Their programs are built from
 * the Go module proxy, which takes minutes: in the full run only.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { isFullRun } from './support/full-run.ts'
import { buildGoTool, explainMissingGo } from './support/go-tools.ts'
import { KUBERNETES_VERSIONS, schemaLocation } from './support/kubernetes-schemas.ts'

const DEPLOY = join(import.meta.dirname, '..', 'deploy')
const CHART = join(DEPLOY, 'helm')
const BUILD_MS = 600_000

const REQUIRED = [
  'image.repository=registry.example.com/radix',
  'database.existingSecret=radix-database',
  'signingKey.existingSecret=radix-signing-key',
]
const EVERYTHING = [
  ...REQUIRED,
  `image.digest=sha256:${'0'.repeat(64)}`,
  'publicUrl=https://radix.example.com',
  'env.RADIX_DEFAULT_ROLE=viewer',
  'envFromSecrets[0]=radix-issuers',
  'imagePullSecrets[0].name=registry',
  'ingress.enabled=true',
  'ingress.className=nginx',
  'ingress.host=radix.example.com',
  'ingress.annotations.cert-manager\\.io/cluster-issuer=letsencrypt',
  'networkPolicy.ingressFrom[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=ingress',
  'serviceAccount.annotations.owner=team',
  'podLabels.team=ml',
  'podAnnotations.note=text',
  'nodeSelector.pool=system',
  'priorityClassName=high',
  'tolerations[0].operator=Exists',
  'topologySpreadConstraints[0].maxSkew=1',
  'topologySpreadConstraints[0].topologyKey=zone',
  'topologySpreadConstraints[0].whenUnsatisfiable=ScheduleAnyway',
]

const Resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.unknown().optional(),
})

const missing = isFullRun ? explainMissingGo() : 'it takes minutes to build its programs: npm run test:full'
if (missing !== undefined) process.stderr.write(`The chart and the compose file are not checked: ${missing}.\n`)

describe.skipIf(missing !== undefined)('the chart', () => {
  let helm: string
  let kubeconform: string

  beforeAll(() => {
    helm = buildGoTool({ name: 'helm', module: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' })
    const module = 'github.com/yannh/kubeconform/cmd/kubeconform'
    kubeconform = buildGoTool({ name: 'kubeconform', module, version: 'v0.8.0' })
  }, 2 * BUILD_MS)

  const withValues = (values: readonly string[]) => values.flatMap((value) => ['--set', value])
  const render = (values: readonly string[], kubeVersion: string = KUBERNETES_VERSIONS[0]) =>
    execFileSync(helm, ['template', 'team', CHART, '--kube-version', kubeVersion, ...withValues(values)], {
      encoding: 'utf8',
    })
  const refusalOf = (values: readonly string[]) => {
    try {
      return render(values)
    } catch (error) {
      return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    }
  }
  const readResources = (values: readonly string[]) =>
    parseAllDocuments(render(values))
      .map((document) => document.toJS())
      .filter((document) => document !== null)
      .map((document) => Resource.parse(document))

  it.each([
    ['with what it needs', REQUIRED],
    ['with everything', EVERYTHING],
  ])('passes helm lint %s', (_, values) => {
    const output = execFileSync(helm, ['lint', '--strict', CHART, ...withValues(values)], { encoding: 'utf8' })
    expect(output).toContain('0 chart(s) failed')
  })

  const cases = KUBERNETES_VERSIONS.flatMap((version) => [
    [version, 'with what it needs', REQUIRED] as const,
    [version, 'with everything', EVERYTHING] as const,
  ])
  it.each(cases)('is what Kubernetes %s takes, %s', (version, _, values) => {
    const flags = ['-strict', '-summary', '-schema-location', schemaLocation(version)]
    const output = execFileSync(kubeconform, flags, { input: render(values, version), encoding: 'utf8' })
    expect(output).toMatch(/ [56] resources? found .* Valid: [56], Invalid: 0, Errors: 0, Skipped: 0/)
  })

  it('takes from kubeconform no word for it: a member that does not exist is found', () => {
    const broken = render(REQUIRED).replace('replicas: 2', 'replicas: 2\n  copies: 3')
    const check = () =>
      execFileSync(kubeconform, ['-strict', '-schema-location', schemaLocation('1.37.0')], {
        input: broken,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      })
    expect(check).toThrow()
  })

  it('has the secrets by reference, probes, and no rights that it does not need', () => {
    const deployment = readResources(REQUIRED).find(({ kind }) => kind === 'Deployment')
    const reference = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } })
    expect(deployment?.spec).toMatchObject({
      replicas: 2,
      template: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              image: 'registry.example.com/radix:0.1.0',
              env: [
                { name: 'DATABASE_URL', ...reference('radix-database', 'DATABASE_URL') },
                { name: 'RADIX_SIGNING_KEY', ...reference('radix-signing-key', 'RADIX_SIGNING_KEY') },
              ],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              startupProbe: { httpGet: { path: '/healthz' } },
              livenessProbe: { httpGet: { path: '/healthz' } },
              readinessProbe: { httpGet: { path: '/readyz' } },
            },
          ],
        },
      },
    })
  })

  it('makes an ingress, a disruption budget and a network policy that select its pods', () => {
    const resources = readResources(EVERYTHING)
    expect(resources.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'Ingress',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Service',
      'ServiceAccount',
    ])
    const labels = { 'app.kubernetes.io/name': 'radix', 'app.kubernetes.io/instance': 'team' }
    const specOf = (kind: string) => resources.find((each) => each.kind === kind)?.spec
    expect(specOf('PodDisruptionBudget')).toEqual({ minAvailable: 1, selector: { matchLabels: labels } })
    expect(specOf('NetworkPolicy')).toMatchObject({
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress', 'Egress'],
    })
    expect(specOf('Ingress')).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: ['radix.example.com'], secretName: 'radix-tls' }],
    })
  })

  it.each([
    ['a missing database', REQUIRED.filter((value) => !value.startsWith('database')), '/database/existingSecret'],
    ['a value that it does not know', [...REQUIRED, 'replica=3'], "additional properties 'replica' not allowed"],
    [
      'a secret among the settings',
      [...REQUIRED, 'env.DATABASE_URL=postgres://x'],
      "invalid propertyName 'DATABASE_URL'",
    ],
    ['an ingress without a host', [...REQUIRED, 'ingress.enabled=true'], '/ingress/host'],
  ])('refuses %s by name', (_, values, words) => {
    expect(refusalOf(values)).toContain(words)
  })
})

describe.skipIf(missing !== undefined)('the compose file', () => {
  let compose: string
  beforeAll(() => {
    compose = buildGoTool({ name: 'cmd', module: 'github.com/compose-spec/compose-go/v2/cmd', version: 'v2.16.2' })
  }, BUILD_MS)

  it('is what Docker Compose takes', () => {
    const argv = ['-no-interpolation', join(DEPLOY, 'compose.yaml')]
    const output = execFileSync(compose, argv, { encoding: 'utf8' })
    expect(
      Object.keys(z.object({ services: z.object({}).catchall(z.unknown()) }).parse(parse(output)).services),
    ).toEqual(['caddy', 'postgres', 'radix'])
  })
})
