import type { FolderView, Rows } from '#items'
import { byCodePoint } from '#mail'
import type { OpenAccount } from '#storage'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { CC, DISPLAY_FROM, DISPLAY_TO, FROM, SENT_AT, sentAtOf, SUBJECT, TO } from './derivations.ts'
import { itemsAt, type Places } from './evaluate.ts'
import { derive, type Derivation } from './heads.ts'
import type { Progress } from './progress.ts'

/** sort-criterion. RFC 5256 §5; with the display names of RFC 5957 §3. */
export interface Criterion {
  key: keyof typeof KEYS
  isReversed: boolean
}

/** What is sorted: where it lies and how to get what only its summary has. */
export interface Sorting {
  account: OpenAccount
  view: FolderView
  rows: Rows
  progress: Progress
}

/** By what each place is compared. */
type Values = (place: number) => number | string

const ofRows =
  (valueOf: (rows: Rows, place: number) => number) =>
  async ({ rows }: Sorting): Promise<Values> =>
  (place) =>
    valueOf(rows, place)

const ofSummaries =
  (derivation: Derivation<string>) =>
  async ({ account, view, rows, progress }: Sorting, places: Places): Promise<Values> => {
    const values = await derive(account, view, derivation, itemsAt(rows, places), progress)
    return (place) => values.get(rows.items[place] as number) ?? ''
  }

const KEYS = {
  ARRIVAL: ofRows(({ receivedAt }, place) => receivedAt[place] as number),
  SIZE: ofRows(({ sizes }, place) => sizes[place] as number),
  DATE: sentTimes,
  SUBJECT: async ({ account, view, rows, progress }: Sorting, places: Places): Promise<Values> => {
    const subjects = await derive(account, view, SUBJECT, itemsAt(rows, places), progress)
    return (place) => subjects.get(rows.items[place] as number)?.text ?? ''
  },
  FROM: ofSummaries(FROM),
  TO: ofSummaries(TO),
  CC: ofSummaries(CC),
  DISPLAYFROM: ofSummaries(DISPLAY_FROM),
  DISPLAYTO: ofSummaries(DISPLAY_TO),
}

/** The sent date in milliseconds; where there is none, that of arrival. RFC 5256 §2.2. */
export async function sentTimes(
  { account, view, rows, progress }: Sorting,
  places: Places,
): Promise<(place: number) => number> {
  const values = await derive(account, view, SENT_AT, itemsAt(rows, places), progress)
  return (place) => sentAtOf(values.get(rows.items[place] as number))?.time ?? (rows.receivedAt[place] as number) * 1000
}

/** Criteria of one command; each says something once. */
const MOST_CRITERIA = 50

/** `"(" sort-criterion *(SP sort-criterion) ")"`. RFC 5256 §5. */
export function readCriteria(input: Input): Criterion[] {
  const criteria = input.list((): Criterion => {
    let name = input.word()
    const isReversed = name === 'REVERSE'
    if (isReversed) {
      input.space()
      name = input.word()
    }
    if (!Object.hasOwn(KEYS, name)) throw new BadCommand('There is no such sort key')
    return { key: name as Criterion['key'], isReversed }
  })
  if (criteria.length === 0 || criteria.length > MOST_CRITERIA) throw new BadCommand('A few sort keys are wanted')
  // What is ordered by a key already is ordered by it no more.
  return criteria.filter(({ key }, index) => criteria.findIndex((one) => one.key === key) === index)
}

/** Places in the order that is wanted; those that are equal stay in theirs. RFC 5256 §3. */
export async function sorted(places: Places, criteria: readonly Criterion[], sorting: Sorting): Promise<number[]> {
  const columns: (readonly (number | string)[])[] = []
  for (const { key } of criteria) {
    const valueOf = await KEYS[key](sorting, places)
    columns.push(places.map(valueOf))
  }
  const signs = criteria.map(({ isReversed }) => (isReversed ? -1 : 1))
  const order = Array.from(places, (_, index) => index)
  order.sort((a, b) => {
    for (const [at, column] of columns.entries()) {
      const [one, other] = [column[a] as number | string, column[b] as number | string]
      if (one === other) continue
      const difference = typeof one === 'string' ? byCodePoint(one, other as string) : one - (other as number)
      return difference * (signs[at] as number)
    }
    return a - b
  })
  return order.map((index) => places[index] as number)
}
