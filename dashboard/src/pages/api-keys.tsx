/** The keys that programs observe and score with: created here, shown once, revoked here. */
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import type { ApiKey } from '../../../src/contract/schemas/telemetry.ts'
import { client } from '../api/client.ts'
import { apiKeysQuery } from '../api/queries.ts'
import { CreateApiKey } from '../parts/api-keys/create-api-key.tsx'
import { ConfirmButton } from '../parts/confirm-button.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import type { Column } from '../parts/table.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<ApiKey>[] = [
  { heading: 'Name', sortBy: ({ name }) => name, show: ({ name }) => <strong title={name}>{name}</strong> },
  { heading: 'Prefix', show: ({ prefix }) => <code>{prefix}…</code> },
  { heading: 'Role', show: ({ role }) => role },
  {
    heading: 'Status',
    show: ({ revoked_at }) => (
      <span className={revoked_at === null ? 'status good' : 'status idle'}>
        {revoked_at === null ? 'active' : 'revoked'}
      </span>
    ),
  },
  {
    heading: 'Last used',
    sortBy: ({ last_used_at }) => last_used_at,
    show: ({ last_used_at }) => <TimeAgo at={last_used_at} />,
  },
  { heading: 'Created', sortBy: ({ created_at }) => created_at, show: ({ created_at }) => <TimeAgo at={created_at} /> },
  {
    heading: 'Revoked',
    place: 'button',
    show: (apiKey) => (apiKey.revoked_at === null ? <Revoke apiKey={apiKey} /> : <TimeAgo at={apiKey.revoked_at} />),
  },
]

export function ApiKeys() {
  usePageTitle('API keys')
  const found = useInfiniteQuery(apiKeysQuery)
  return (
    <>
      <header className="heading">
        <h1>API keys</h1>
        <div className="actions">
          <CreateApiKey />
        </div>
      </header>
      <p className="dim">
        Programs send an API key in the header <code>x-radix-api-key</code> to <code>/v1/observe</code> and{' '}
        <code>/v1/score</code>. It gives access to nothing else: clusters and runs need a user token.
      </p>
      <DataTable
        label="API keys"
        columns={COLUMNS}
        keyOf={({ api_key_id }) => api_key_id}
        found={found}
        empty={
          <p>
            <strong>No API keys yet.</strong> Create one above for the scheduler, or for any program that reports
            runtimes or asks for estimates.
          </p>
        }
      />
    </>
  )
}

function Revoke({ apiKey: { api_key_id, name } }: { apiKey: ApiKey }) {
  const queryClient = useQueryClient()
  const revoke = async () => {
    await client.call('revokeApiKey', { params: { api_key_id } })
    await queryClient.invalidateQueries({ queryKey: apiKeysQuery.queryKey })
  }
  return (
    <ConfirmButton
      route="revokeApiKey"
      label="Revoke"
      title={`Revoke ${name}?`}
      confirm="Revoke"
      refuse="Keep key"
      action={revoke}
    >
      <p>Requests with this key are refused from now on. Everything that was reported with it is kept.</p>
      <p>
        <strong>This cannot be undone.</strong>
      </p>
    </ConfirmButton>
  )
}
