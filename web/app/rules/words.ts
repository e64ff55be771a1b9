import { mailboxes, withRole } from '../data/mailboxes.ts'
import { settings } from '../data/settings.svelte.ts'
import type { Mailbox, TriedAction, TriedLetter } from '../jmap/types.ts'
import { mailboxName } from '../mail/names.ts'
import { fileSize } from '../shell/dates.svelte.ts'
import { language, t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { hasValue, type Action, type Condition, type Rule } from './rule.ts'

/** How a condition compares, with its negation. */
export const howKey = ({ how, isNot }: Pick<Condition, 'how' | 'isNot'>): TextKey =>
  `how.${how}${isNot ? 'Not' : ''}` as TextKey

const sized = (value: string): string =>
  fileSize(Number.parseInt(value, 10) * (value.toUpperCase().endsWith('K') ? 1000 : 1_000_000))

function conditionWords(condition: Condition): string {
  const { field, name, value } = condition
  if (field === 'known') return t(condition.isNot ? 'rule.unknownOne' : 'rule.knownOne')
  const what = field === 'header' ? name : t(`asks.${field}`)
  const said = field === 'size' ? sized(value) : t('rule.said', { text: value })
  return [what, t(howKey(condition)), ...(hasValue(condition) ? [said] : [])].join(' ')
}

/** When a rule does something, in one sentence. */
export function whenWords({ match, conditions }: Rule): string {
  if (match === 'every') return t('rule.everyLetter')
  const type = match === 'all' ? 'conjunction' : 'disjunction'
  return new Intl.ListFormat(language(), { type }).format(conditions.map(withinSentence))
}

/** Only German writes every noun large. What begins with the name of a header field stays as it is. */
function withinSentence(condition: Condition, at: number): string {
  const words = conditionWords(condition)
  if (at === 0 || language() === 'de' || condition.field === 'header') return words
  return words.replace(/^./u, (first) => first.toLocaleLowerCase(language()))
}

/** What a rule is called that nobody has named. */
export const nameOf = ({ match, conditions: [first] }: Rule): string =>
  match === 'every' || !first ? t('rule.everyLetter') : conditionWords(first)

/** The names on the way to a folder, as Sieve and IMAP have them. */
export function pathOf(mailbox: Mailbox): string {
  if (mailbox.role === 'inbox') return 'INBOX'
  const parent = mailbox.parentId === null ? undefined : mailboxes.get(mailbox.parentId)
  return parent ? `${pathOf(parent)}/${mailbox.name}` : mailbox.name
}

const labelName = (keyword: string): string => settings.labels[keyword]?.name ?? keyword

/** The folder of an action: what it is called now, or was when the rule was written. */
export function folderName(id: string | undefined, path: string): string {
  const mailbox = (id === undefined ? undefined : mailboxes.get(id)) ?? byPath(path)
  return mailbox ? mailboxName(mailbox) : path
}

function byPath(path: string): Mailbox | undefined {
  for (const mailbox of mailboxes.values()) if (pathOf(mailbox) === path) return mailbox
  return undefined
}

export function actionWords(action: Action): string {
  if (action.kind === 'folder') return t('does.folder', { name: folderName(action.id, action.path) })
  if (action.kind === 'label') return t('does.label', { name: labelName(action.keyword) })
  if (action.kind === 'forward')
    return t(action.isKept ? 'does.forwardKept' : 'does.forward', { address: action.address })
  return t(`does.${action.kind}`)
}

/** What a rule does, in one line. */
export function thenWords({ actions, stops }: Rule): string {
  const refuses = actions.some(({ kind }) => kind === 'refuse')
  const all = [...actions.map(actionWords), ...(stops && !refuses ? [t('does.stop')] : [])]
  return all.join(' · ')
}

const marks: Record<string, TextKey> = { '\\seen': 'does.read', '\\flagged': 'does.star' }

/** What would have happened to a letter; empty when it would only have come to the inbox. */
export function triedWords({ actions, fault }: TriedLetter): string[] {
  if (fault?.script) return [t('tried.faultIn', { line: fault.line, script: fault.script })]
  if (fault) return [t('tried.fault', { line: fault.line })]
  const flags = new Set(actions.flatMap((one) => one.flags ?? []))
  return [
    ...actions.flatMap((one) => {
      const words = placeWords(one)
      return words === undefined ? [] : [words]
    }),
    ...[...flags].map((flag) => {
      const key = marks[flag.toLowerCase()]
      return key ? t(key) : t('does.label', { name: labelName(flag) })
    }),
  ]
}

function placeWords({ kind, mailbox = '', mailboxId, address }: TriedAction): string | undefined {
  if (kind === 'keep') return undefined
  if (kind === 'fileinto') {
    if (mailboxId && mailboxId === withRole('trash')?.id) return t('does.trash')
    return t('does.folder', { name: folderName(mailboxId ?? undefined, mailbox) })
  }
  if (kind === 'redirect') return t('does.forward', { address: address ?? '' })
  return t(`tried.${kind}`)
}
