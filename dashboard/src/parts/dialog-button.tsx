/** A button that opens a dialog, and what is in it: it begins anew each time. */
import { type ReactNode, useState } from 'react'
import type { RouteName } from '../../../src/contract/routes.ts'
import { Dialog } from './dialog.tsx'
import { useRefusal } from './refusal.ts'

interface DialogButtonProps {
  /** What the dialog calls: the button is disabled for a role that may not. */
  route: RouteName
  label: string
  title: string
  /** The one thing that a page is for. */
  isMain: boolean
  children: (close: () => void) => ReactNode
}

export function DialogButton({ route, label, title, isMain, children }: DialogButtonProps) {
  const refusal = useRefusal(route)
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <button
        type="button"
        className={isMain ? 'main' : undefined}
        disabled={refusal !== undefined}
        title={refusal}
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
      <Dialog title={title} isOpen={isOpen} onClose={close}>
        {children(close)}
      </Dialog>
    </>
  )
}
