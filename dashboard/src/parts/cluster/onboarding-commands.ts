/** The commands that start an agent on a machine: the line of `radix cluster onboard`, or Docker with images of your own. */
import { renderInstallCommand } from '../../../../src/contract/install-command.ts'

export const HOW = [
  { value: 'process', label: 'Plain process' },
  { value: 'docker', label: 'Docker' },
] as const
export type How = (typeof HOW)[number]['value']

interface Onboarding {
  apiBase: string
  clusterId: string
  token: string
}

/** The names that deploy/docker/README.md gives to the images when it builds them. No registry has them. */
const AGENT_IMAGE = 'radix-agent'
const WORKLOAD_IMAGE = 'radix-resnet50'
const STATE_FOLDER = '/var/lib/radix-agent'

export function renderOnboarding(how: How, onboarding: Onboarding): string {
  return how === 'process' ? renderInstallCommand(onboarding) : renderDocker(onboarding)
}

/** The agent needs the engine's socket, because each job runs in a container of its own. */
function renderDocker({ apiBase, clusterId, token }: Onboarding): string {
  const isHere = /^https?:\/\/(localhost|127\.|\[::1\])/.test(apiBase)
  return [
    `sudo install -d -m 700 -o 10001 -g 10001 ${STATE_FOLDER}`,
    `printf %s '${token}' | sudo install -m 600 -o 10001 -g 10001 /dev/stdin ${STATE_FOLDER}/onboarding-token`,
    [
      'docker run --detach --pull never --name radix-agent --restart unless-stopped --gpus all',
      `--read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp:exec,size=4g`,
      // A control plane on the loopback is out of reach from a network of its own.
      ...(isHere ? ['--network host'] : []),
      `--volume ${STATE_FOLDER}:${STATE_FOLDER} --env RADIX_AGENT_STATE_DIR=${STATE_FOLDER}`,
      '--volume /var/run/docker.sock:/var/run/docker.sock --group-add "$(stat -c %g /var/run/docker.sock)"',
      `--env RADIX_EXECUTOR=docker --env RADIX_WORKLOAD_IMAGE=${WORKLOAD_IMAGE}`,
      `--env RADIX_ALLOWED_IMAGES=${WORKLOAD_IMAGE}`,
      `${AGENT_IMAGE} agent --api-base ${apiBase} --cluster-id ${clusterId}`,
      `--onboarding-token-file ${STATE_FOLDER}/onboarding-token`,
    ].join(' \\\n  '),
  ].join('\n')
}
