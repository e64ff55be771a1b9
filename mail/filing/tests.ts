import { hash } from 'node:crypto'
import { isAddressField, parseFlags, type Argument, type Tags } from '#formats/sieve'
import { addressPart, partsOf } from './addresses.ts'
import { contentBody, rawBody, textBody } from './body.ts'
import { Fault } from './fault.ts'
import { addressesOf, dateOf, fieldAt, fieldsOf, textOf, type HeaderField } from './letter.ts'
import { listName, matchAny } from './matching.ts'
import { parseMailto } from './notify.ts'
import { limit, look, type Run } from './state.ts'
import { datePart, offsetOfDate, offsetOfZone, parseOffset } from './times.ts'
import { readVariable, string, strings } from './variables.ts'

/** Whether a test holds. Those that ask the caller take their time. */
type Evaluate = (run: Run, tags: Tags, args: readonly Argument[]) => boolean | Promise<boolean>

/** RFC 7352 §3.3: as long as answers to letters are remembered. */
const SEEN_SECONDS = 7 * 24 * 3600
/** As long as deleted things. */
const MOST_SEEN_SECONDS = 45 * 24 * 3600

/** Every test but those that hold others (`not`, `allof`, `anyof`). */
export const TESTS: ReadonlyMap<string, Evaluate> = new Map<string, Evaluate>([
  ['true', () => true],
  ['false', () => false],

  // RFC 5228 §5.1
  [
    'address',
    (run, tags, [names, keys]) => {
      const fields = fieldsNamed(run, tags, strings(run, names).filter(isAddressField))
      const values = fields.flatMap((field) => partsOf(addressesOf(run.letter, field), String(tags.addressPart)))
      return matchAny(run, tags, values, strings(run, keys))
    },
  ],

  // RFC 5228 §5.4
  [
    'envelope',
    (run, tags, [names, keys]) => {
      const values = strings(run, names).flatMap((name) => envelopeValue(run, name, String(tags.addressPart)) ?? [])
      return matchAny(run, tags, values, strings(run, keys))
    },
  ],

  // RFC 5228 §5.5
  ['exists', (run, _tags, [names]) => strings(run, names).every((name) => fieldsOf(run.letter, name).length > 0)],

  // RFC 5228 §5.7
  [
    'header',
    (run, tags, [names, keys]) => {
      const fields = fieldsNamed(run, tags, strings(run, names))
      const values = fields.map((field) => textOf(run.letter, field))
      return matchAny(run, tags, values, strings(run, keys))
    },
  ],

  // RFC 5228 §5.9
  [
    'size',
    (run, tags, [size]) => {
      const { length } = run.letter.message.bytes
      return tags.over === true ? length > Number(size) : length < Number(size)
    },
  ],

  // RFC 5173 §4
  [
    'body',
    (run, tags, [keys]) => {
      const { bodies } = run.letter
      const values =
        tags.raw === true
          ? rawBody(bodies)
          : tags.content === undefined
            ? textBody(bodies)
            : contentBody(bodies, strings(run, tags.content))
      // RFC 5173 §6: what was found in a body is not for match variables.
      const { matched } = run.scope
      const isTrue = matchAny(run, tags, values, strings(run, keys))
      run.scope.matched = matched
      return isTrue
    },
  ],

  // RFC 5229 §5
  [
    'string',
    (run, tags, [source, keys]) => {
      const values = strings(run, source)
      return matchAny(run, tags, values, strings(run, keys), values.filter((value) => value !== '').length)
    },
  ],

  // RFC 5232 §4
  [
    'hasflag',
    (run, tags, args) => {
      const [variables, keys] = args.length > 1 ? args : [undefined, args[0]]
      const flags =
        variables === undefined ? run.flags : parseFlags(strings(run, variables).map((name) => readVariable(run, name)))
      const wanted = strings(run, keys)
      return matchAny(run, tags, flags, tags.match === 'count' ? wanted : wanted.flatMap(wordsOf))
    },
  ],

  // RFC 5260 §4
  [
    'date',
    (run, tags, [name, part, keys]) => {
      const values = fieldsNamed(run, tags, [string(run, name)]).flatMap((field) => {
        const date = dateOf(run.letter, field)
        if (date === null) return []
        const atMs = Date.parse(date)
        const offset = tags.originalzone === true ? offsetOfDate(date) : offsetFor(run, tags, atMs)
        return datePart(atMs, offset, string(run, part)) ?? []
      })
      return matchAny(run, tags, values, strings(run, keys))
    },
  ],

  // RFC 5260 §5
  [
    'currentdate',
    (run, tags, [part, keys]) => {
      const atMs = run.situation.now.getTime()
      const value = datePart(atMs, offsetFor(run, tags, atMs), string(run, part))
      return matchAny(run, tags, value === undefined ? [] : [value], strings(run, keys))
    },
  ],

  // RFC 5183 §4
  [
    'environment',
    (run, tags, [name, keys]) => {
      const { environment } = run.situation
      const item = string(run, name).toLowerCase()
      return matchAny(run, tags, Object.hasOwn(environment, item) ? [environment[item]!] : [], strings(run, keys))
    },
  ],

  // RFC 5235 §3.2: from 1 to 10, or in the hundred; 0 when nobody has looked.
  [
    'spamtest',
    (run, tags, [key]) => {
      const { spamPercent } = run.situation
      const percent = Math.min(Math.max(Math.round(spamPercent ?? 0), 0), 100)
      const value =
        tags.percent === true ? percent : spamPercent === undefined ? 0 : 1 + Math.round((percent * 9) / 100)
      return matchAny(run, tags, [String(value)], strings(run, key), spamPercent === undefined ? 0 : 1)
    },
  ],
  // RFC 5235 §3.3
  [
    'virustest',
    (run, tags, [key]) => {
      const { virus } = run.situation
      return matchAny(run, tags, [String(virus)], strings(run, key), virus === 0 ? 0 : 1)
    },
  ],

  // RFC 5490 §3.1
  [
    'mailboxexists',
    (run, _tags, [names]) => every(strings(run, names), (name) => look(run, (on) => on.mailboxExists(name))),
  ],
  // RFC 9042 §6
  [
    'mailboxidexists',
    (run, _tags, [ids]) => every(strings(run, ids), (id) => look(run, (on) => on.mailboxIdExists(id))),
  ],
  // RFC 8579 §3
  [
    'specialuse_exists',
    (run, _tags, args) => {
      const [mailbox, attributes] = args.length > 1 ? [string(run, args[0]), args[1]] : [undefined, args[0]]
      return every(strings(run, attributes), (name) => look(run, (on) => on.hasSpecialUse(name, mailbox)))
    },
  ],
  // RFC 6134 §2.7
  [
    'valid_ext_list',
    (run, _tags, [lists]) => every(strings(run, lists), (list) => look(run, (on) => on.listExists(listName(list)))),
  ],

  // RFC 5435 §4 and §5: by mail nobody knows who is there.
  ['valid_notify_method', (run, _tags, [uris]) => strings(run, uris).every((uri) => parseMailto(uri) !== undefined)],
  [
    'notify_method_capability',
    (run, tags, [uri, capability, keys]) => {
      const isKnown = parseMailto(string(run, uri)) !== undefined
      const isOnline = string(run, capability).toLowerCase() === 'online'
      return matchAny(run, tags, isKnown && isOnline ? ['maybe'] : [], strings(run, keys))
    },
  ],

  // RFC 5463 §4: whoever parses the script decides, and adds what is there to what it requires.
  ['ihave', (run, _tags, [names]) => strings(run, names).every((name) => run.scope.script.requires.has(name))],

  // RFC 7352 §3
  [
    'duplicate',
    async (run, tags) => {
      const id = duplicateId(run, tags)
      if (id === undefined) return false
      const known = run.seen.get(id)
      if (known !== undefined) return known
      limit(run, 'duplicates', run.seen.size + 1)
      const seconds = Math.min(Number(tags.seconds ?? SEEN_SECONDS), MOST_SEEN_SECONDS)
      const isSeen = await run.situation.wasSeen(id, seconds)
      run.seen.set(id, isSeen)
      const isLast = tags.last === true
      if (!isSeen || isLast) run.remember.push({ id, seconds, isLast })
      return isSeen
    },
  ],
])

/** The fields of these names, each once; with `:index` of each name the one that it counts to. RFC 5260 §6. */
function fieldsNamed({ letter }: Run, tags: Tags, names: readonly string[]): readonly HeaderField[] {
  const index = tags.index === undefined ? undefined : Number(tags.index)
  const [only] = names
  if (names.length === 1 && only !== undefined) return fieldAt(fieldsOf(letter, only), index, tags.last === true)
  const distinct = new Set(names.map((name) => name.toLowerCase()))
  return [...distinct].flatMap((name) => fieldAt(fieldsOf(letter, name), index, tags.last === true))
}

/** RFC 5228 §5.4: the null sender is empty, whatever part is asked for. */
function envelopeValue({ situation: { envelope } }: Run, name: string, part: string): string | undefined {
  const field = name.toLowerCase()
  if (field === 'auth') return envelope.auth === undefined ? undefined : addressPart(envelope.auth, part)
  if (field !== 'from' && field !== 'to') return undefined
  return envelope[field] === '' ? '' : addressPart(envelope[field], part)
}

const wordsOf = (text: string): string[] => text.split(/[ \t\r\n]+/).filter(Boolean)

/** @throws Fault when `:zone` is none */
function offsetFor(run: Run, tags: Tags, atMs: number): number {
  if (tags.zone === undefined) return offsetOfZone(run.situation.zone, atMs)
  const offset = parseOffset(string(run, tags.zone))
  if (offset === undefined) throw new Fault('zone')
  return offset
}

async function every(names: readonly string[], holds: (name: string) => Promise<boolean>): Promise<boolean> {
  for (const name of names) if (!(await holds(name))) return false
  return true
}

/** What makes a letter the same, as a hash: the ids of others say something about people. Undefined when it has no id. */
function duplicateId(run: Run, tags: Tags): string | undefined {
  const [field] = fieldsOf(run.letter, tags.header === undefined ? 'Message-ID' : string(run, tags.header))
  const unique = tags.uniqueid === undefined ? field && textOf(run.letter, field) : string(run, tags.uniqueid)
  if (unique === undefined || unique === '') return undefined
  return hash('sha256', JSON.stringify([string(run, tags.handle), unique]), 'base64url')
}
