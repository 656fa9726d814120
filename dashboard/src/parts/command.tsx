/** Something to be copied into a terminal, with the button that does it. */

import { useRef, useState } from 'react'
import { asTyped } from '../../../src/core/as-typed.ts'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'

const SAID_MS = DASHBOARD_LIMITS.copied.value

export function Command({ label, text: command }: { label: string; text: string }) {
  const text = asTyped(command)
  const code = useRef<HTMLElement>(null)
  const [said, setSaid] = useState('')
  const copy = async () => {
    setSaid((await copyText(text)) ? 'Copied' : 'Press Ctrl+C to copy')
    if (code.current) window.getSelection()?.selectAllChildren(code.current)
    setTimeout(() => setSaid(''), SAID_MS)
  }
  return (
    <div className="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must scroll by keyboard, too */}
      <section aria-label={label} tabIndex={0}>
        <pre>
          <code ref={code}>{text}</code>
        </pre>
      </section>
      <button type="button" onClick={() => void copy()}>
        {said || 'Copy'}
      </button>
      <span className="unseen" role="status">
        {said}
      </span>
    </div>
  )
}

/** False where the browser does not let a page do that: without https, for one. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
