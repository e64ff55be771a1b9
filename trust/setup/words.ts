import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }
import type { FOUND, SetupItem, SetupName } from './look.ts'

type Key = SetupName | { [N in SetupName]: `${N}.${keyof (typeof FOUND)[N] & string}` }[SetupName]

/** All four languages have a title for everything that is looked at, and a sentence for whatever is found: the type says so of each. */
const texts = { de, en, fr, nl } satisfies Record<string, Record<Key, string>>

export type SetupLanguage = keyof typeof texts

export const setupTitle = ({ name }: Pick<SetupItem, 'name'>, language: SetupLanguage = 'en'): string =>
  texts[language][name]

/** What was found and what to do about it. */
export const setupSentence = ({ name, found, about }: SetupItem, language: SetupLanguage = 'en'): string =>
  texts[language][`${name}.${found}` as Key].replaceAll('{about}', about.join(', '))
