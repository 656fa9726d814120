/** The colours of the style sheet for a canvas, which knows no variables; asked for again when the theme changes. */
import { useSyncExternalStore } from 'react'

const SERIES = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6', 'series-7', 'series-8'] as const
const NAMES = ['text', 'dim', 'line', 'raised', ...SERIES] as const
export type ColourName = (typeof NAMES)[number]
export type Colours = Record<ColourName, string>

const isDark = window.matchMedia('(prefers-color-scheme: dark)')
let colours = readColours()

export function useColours(): Colours {
  return useSyncExternalStore(subscribe, () => colours)
}

/** After the last it begins again. */
export function seriesColour(index: number): (typeof SERIES)[number] {
  return SERIES[index % SERIES.length] ?? SERIES[0]
}

function subscribe(listener: () => void): () => void {
  const onChange = () => {
    colours = readColours()
    listener()
  }
  isDark.addEventListener('change', onChange)
  return () => isDark.removeEventListener('change', onChange)
}

/** A variable is text until something is drawn with it. */
function readColours(): Colours {
  const probe = document.createElement('span')
  document.body.append(probe)
  const read = (name: ColourName) => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const found = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Colours
  probe.remove()
  return found
}
