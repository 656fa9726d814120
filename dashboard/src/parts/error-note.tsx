/** An error as every part of Radix shows it: what happened and why, and what to do about it. */
import { asRadixError } from '../../../src/errors/render.ts'

export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { code, title, why, fix } = asRadixError(error)
  return (
    <div className="note bad" role="alert">
      <p>
        <strong>{title}</strong> <code>{code}</code>
      </p>
      <p>{why}</p>
      <p>{fix}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}
