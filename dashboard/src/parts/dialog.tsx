/**
 * The browser's own dialog: it keeps the focus, closes by Escape, and gives the focus back. One that shows what is shown once
 * asks before Escape closes it.
 */
import { createContext, type ReactNode, useContext, useEffect, useId, useRef, useState } from 'react'

interface DialogProps {
  title: string
  isOpen: boolean
  onClose: () => void
  children: ReactNode
}

const Keep = createContext<(isKept: boolean) => void>(() => {})

export function Dialog({ title, isOpen, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [isKept, setKept] = useState(false)
  const [isAsking, setAsking] = useState(false)
  useEffect(() => {
    if (isOpen) element.current?.showModal()
    else element.current?.close()
    setAsking(false)
  }, [isOpen])
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isKept) return
        event.preventDefault()
        setAsking(true)
      }}
      onClose={() => {
        if (!isOpen || !isKept) return onClose()
        // A browser may close it all the same (a gesture to go back, for one): nothing of it is lost by that.
        element.current?.showModal()
        setAsking(true)
      }}
    >
      {/* What was typed, or shown once, is gone with it. */}
      {isOpen && (
        <>
          <h2 id={titleId}>{title}</h2>
          <Keep value={setKept}>{children}</Keep>
          {isAsking && <Question onKeep={() => setAsking(false)} onClose={onClose} />}
        </>
      )}
    </dialog>
  )
}

/** Stands beside what is shown once: as long as it is there, nothing but a button closes the dialog, and leaving the page asks. */
export function ShownOnce() {
  const keep = useContext(Keep)
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    keep(true)
    window.addEventListener('beforeunload', ask)
    return () => {
      keep(false)
      window.removeEventListener('beforeunload', ask)
    }
  }, [keep])
  return null
}

function Question({ onKeep, onClose }: { onKeep: () => void; onClose: () => void }) {
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>Close this dialog? Its secret is not shown again.</strong> Copy it first.
      </p>
      <div className="actions">
        <button type="button" className="danger" onClick={onClose}>
          Close
        </button>
        {/* biome-ignore lint/a11y/noAutofocus: the question follows a key, and its answer is by a key, too */}
        <button type="button" autoFocus onClick={onKeep}>
          Keep open
        </button>
      </div>
    </div>
  )
}
