/** One status, or any. */
interface StatusFilterProps<S extends string> {
  statuses: readonly S[]
  value: S | undefined
  onChange: (status: S | undefined) => void
}

export function StatusFilter<S extends string>({ statuses, value, onChange }: StatusFilterProps<S>) {
  return (
    <label>
      Status
      <select value={value ?? ''} onChange={({ target }) => onChange(statuses.find((each) => each === target.value))}>
        <option value="">any</option>
        {statuses.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll('_', ' ')}
          </option>
        ))}
      </select>
    </label>
  )
}
