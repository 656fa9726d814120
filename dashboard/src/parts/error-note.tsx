/** An error as every part of Radix shows it: what happened and why, and what to do about it. */
import type { ReactNode } from 'react'
import { asTyped } from '../../../src/core/as-typed.ts'
import { asRadixError, isErrorCode } from '../../../src/errors/render.ts'
import { ERRORS, type ErrorCode } from '../../../src/errors/table.ts'
import { cleanText } from '../api/outside.ts'

export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { code, title, why, fix } = asRadixError(error)
  return (
    <ErrorWords code={code} title={title} why={why} fix={fix}>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </ErrorWords>
  )
}

/** Of a job or a run that failed: the code that it ended with, and the words that it left. */
export function FailureNote({ code, why }: { code: string | null; why: string | null }) {
  if (!isErrorCode(code)) return <ErrorWords code={code} title="Failed" why={why} fix={null} />
  const { title, fix } = ERRORS[code]
  // What the table would fill in is not known here.
  return <ErrorWords code={code} title={title} why={why} fix={fix.replaceAll(/\{([a-z_]+)\}/g, '<$1>')} />
}

/** Of an error of which only the code came here; its why is shown where it is the same each time. */
export function CodeNote({ code }: { code: ErrorCode }) {
  const { title, why, fix } = ERRORS[code]
  const isWhole = (text: string) => !/\{[a-z_]+\}/.test(text)
  // What is refused for its number is not logged each time.
  const elsewhere = code === 'RATE_LIMITED' ? null : 'The log of the control plane has the reason.'
  return <ErrorWords code={code} title={title} why={isWhole(why) ? why : elsewhere} fix={isWhole(fix) ? fix : null} />
}

interface ErrorWordsProps {
  code: string | null
  title: string
  why: string | null
  fix: string | null
  children?: ReactNode
}

export function ErrorWords({ code, title, why, fix, children }: ErrorWordsProps) {
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>{cleanText(title)}</strong> {code && <code>{code}</code>}
      </p>
      {why && <p>{cleanText(why)}</p>}
      {fix && (
        <p>
          <strong>Fix:</strong> <WithCode text={cleanText(fix)} />
        </p>
      )}
      {children}
    </div>
  )
}

/** Commands are between backticks. */
export function WithCode({ text }: { text: string }) {
  return (
    text
      .split('`')
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text stay where they are
      .map((part, index) => (index % 2 === 1 ? <code key={index}>{asTyped(part)}</code> : part))
  )
}
