/** A button that opens a dialog, and what is in it: it begins anew each time. */
import { type ReactNode, useState } from 'react'
import { Dialog } from './dialog.tsx'

interface DialogButtonProps {
  label: string
  title: string
  /** The one thing that a page is for. */
  isMain: boolean
  children: (close: () => void) => ReactNode
}

export function DialogButton({ label, title, isMain, children }: DialogButtonProps) {
  const [isOpen, setOpen] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <button type="button" className={isMain ? 'main' : undefined} onClick={() => setOpen(true)}>
        {label}
      </button>
      <Dialog title={title} isOpen={isOpen} onClose={close}>
        {children(close)}
      </Dialog>
    </>
  )
}
