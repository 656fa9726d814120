/** Connects a machine: the commands that its agent starts with, with a token that is shown once. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { Cluster } from '../../../../src/contract/schemas/cluster.ts'
import { client } from '../../api/client.ts'
import { Command } from '../command.tsx'
import { ShownOnce } from '../dialog.tsx'
import { DialogButton } from '../dialog-button.tsx'
import { ErrorNote } from '../error-note.tsx'
import { formatExactTime } from '../time.tsx'
import { HOW, type How, renderOnboarding } from './onboarding-commands.ts'

export function OnboardButton({ cluster }: { cluster: Cluster }) {
  return (
    <DialogButton
      route="createOnboardingToken"
      label="Connect a machine"
      title={`Connect a machine to ${cluster.name}`}
      isMain={cluster.status === 'pending'}
    >
      {(close) => <Onboard cluster={cluster} onClose={close} />}
    </DialogButton>
  )
}

function Onboard({ cluster, onClose }: { cluster: Cluster; onClose: () => void }) {
  const [how, setHow] = useState<How>('process')
  // Where an agent was there before, nothing tells the one that comes from it.
  const [awaits] = useState(cluster.status !== 'active')
  const create = useMutation({
    mutationFn: () => client.call('createOnboardingToken', { params: { cluster_id: cluster.cluster_id } }),
  })
  const token = create.data
  const address = { apiBase: window.location.origin, clusterId: cluster.cluster_id }
  return (
    <>
      {!token && (
        <p>
          A machine joins with an onboarding token. It works once, expires after an hour, and is shown only once.{' '}
          {replaceNote(cluster)}
        </p>
      )}
      {create.error && <ErrorNote error={create.error} />}
      {token && (
        <>
          <ShownOnce />
          <fieldset className="switch">
            <legend>How the agent runs</legend>
            {HOW.map(({ value, label }) => (
              <label key={value}>
                <input type="radio" name="how" checked={how === value} onChange={() => setHow(value)} />
                {label}
              </label>
            ))}
          </fieldset>
          <p>
            Run this on the new machine
            {how === 'process'
              ? ' (requires Linux, and curl or wget; the rest is downloaded from here)'
              : ' (requires the two images that deploy/docker/README.md builds)'}
            :
          </p>
          <Command
            label="Onboarding command"
            text={renderOnboarding(how, { ...address, token: token.one_time_token })}
          />
          <p>
            The token works once and expires at <strong>{formatExactTime(token.expires_at)}</strong>. It is shown only
            once: copy it before you close this dialog.
          </p>
          {awaits && <Arrival cluster={cluster} />}
        </>
      )}
      <div className="actions">
        <button type="button" onClick={onClose}>
          {token ? 'Done' : 'Cancel'}
        </button>
        {!token && (
          <button type="button" className="main" disabled={create.isPending} onClick={() => create.mutate()}>
            Create token
          </button>
        )}
      </div>
    </>
  )
}

function replaceNote({ status }: Cluster): string {
  return status === 'pending' ? '' : 'This cluster already has an agent. The new agent replaces it.'
}

/** Seen here as soon as the agent has said so. */
function Arrival({ cluster }: { cluster: Cluster }) {
  const host = cluster.capabilities?.hostname
  return (
    <p role="status" className={cluster.status === 'active' ? 'status good' : 'status busy'}>
      {cluster.status === 'active' ? `Connected${host ? `: ${host}` : ''}` : 'Waiting for the agent…'}
    </p>
  )
}
