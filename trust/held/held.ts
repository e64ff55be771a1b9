import { readSettings } from '#accounts'
import { readPromises } from '#policy'
import { isBackedUp } from '#trust/backups'
import { keptBack } from '#trust/retention'
import { Refusal } from '#system'
import { CATEGORIES } from './categories.ts'
import {
  openLook,
  type Amount,
  type Category,
  type Group,
  type HeldContext,
  type Place,
  type Purpose,
} from './category.ts'
import { fill, heldTexts, type Language } from './texts.ts'
import { whyNot, type Bar } from './vanish.ts'

/** A category as it stands now, in its owner's words. */
export interface Held extends Required<Omit<Amount, 'size'>> {
  id: string
  group: Group
  name: string
  fields: readonly string[]
  why: string
  purposes: readonly Worded<Purpose>[]
  places: readonly Worded<Place>[]
  size: number | null
  /** Days from `oldestAt`; null where it ends with something else, as `ends` says. */
  keptDays: number | null
  ends: string
  canVanish: boolean
  needsPassword: boolean
  /** Why it cannot vanish earlier. */
  stays: string | null
  /** What bars its vanishing, where something does. */
  barred: Bar | null
}

export interface Worded<Id extends string> {
  id: Id
  name: string
}

const DAY_MS = 86_400_000

/** Counts everything that is held about somebody, now. @param ids  of categories; all without it */
export async function readHeld(context: HeldContext, ids?: readonly string[]): Promise<Held[]> {
  const [{ language }, barred, hasBackups] = await Promise.all([
    readSettings(context.account),
    whyNot(context),
    areThereBackups(context),
  ])
  const look = openLook(context)
  const asked = CATEGORIES.filter(({ name }) => ids === undefined || ids.includes(name))
  return Promise.all(
    asked.map(async (category) => {
      const places = hasBackups && mayBeBackedUp(category) ? [...category.places, 'backup' as const] : category.places
      const bar = barred ?? (await keptBack(context.account, erasedBy(category)))
      return shown(context, { ...category, places }, await category.amount(look), language, bar)
    }),
  )
}

/** Any that a key opens and that is still there, also of a server that makes none any more. */
async function areThereBackups({ storage }: HeldContext): Promise<boolean> {
  const { rowCount } = await storage.database.sql`select from backup where removed_at is null limit 1`
  return rowCount > 0
}

const erasedBy = ({ vanishing }: Category): readonly string[] =>
  typeof vanishing?.erases === 'object' ? vanishing.erases : []

const mayBeBackedUp = ({ tables, isNeverBackedUp }: Category): boolean =>
  isNeverBackedUp !== true && tables.some((table) => isBackedUp(table.split('/', 1)[0] as string))

function shown(
  { config }: HeldContext,
  category: Omit<Category, 'places'> & { places: readonly Place[] },
  { count, isMore = false, size, oldestAt = null, vanishesAt }: Amount,
  language: Language,
  barred: Bar | undefined,
): Held {
  const { name: id, group, purposes, places, vanishing } = category
  const { categories, ...words } = heldTexts[language]
  const text = categories[id]
  if (text === undefined) throw new Error('a category without words')
  const keptDays = category.keptDays?.(config) ?? null
  const follows = keptDays === null || oldestAt === null ? null : new Date(oldestAt.getTime() + keptDays * DAY_MS)
  const days = keptDays ?? config.retention.deletedDays
  return {
    id,
    group,
    name: text.name,
    fields: text.fields,
    why: text.why,
    purposes: purposes.map((purpose) => ({ id: purpose, name: words.purposes[purpose] })),
    places: places.map((place) => ({ id: place, name: fill(words.places[place], { days: config.backup.days }) })),
    count,
    isMore,
    size: size ?? null,
    oldestAt,
    keptDays,
    vanishesAt: vanishesAt ?? follows,
    ends: fill(text.ends, { days, next: config.journal.days + 1 }),
    canVanish: vanishing !== undefined && barred === undefined,
    needsPassword: vanishing?.needsPassword ?? false,
    stays: text.stays ?? null,
    barred: barred ?? null,
  }
}

/**
 * Nothing is kept for a purpose that was not promised.
 * @throws Refusal 'invalid' with a sentence for each that is, worded for the operator
 */
export function refuseUnpromisedPurposes({ policy }: Pick<HeldContext['config'], 'policy'>): void {
  const promised: readonly string[] = ['service', ...readPromises({ policy }).purposes.collected]
  const fields = CATEGORIES.flatMap(({ name, purposes }) =>
    purposes
      .filter((purpose) => !promised.includes(purpose))
      .map(
        (purpose) => `purposes.collected: breaks promise 10: "${name}" is kept for ${purpose}, which is not promised`,
      ),
  )
  if (fields.length > 0) throw new Refusal('invalid', { fields })
}
