/** One of several, or any. */
interface ChoiceFilterProps<S extends string> {
  label: string
  choices: readonly S[]
  value: S | undefined
  onChange: (choice: S | undefined) => void
}

export function ChoiceFilter<S extends string>({ label, choices, value, onChange }: ChoiceFilterProps<S>) {
  return (
    <label>
      {label}
      <select value={value ?? ''} onChange={({ target }) => onChange(choices.find((each) => each === target.value))}>
        <option value="">any</option>
        {choices.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  )
}
