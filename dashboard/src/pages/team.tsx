/** The members of the tenant and their roles. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Member } from '../../../src/contract/schemas/member.ts'
import { membersQuery } from '../api/queries.ts'
import { DataTable } from '../parts/data-table.tsx'
import { DefaultRoleChoice, MemberRoleChoice } from '../parts/members/role-choice.tsx'
import { usePageTitle } from '../parts/page-title.ts'
import type { Column } from '../parts/table.tsx'
import { TimeAgo } from '../parts/time.tsx'

const COLUMNS: readonly Column<Member>[] = [
  { heading: 'Name', sortBy: ({ subject }) => subject, show: ({ subject }) => <strong>{subject}</strong> },
  { heading: 'Issuer', isMinor: true, show: ({ issuer }) => issuer },
  {
    heading: 'Last seen',
    sortBy: ({ last_seen_at }) => last_seen_at,
    show: (each) => <TimeAgo at={each.last_seen_at} />,
  },
  { heading: 'Role', place: 'button', show: (member) => <MemberRoleChoice member={member} /> },
]

export function Team() {
  usePageTitle('Team')
  const found = useInfiniteQuery(membersQuery)
  return (
    <>
      <header className="heading">
        <h1>Team</h1>
        <div className="actions">
          <Link to="/audit">Audit log</Link>
        </div>
      </header>
      <p className="dim">
        A viewer reads. An operator also starts and ends work. An admin also manages members, budget, API keys and
        webhooks, and reads the audit log.
      </p>
      <DefaultRoleChoice />
      <DataTable
        label="Members"
        columns={COLUMNS}
        keyOf={({ member_id }) => member_id}
        found={found}
        empty={
          <p>
            <strong>No members yet.</strong> Users of an issuer are listed here once they have signed in.
          </p>
        }
      />
    </>
  )
}
