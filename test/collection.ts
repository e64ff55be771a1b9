import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLineEnds } from '#transfer'

const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url))
const SETS = [
  'mail-mime/ruby-mail',
  'mail-mime/stalwart-rfc',
  'mail-spamassassin/easy-ham-2',
  'mail-spamassassin/spam-1',
]

/** Real letters of the collection, each once, some hundreds; without the From line that some have. */
export function collection(): Buffer[] {
  const letters = new Map<string, Buffer>()
  for (const set of SETS)
    for (const [i, name] of readdirSync(join(DATA, set)).toSorted().entries()) {
      if (set.startsWith('mail-spam') && i % 5 !== 0) continue
      const text = readFileSync(join(DATA, set, name), 'latin1').replace(/^From .*\n/, '')
      if (!/^[!-9;-~]+:/.test(text)) continue
      const bytes = Buffer.from(text, 'latin1')
      letters.set(withLineEnds(bytes).toString('latin1'), bytes)
    }
  return [...letters.values()]
}
