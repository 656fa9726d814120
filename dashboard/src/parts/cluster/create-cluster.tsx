/** The button that creates a cluster, and takes to where a machine is connected to it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { RunnableClusterType } from '../../../../src/contract/schemas/cluster.ts'
import { RUNNABLE_CLUSTER_TYPES } from '../../../../src/core/cluster-types.ts'
import { client } from '../../api/client.ts'
import { newIdempotencyKey } from '../../api/idempotency-key.ts'
import { DialogButton } from '../dialog-button.tsx'
import { ErrorNote } from '../error-note.tsx'
import { Choice, Field } from '../field.tsx'

const TYPES = RUNNABLE_CLUSTER_TYPES.map((value) => ({ value, label: value.replaceAll('_', ' ') }))

export function CreateCluster() {
  return (
    <DialogButton route="createCluster" label="Create cluster" title="Create a cluster" isMain>
      {(close) => <Form onClose={close} />}
    </DialogButton>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  // A second click answers with the same cluster; what was changed in between is another.
  const [idempotencyKey, setIdempotencyKey] = useState(newIdempotencyKey)
  const create = useMutation({
    mutationFn: (form: FormData) => {
      const body = { name: String(form.get('name')).trim(), type: RunnableClusterType.parse(form.get('type')) }
      return client.call('createCluster', { body, idempotencyKey })
    },
    onSuccess: ({ cluster_id: clusterId }) => {
      void queryClient.invalidateQueries({ queryKey: ['clusters'] })
      return navigate({ to: '/clusters/$clusterId', params: { clusterId } })
    },
  })
  return (
    <form
      onInput={() => setIdempotencyKey(newIdempotencyKey())}
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate(new FormData(event.currentTarget))
      }}
    >
      <Field label="Name" name="name" required maxLength={100} pattern=".*\S.*" autoComplete="off" />
      <Choice label="Type" name="type" options={TYPES} defaultValue="docker_host" />
      {create.error && <ErrorNote error={create.error} />}
      <div className="actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="main" disabled={create.isPending}>
          Create
        </button>
      </div>
    </form>
  )
}
