/** The browser's own dialog: it keeps the focus, closes by Escape, and gives the focus back. */
import { type ReactNode, useEffect, useId, useRef } from 'react'

interface DialogProps {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    if (isOpen) element.current?.showModal()
    else element.current?.close()
  }, [isOpen])
  return (
    <dialog ref={element} aria-labelledby={titleId} onClose={onClose}>
      {/* What was typed, or shown once, is gone with it. */}
      {isOpen && (
        <>
          <h2 id={titleId}>{title}</h2>
          {children}
        </>
      )}
    </dialog>
  )
}
