/** Shows what is in it once it is about to be seen, and keeps its place until then. */
import { type ReactNode, useEffect, useRef, useState } from 'react'

interface WhenVisibleProps {
  /** Keeps the place, so that nothing moves. */
  fallback: ReactNode
  children: ReactNode
}

/** Begun a little before it comes into view. */
const MARGIN = '300px'

export function WhenVisible({ fallback, children }: WhenVisibleProps) {
  const place = useRef<HTMLDivElement>(null)
  const [isVisible, setVisible] = useState(false)
  useEffect(() => {
    const element = place.current
    if (!element) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return
        setVisible(true)
        observer.disconnect()
      },
      { rootMargin: MARGIN },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return <div ref={place}>{isVisible ? children : fallback}</div>
}
