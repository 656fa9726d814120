/** Something to type into: it asks when the typing pauses, not with every key. */

import { useEffect, useRef, useState } from 'react'
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'

const PAUSE_MS = DASHBOARD_LIMITS.searchPause.value

interface SearchInputProps {
  label: string
  placeholder: string
  value: string | undefined
  onSearch: (value: string | undefined) => void
}

export function SearchInput({ label, placeholder, value = '', onSearch }: SearchInputProps) {
  const [typed, setTyped] = useState(value)
  const asked = useRef(value)
  useEffect(() => {
    if (typed === asked.current) return
    const timer = setTimeout(() => {
      asked.current = typed
      onSearch(typed || undefined)
    }, PAUSE_MS)
    return () => clearTimeout(timer)
  }, [typed, onSearch])
  useEffect(() => {
    // The address has changed by other means than typing: back, or a link.
    if (value === asked.current) return
    asked.current = value
    setTyped(value)
  }, [value])
  return (
    <label>
      {label}
      <input
        type="search"
        value={typed}
        placeholder={placeholder}
        maxLength={100}
        onChange={({ target }) => setTyped(target.value)}
      />
    </label>
  )
}
