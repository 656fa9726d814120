/** What the browser calls a page, in its tab and its history. */
import { useEffect } from 'react'

export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Radix`
  }, [title])
}
