/** What can be taken away from a run: its evidence as it is, and as a report. */

import { useMutation } from '@tanstack/react-query'
import { ROUTES } from '../../../../src/contract/routes.ts'
import { DASHBOARD_LIMITS } from '../../../../src/core/limits/dashboard.ts'
import { client } from '../../api/client.ts'
import { ErrorNote } from '../error-note.tsx'

const KEPT_MS = DASHBOARD_LIMITS.downloadKept.value

export function Downloads({ runId }: { runId: string }) {
  const address = ROUTES.getEvidence.path.replace('{run_id}', encodeURIComponent(runId))
  const report = useMutation({
    mutationFn: () => client.call('getReport', { params: { run_id: runId } }),
    onSuccess: ({ markdown }) => save(`evidence-${runId}.md`, markdown),
  })
  return (
    <>
      <div className="actions">
        <a className="button" href={address} download={`evidence-${runId}.json`}>
          Download evidence.json
        </a>
        <button type="button" disabled={report.isPending} onClick={() => report.mutate()}>
          Download report
        </button>
      </div>
      {report.error && <ErrorNote error={report.error} />}
    </>
  )
}

function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS)
}
