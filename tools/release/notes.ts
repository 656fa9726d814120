/** The part of CHANGELOG.md that describes a version. */

/** Throws if there is no such part, it is empty, or it has no date yet although it must. */
export function readReleaseNotes(changelog: string, version: string, { needsDate }: { needsDate: boolean }): string {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find((text) => text.startsWith(`${version} `))
  if (section === undefined) throw new Error(`CHANGELOG.md has no section "## ${version} (date)". Add one.`)
  const [heading = '', ...lines] = section.split('\n')
  const isDated = /^\S+ \(\d{4}-\d{2}-\d{2}\)$/.test(heading)
  if (needsDate && !isDated) {
    throw new Error(`CHANGELOG.md says "## ${heading}". Put the day of the release into the brackets, as 2026-01-31.`)
  }
  const notes = lines.join('\n').trim()
  if (notes === '') throw new Error(`The section "## ${heading}" of CHANGELOG.md is empty.`)
  return `${notes}\n`
}
