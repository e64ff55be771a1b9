import { createHash } from 'node:crypto'
import de from './texts/agreement.de.json' with { type: 'json' }
import en from './texts/agreement.en.json' with { type: 'json' }
import fr from './texts/agreement.fr.json' with { type: 'json' }
import nl from './texts/agreement.nl.json' with { type: 'json' }

export interface AgreementText {
  title: string
  clauses: string[]
}

const TEXTS = { de, fr, nl, en } satisfies Record<string, AgreementText>
export type AgreementLanguage = keyof typeof TEXTS

/** Goes up with every change of the texts: then everybody signs anew. A test holds the two together. */
export const AGREEMENT_VERSION = 1

export const agreementText = (language: AgreementLanguage): AgreementText => TEXTS[language]

/** SHA-256 of what was signed. */
export const agreementDigest = (language: AgreementLanguage): string =>
  createHash('sha256').update(JSON.stringify(TEXTS[language])).digest('hex')
