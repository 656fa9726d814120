/** Who changed what, for admins. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'
import type { AuditEvent } from '../../../src/contract/schemas/audit.ts'
import { auditQuery } from '../api/queries.ts'
import { DataTable } from '../parts/data-table.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import { useRefusal } from '../parts/refusal.ts'
import { SearchInput } from '../parts/search-input.tsx'
import type { Column } from '../parts/table.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<AuditEvent>[] = [
  { heading: 'Time', show: ({ created_at }) => <TimeAgo at={created_at} /> },
  { heading: 'Actor', show: ({ actor, actor_kind }) => <strong>{actor || actor_kind.replaceAll('_', ' ')}</strong> },
  { heading: 'Action', show: ({ action }) => <code>{action}</code> },
  { heading: 'Target', show: ({ target }) => (target === null ? '' : <code>{target}</code>) },
  { heading: 'Details', isMinor: true, show: ({ details }) => describeDetails(details) },
  { heading: 'From', isMinor: true, show: ({ address, request_id }) => <span title={request_id}>{address}</span> },
]

export function Audit() {
  usePageTitle('Audit log')
  const refusal = useRefusal('listAuditEvents')
  return (
    <>
      <header className="heading">
        <h1>Audit log</h1>
        <div className="actions">
          <Link to="/team">Team</Link>
        </div>
      </header>
      {refusal === undefined ? <Log /> : <p className="note">{refusal}</p>}
    </>
  )
}

function Log() {
  const { action } = useSearch({ from: '/signed-in/audit' })
  const navigate = useNavigate({ from: '/audit' })
  const search = useCallback(
    (text: string | undefined) => void navigate({ search: { action: text }, replace: true }),
    [navigate],
  )
  const found = useInfiniteQuery(auditQuery(action === undefined ? {} : { action }))
  return (
    <>
      <search className="filter">
        <SearchInput label="Action" placeholder="cluster. or cluster.create" value={action} onSearch={search} />
      </search>
      <DataTable
        label="Audit log"
        columns={COLUMNS}
        keyOf={({ audit_id }) => audit_id}
        found={found}
        empty={
          <p>
            <strong>No entries yet.</strong> What users change is listed here.
          </p>
        }
      />
    </>
  )
}

function describeDetails(details: AuditEvent['details']): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
