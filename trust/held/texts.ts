import type { Settings } from '#accounts'
import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }

export type Language = Settings['language']

/** What a category is called and what is said of it. */
export interface CategoryText {
  name: string
  /** What stands in it, in plain words. */
  fields: readonly string[]
  /** What it is there for. */
  why: string
  /** When it vanishes; `{days}` are those it is kept, `{next}` one more. */
  ends: string
  /** Why it cannot vanish earlier; of what can there is none. */
  stays?: string
}

export interface HeldTexts {
  categories: Readonly<Record<string, CategoryText>>
  purposes: typeof en.purposes
  places: typeof en.places
  file: typeof en.file
}

/**
 * The words of what is held: one place for the page in the app, which asks for them by JMAP, and for the file that somebody takes
 * along, so that both say the same. English names the keys that all four must have.
 */
export const heldTexts: Readonly<Record<Language, HeldTexts>> = { de, en, fr, nl }

export const fill = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap))
