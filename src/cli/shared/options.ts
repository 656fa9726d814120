/** Options that several commands share, and the parsing of their values. */

import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { boundsOf, describeBounds } from '../../contract/bounds.ts'
import { dataDirectory } from '../../core/directories.ts'
import { withoutTrailingSlashes } from '../../core/trailing-slashes.ts'

/** Of `radix server`. */
export const DEFAULT_HOST = '127.0.0.1'
export const DEFAULT_PORT = 8080

export interface DataDirOption {
  dataDir?: string
}

export interface ConnectionOptions extends DataDirOption {
  apiBase?: string
}

export function addDataDirOption(command: Command): Command {
  return command.option('--data-dir <folder>', 'data directory (env RADIX_DATA_DIR)')
}

export function addConnectionOptions(command: Command): Command {
  return addDataDirOption(command.option('--api-base <url>', 'control plane (env RADIX_API_BASE; else the local one)'))
}

export function resolveDataDir(options: DataDirOption): string {
  if (options.dataDir) return resolve(options.dataDir)
  return dataDirectory({ env: process.env, home: homedir(), uid: process.getuid?.() })
}

/** The given members. Absent ones come from the next source, or get the schema's default. */
export function pickGiven<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>
}

/** An option parser for whole numbers; the message names the range. */
export function wholeNumber(range: { minimum: number; maximum?: number }): (value: string) => number {
  const { minimum, maximum = Number.MAX_SAFE_INTEGER } = range
  return (value) => {
    const number = Number(value)
    if (/^-?\d+$/.test(value) && number >= minimum && number <= maximum) return number
    const upTo = range.maximum === undefined ? 'or more' : `to ${maximum}`
    throw new InvalidArgumentError(`It must be a whole number, ${minimum} ${upTo}`)
  }
}

/** An option parser for numbers above zero. */
export function positiveNumber(maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (/^(?:\d+|\d*\.\d+)$/.test(value) && number > 0 && number <= maximum) return number
    throw new InvalidArgumentError(`It must be a number above 0, up to ${maximum}`)
  }
}

/** An option parser for a number that a schema bounds; the message names the bounds. */
export function numberOf(schema: z.ZodType): (value: string) => number {
  const bounds = boundsOf(schema)
  const { minimum, maximum, isWhole, isAbove } = bounds
  return (value) => {
    const number = Number(value)
    const isNumber = (isWhole ? /^-?\d+$/ : /^(?:\d+|\d*\.\d+)$/).test(value)
    if (isNumber && number <= maximum && (isAbove ? number > minimum : number >= minimum)) return number
    throw new InvalidArgumentError(`It must be ${describeBounds(bounds)}`)
  }
}

/** An option parser for URLs of control planes: http or https, no credentials, no trailing slash. */
export function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('It must be a URL that begins with http:// or https://')
  }
  if (url.username || url.password) throw new InvalidArgumentError('It must not contain a user name or password')
  return withoutTrailingSlashes(value)
}
