import type { SigningKey } from '#accounts'
import type { HeaderField } from './header.ts'
import { letterSignature, signedField, type Signable } from './signature.ts'

/** What was found of a letter when it came, as the methods of an Authentication-Results field, and what of its chain of seals. */
export interface FoundOnArrival {
  results: string
  /** RFC 8617 §4.4: none, pass or fail. */
  chain: string
}

/** By what a server of ours vouches for what it passes on: a key as for DKIM. */
export interface Seal extends FoundOnArrival {
  key: SigningKey
  /** Our authserv-id. */
  hostname: string
}

/** RFC 8617 §4.2.1. */
const MOST_SETS = 50

const KINDS = ['arc-authentication-results', 'arc-message-signature', 'arc-seal'] as const
type Kind = (typeof KINDS)[number]

/** One server's three fields. */
type ArcSet = Partial<Record<Kind, HeaderField>>

/**
 * The ARC set that goes on top of a letter which is passed on. RFC 8617 §5.1.
 * @param fields  all of the letter
 * @returns three fields with their line ends; '' where nothing may be sealed: after a chain that is said to be broken already (§5.1.2),
 *   beyond fifty sets (§4.2.1), and where sets stand that we have not looked at or cannot number
 */
export function arcSet(
  { key, hostname, results, chain }: Seal,
  fields: readonly HeaderField[],
  signable: Signable,
): string {
  const sets = setsOf(fields)
  if (sets === undefined || sets.size >= MOST_SETS || Math.max(0, ...sets.keys()) >= MOST_SETS) return ''
  const before = [...sets].toSorted(([a], [b]) => a - b).map(([, set]) => set)
  if (!MAY_FOLLOW[chain]?.(before)) return ''

  const instance = Math.max(0, ...sets.keys()) + 1
  const { domain, selector, algorithm } = key
  const said = ` i=${instance}; ${hostname};${results === '' ? ' none' : `\r\n\t${results}`}`
  const own = { name: 'arc-authentication-results', value: said }
  // §4.1.2: what the author's server has signed is covered; seals are not.
  const signatures = fields.filter(({ name }) => name === 'dkim-signature').slice(0, MOST_SIGNATURES)
  const covered = {
    ...signable,
    names: [...signable.names, ...signatures.map(({ name }) => name)],
    present: [...signable.present, ...signatures.toReversed()],
  }
  const message = letterSignature('ARC-Message-Signature', key, covered, `i=${instance}`, ` t=${signable.time};`)
  const unsigned =
    ` i=${instance}; a=${algorithm}-sha256; t=${signable.time}; cv=${chain};\r\n` +
    ` d=${domain}; s=${selector};\r\n b=`
  // §5.1.2: who finds the chain broken vouches for nothing but that.
  const vouched = chain === 'pass' ? before.flatMap((set) => KINDS.flatMap((kind) => set[kind] ?? [])) : []
  const seal = signedField('ARC-Seal', unsigned, [...vouched, own, fieldOf(message)], key)
  return `${seal}${message}ARC-Authentication-Results:${said}\r\n`
}

/** Signatures of authors that a set covers; the last of a name counts first, and an honest letter has a handful. */
const MOST_SIGNATURES = 10

/** Whether a set may be put on those that are there, by what their chain was found to be. */
const MAY_FOLLOW: Partial<Record<string, (sets: readonly ArcSet[]) => boolean>> = {
  none: (sets) => sets.length === 0,
  pass: (sets) => sets.length > 0 && sets.every((set) => KINDS.every((kind) => set[kind] !== undefined)),
  fail: (sets) => sets.length > 0 && !/(?:^|;)\s*cv\s*=\s*fail\s*(?:;|$)/i.test(sets.at(-1)?.['arc-seal']?.value ?? ''),
}

/** The sets of a letter by their numbers. @returns undefined when a field of theirs has none, or one that another has too */
function setsOf(fields: readonly HeaderField[]): Map<number, ArcSet> | undefined {
  const sets = new Map<number, ArcSet>()
  for (const field of fields) {
    const kind = KINDS.find((name) => name === field.name)
    if (kind === undefined) continue
    const instance = instanceOf(kind, field.value)
    const set = sets.get(instance) ?? {}
    if (instance === 0 || set[kind] !== undefined) return undefined
    sets.set(instance, { ...set, [kind]: field })
  }
  return sets
}

/** §3.9: `i=`, at the beginning of what was found (§4.1.1), and a tag among others elsewhere. 0 where there is none. */
function instanceOf(kind: Kind, value: string): number {
  const place =
    kind === 'arc-authentication-results' ? /^\s*i\s*=\s*(\d{1,2})\s*;/ : /(?:^|;)\s*i\s*=\s*(\d{1,2})\s*(?:;|$)/
  return Number(place.exec(value)?.[1] ?? 0)
}

const fieldOf = (written: string): HeaderField => {
  const at = written.indexOf(':')
  return { name: written.slice(0, at).toLowerCase(), value: written.slice(at + 1).replace(/\r\n$/, '') }
}
