/** The role of a member, and that of everyone without one: shown, and for an admin to choose. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ROLES, type Role } from '../../../../src/contract/roles.ts'
import type { Member } from '../../../../src/contract/schemas/member.ts'
import { client } from '../../api/client.ts'
import { defaultRoleQuery, membersQuery } from '../../api/queries.ts'
import { ErrorNote } from '../error-note.tsx'
import { useRefusal } from '../refusal.ts'

export function MemberRoleChoice({ member }: { member: Member }) {
  const refusal = useRefusal('setMemberRole')
  const changed = useChanged()
  const set = useMutation({
    mutationFn: (role: Role | null) =>
      client.call('setMemberRole', { params: { member_id: member.member_id }, body: { role } }),
    onSettled: changed,
  })
  return (
    <>
      <select
        aria-label={`Role of ${member.subject}`}
        value={member.role ?? ''}
        disabled={refusal !== undefined || set.isPending}
        title={refusal}
        onChange={({ target }) => set.mutate(roleOf(target.value) ?? null)}
      >
        <option value="">{member.role === null ? `default (${member.effective_role})` : 'default'}</option>
        <Options />
      </select>
      {set.error && <ErrorNote error={set.error} />}
    </>
  )
}

export function DefaultRoleChoice() {
  const refusal = useRefusal('setDefaultRole')
  const { data } = useQuery(defaultRoleQuery)
  const changed = useChanged()
  const set = useMutation({
    mutationFn: (role: Role) => client.call('setDefaultRole', { body: { role } }),
    onSettled: changed,
  })
  if (!data) return null
  return (
    <div className="field">
      <label>
        Default role{' '}
        <select
          value={data.role}
          disabled={refusal !== undefined || set.isPending}
          title={refusal}
          onChange={({ target }) => set.mutate(roleOf(target.value) ?? data.role)}
        >
          <Options />
        </select>
      </label>
      {set.error && <ErrorNote error={set.error} />}
    </div>
  )
}

function Options() {
  return ROLES.map((role) => (
    <option key={role} value={role}>
      {role}
    </option>
  ))
}

function roleOf(text: string): Role | undefined {
  return ROLES.find((role) => role === text)
}

function useChanged() {
  const queryClient = useQueryClient()
  return () =>
    Promise.all([membersQuery, defaultRoleQuery].map(({ queryKey }) => queryClient.invalidateQueries({ queryKey })))
}
