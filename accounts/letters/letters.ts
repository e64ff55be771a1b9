import type { Settings } from '../settings.ts'
import type { FactorChange } from '../second-factor/change.ts'
import type { SuspensionRule } from '../suspension/rules.ts'
import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }

type Language = Settings['language']
type TextKey = keyof typeof en
/** What becomes of mail for a closed account. */
type Mail = TextKey extends infer Key ? (Key extends `mail.${infer Name}` ? Name : never) : never
/** What made the service stop an account's sending. */
type Why = TextKey extends infer Key ? (Key extends `why.${infer Name}` ? Name : never) : never
type KindOf<Key> = Key extends `${infer Kind}.subject` ? Kind : never

/** English names the keys that all four languages must have. */
export const letterTexts: Record<Language, Record<TextKey, string>> = { de, en, fr, nl }

/** What is written to a person about their account. */
export interface AccountLetter {
  kind: KindOf<TextKey>
  language: Language
  /** What stands in the gaps of the text: the server, the account, the code and its minutes, the new address outside, what was
   * noticed, and of a closed account the days until which it can be reopened and on which it is erased, in words. */
  values: {
    host: string
    address?: string
    code?: string
    minutes?: number
    recovery?: string
    why?: readonly Why[]
    erasedOn?: string
    /** Things deleted, when and by what, until when something can be brought back, and where. */
    count?: number
    when?: string
    device?: string
    until?: string
    link?: string
    /** What changes in policy or terms, a line for each. */
    changes?: string
    /** What becomes of mail for the closed account, and until which day it goes on. */
    mail?: Mail
    forwardUntil?: string
    /** What it is about. */
    domain?: string
    /** The day on which an idle account will be closed. */
    closesOn?: string
    /** What was changed of a second factor. */
    what?: FactorChange
    /** For which an account is suspended. */
    rule?: SuspensionRule
  }
}

/** The words of a letter, in plain text; its lines are paragraphs. A subject never has a code or an address. */
export function accountLetter({ kind, language, values }: AccountLetter): { subject: string; text: string } {
  const { why = [], ...plain } = values
  const shown: Record<string, string | undefined> = {
    ...plain,
    why: why.map((name) => `- ${letterTexts[language][`why.${name}`]}`).join('\n'),
    what: values.what === undefined ? undefined : `- ${letterTexts[language][`factor.${values.what}`]}`,
    rule: values.rule === undefined ? undefined : letterTexts[language][`rule.${values.rule}`],
    minutes: String(values.minutes ?? ''),
    count: String(values.count ?? ''),
    code: values.code?.replace(/^(\d{4})(\d{4})$/, '$1 $2'),
  }
  const fill = (key: TextKey): string =>
    letterTexts[language][key].replace(/\{(\w+)\}/g, (_, gap: string) => shown[gap] ?? '')
  if (values.mail !== undefined) shown['mail'] = fill(`mail.${values.mail}`)
  return { subject: fill(`${kind}.subject`), text: `${fill(`${kind}.text`)}\n\n${fill('end')}\n` }
}
