/** No two folders beside each other import each other, not even over others: each can be read, and moved, by itself. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
/** Files that stand in a parent folder put its folders together, or are shared by them: they are none of them. */
const PARENTS = ['src', 'src/agent', 'src/cli', 'src/control-plane', 'src/harness', 'dashboard/src']

type Graph = ReadonlyMap<string, ReadonlySet<string>>

/** From each folder in `parent` to those beside it that its files import, type imports included. */
function readGraph(parent: string): Graph {
  const paths = globSync(`${parent}/*/**/*.{ts,tsx}`, { cwd: ROOT }).filter(
    (path) => !/\.test\.tsx?$|\.testsuite\.ts$|\/testing\//.test(path),
  )
  const graph = new Map<string, Set<string>>()
  for (const path of paths) {
    const folder = folderOf(parent, path)
    const source = readFileSync(join(ROOT, path), 'utf8')
    for (const [, target = ''] of source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const imported = join(dirname(path), target)
      const other = imported.startsWith(parent + sep) ? folderOf(parent, imported) : folder
      if (other === folder || other.endsWith('.ts')) continue
      graph.set(folder, (graph.get(folder) ?? new Set()).add(other))
    }
  }
  return graph
}

function folderOf(parent: string, path: string): string {
  return relative(parent, path).split(sep)[0] ?? ''
}

/** A way from a folder back to itself, or undefined. */
function findCircle(graph: Graph): string[] | undefined {
  const finished = new Set<string>()
  const visit = (folder: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder]
    if (finished.has(folder)) return undefined
    for (const next of graph.get(folder) ?? []) {
      const circle = visit(next, [...way, folder])
      if (circle) return circle
    }
    finished.add(folder)
    return undefined
  }
  for (const folder of graph.keys()) {
    const circle = visit(folder, [])
    if (circle) return circle
  }
  return undefined
}

describe('the check itself', () => {
  const graphOf = (edges: Record<string, string[]>): Graph =>
    new Map(Object.entries(edges).map(([folder, targets]) => [folder, new Set(targets)]))

  it('finds a circle over several folders', () => {
    expect(findCircle(graphOf({ a: ['b'], b: ['c'], c: ['b'] }))).toEqual(['b', 'c', 'b'])
  })

  it('takes a folder that is reached in two ways', () => {
    expect(findCircle(graphOf({ a: ['b', 'c'], b: ['d'], c: ['d'] }))).toBeUndefined()
  })
})

it.each(PARENTS)('the folders of %s are in no circle', (parent) => {
  const graph = readGraph(parent)
  expect(graph.size).toBeGreaterThan(0)
  expect(findCircle(graph)).toBeUndefined()
})
