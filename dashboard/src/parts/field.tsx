/** One input of a form, with its name, its unit, and what it means. */
import { type ComponentProps, useId } from 'react'

interface FieldProps extends ComponentProps<'input'> {
  label: string
  unit?: string
  hint?: string
}

export function Field({ label, unit, hint, ...input }: FieldProps) {
  const id = useId()
  const hintId = useId()
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {unit && <span className="dim">({unit})</span>}
      </label>
      <input id={id} aria-describedby={hint ? hintId : undefined} {...input} />
      {hint && (
        <p id={hintId} className="dim">
          {hint}
        </p>
      )}
    </div>
  )
}

interface ChoiceProps extends ComponentProps<'select'> {
  label: string
  options: readonly { value: string; label: string }[]
}

export function Choice({ label, options, ...select }: ChoiceProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </div>
  )
}
