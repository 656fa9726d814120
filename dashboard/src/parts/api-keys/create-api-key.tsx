/** The button that creates an API key, and the one time that it is shown. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ApiKeyRole } from '../../../../src/contract/roles.ts'
import { client } from '../../api/client.ts'
import { apiKeysQuery } from '../../api/queries.ts'
import { Command } from '../command.tsx'
import { ShownOnce } from '../dialog.tsx'
import { DialogButton } from '../dialog-button.tsx'
import { ErrorNote } from '../error-note.tsx'
import { Choice, Field } from '../field.tsx'

const ROLE_OPTIONS: readonly { value: ApiKeyRole; label: string }[] = [
  { value: 'operator', label: 'operator: observe and score' },
  { value: 'viewer', label: 'viewer: score' },
]

export function CreateApiKey() {
  return (
    <DialogButton route="createApiKey" label="Create API key" title="Create an API key" isMain>
      {(close) => <Form onClose={close} />}
    </DialogButton>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const create = useMutation({
    mutationFn: (form: FormData) =>
      client.call('createApiKey', {
        body: {
          name: String(form.get('name')).trim(),
          role: form.get('role') === 'viewer' ? 'viewer' : 'operator',
        },
      }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  })
  if (create.data) {
    return (
      <>
        <ShownOnce />
        <p>
          This is the API key of <strong>{create.data.name}</strong>. It is shown only once: copy it before you close
          this dialog.
        </p>
        <Command label="API key" text={create.data.api_key} />
        <div className="actions">
          <button type="button" className="main" onClick={onClose}>
            Done
          </button>
        </div>
      </>
    )
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate(new FormData(event.currentTarget))
      }}
    >
      <Field
        label="Name"
        name="name"
        required
        maxLength={100}
        pattern=".*\S.*"
        autoComplete="off"
        hint="The program that uses the key, so that you can recognise it later"
      />
      <Choice label="Role" name="role" options={ROLE_OPTIONS} />
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
