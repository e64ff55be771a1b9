import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { compactSet } from '../input/sequence-set.ts'
import { string } from '../output/strings.ts'
import { partOf, rangeText, readPartialRange, type PartialRange } from './partial.ts'

/** What a client wants to know of what is found. RFC 4731 §3.1, RFC 9051 §6.4.4. */
export interface ReturnOptions {
  min: boolean
  max: boolean
  all: boolean
  count: boolean
  /** RFC 9051 §6.4.4.1, RFC 5182: what is found is kept as `$`. */
  save: boolean
  /** RFC 9394 §3.1. */
  partial: PartialRange | undefined
}

const NAMES = { MIN: 'min', MAX: 'max', ALL: 'all', COUNT: 'count', SAVE: 'save' } as const

/** `search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"`, its first space read. */
export function readReturnOptions(input: Input): ReturnOptions | undefined {
  if (!input.accept('RETURN ')) return undefined
  const options: ReturnOptions = { min: false, max: false, all: false, count: false, save: false, partial: undefined }
  const seen = new Set<string>()
  input.list(() => {
    const name = input.word()
    // RFC 9394 §3.1: no more than one of PARTIAL and ALL. What else is there twice says the same again.
    if ((name === 'PARTIAL' || name === 'ALL') && (seen.has('PARTIAL') || seen.has('ALL')))
      throw new BadCommand('These options do not go together')
    seen.add(name)
    if (name === 'PARTIAL') {
      input.space()
      options.partial = readPartialRange(input)
    } else if (Object.hasOwn(NAMES, name)) options[NAMES[name as keyof typeof NAMES]] = true
    else throw new BadCommand('There is no such return option')
  })
  // RFC 4731 §3.1: none is ALL.
  if (seen.size === 0) options.all = true
  input.space()
  return options
}

export const ALL_OF_IT: ReturnOptions = {
  min: false,
  max: false,
  all: true,
  count: false,
  save: false,
  partial: undefined,
}

/** What was found, in the order in which it is told. */
export interface Found {
  /** UIDs, or sequence numbers where those were asked for. */
  numbers: readonly number[]
  /** The mod-sequence of each, where it was asked about (RFC 7162 §3.1.5). */
  modSeqs: readonly number[] | undefined
}

/** The places in the list of those that are told of, or kept: RFC 4731 §3.2, RFC 9394 §3.2. */
export function placesTold({ min, max, all, count, partial }: ReturnOptions, length: number): number[] {
  const places = Array.from({ length }, (_, place) => place)
  if (all || count || !(min || max || partial !== undefined)) return places
  const told = new Set(partial === undefined ? [] : partOf(places, partial))
  if (min && length > 0) told.add(0)
  if (max && length > 0) told.add(length - 1)
  return [...told]
}

/** esearch-response. RFC 9051 §7.3.4. @param isByUid  whether the numbers are UIDs */
export function esearchText(
  tag: string,
  isByUid: boolean,
  options: ReturnOptions,
  { numbers, modSeqs }: Found,
): string {
  const { min, max, all, count, partial } = options
  const parts = [`ESEARCH (TAG ${string(tag)})`]
  if (isByUid) parts.push('UID')
  if (numbers.length > 0) {
    if (min) parts.push(`MIN ${numbers[0]}`)
    if (max) parts.push(`MAX ${numbers.at(-1)}`)
    if (all) parts.push(`ALL ${compactSet(numbers)}`)
  }
  if (count) parts.push(`COUNT ${numbers.length}`)
  if (partial !== undefined)
    parts.push(`PARTIAL (${rangeText(partial)} ${compactSet(partOf(numbers, partial)) || 'NIL'})`)
  if (modSeqs !== undefined && numbers.length > 0)
    parts.push(`MODSEQ ${greatest(placesTold(options, numbers.length).map((place) => modSeqs[place] as number))}`)
  return parts.join(' ')
}

/** `SEARCH` and `SORT` as RFC 3501 §7.2.5 and RFC 5256 §4 have them, with RFC 7162's mod-sequence behind. */
export const plainText = (name: 'SEARCH' | 'SORT', { numbers, modSeqs }: Found): string =>
  [name, ...numbers, ...(modSeqs !== undefined && numbers.length > 0 ? [`(MODSEQ ${greatest(modSeqs)})`] : [])].join(
    ' ',
  )

const greatest = (numbers: readonly number[]): number => numbers.reduce((most, one) => Math.max(most, one), 0)
