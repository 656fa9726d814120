/** A button for what cannot be undone: it asks first, and says what will happen. */
import { type ReactNode, useState } from 'react'
import type { RouteName } from '../../../src/contract/routes.ts'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './error-note.tsx'
import { useRefusal } from './refusal.ts'

interface ConfirmButtonProps {
  /** What the action calls: the button is disabled for a role that may not. */
  route: RouteName
  label: string
  title: string
  children: ReactNode
  /** In the dialog: what is done, and what is not. */
  confirm: string
  refuse: string
  action: () => Promise<unknown>
}

export function ConfirmButton({ route, label, title, children, confirm, refuse, action }: ConfirmButtonProps) {
  const refusal = useRefusal(route)
  const [isOpen, setOpen] = useState(false)
  const [isPending, setPending] = useState(false)
  const [error, setError] = useState<unknown>()
  const close = () => {
    setOpen(false)
    setError(undefined)
  }
  const act = async () => {
    setPending(true)
    setError(undefined)
    try {
      await action()
      close()
    } catch (failure) {
      setError(failure)
    } finally {
      setPending(false)
    }
  }
  return (
    <>
      <button
        type="button"
        className="danger"
        disabled={refusal !== undefined}
        title={refusal}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      <Dialog title={title} isOpen={isOpen} onClose={close}>
        {children}
        {error !== undefined && <ErrorNote error={error} />}
        <div className="actions">
          <button type="button" onClick={close}>
            {refuse}
          </button>
          <button type="button" className="danger solid" disabled={isPending} onClick={() => void act()}>
            {confirm}
          </button>
        </div>
      </Dialog>
    </>
  )
}
