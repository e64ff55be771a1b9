import { writeFileSync } from 'node:fs'
import { featuresOfWord, isPersonal, writeStart, type Counts } from '#mail/antispam'
import { labelledLetters, TIMES, type Labelled } from './spam-letters.ts'

/** Letters that a feature must stand in. */
const FEWEST = 4

const FILE = new URL('../mail/antispam/start.bin', import.meta.url)

/** Makes the start that is shipped, out of all labelled letters. The same letters make the same file. */
export async function spamStart(): Promise<string[]> {
  const letters = labelledLetters()
  const file = makeStart(letters)
  writeFileSync(FILE, file)
  const junk = letters.filter(({ isJunk }) => isJunk).length
  return [
    `mail/antispam/start.bin: ${file.length} bytes, from ${junk} letters of junk and ${letters.length - junk} others`,
  ]
}

/**
 * A start out of letters: nothing rare, nothing personal, and no word that is the name of a person or list of theirs, or of a day or month.
 */
export function makeStart(letters: readonly Labelled[]): Buffer {
  const totals = { junk: 0, good: 0 }
  const counts = new Map<number, Counts>()
  const ofTheirPlace = new Set(TIMES.split(' ').flatMap(featuresOfWord))
  for (const { isJunk, features, ofItsPlace } of letters) {
    const sort = isJunk ? 'junk' : 'good'
    totals[sort]++
    for (const feature of ofItsPlace) ofTheirPlace.add(feature)
    for (const feature of features) {
      const count = counts.get(feature) ?? { junk: 0, good: 0 }
      count[sort]++
      counts.set(feature, count)
    }
  }
  for (const [feature, { junk, good }] of counts)
    if (junk + good < FEWEST || isPersonal(feature) || ofTheirPlace.has(feature)) counts.delete(feature)
  return writeStart(totals, counts)
}
