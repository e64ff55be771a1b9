import { tree } from '../data/mailboxes.ts'
import { settings } from '../data/settings.svelte.ts'
import { nameOf } from '../jmap/people.ts'
import type { Address } from '../jmap/types.ts'
import { mailboxIcon, mailboxName } from '../mail/names.ts'
import { language, t } from '../shell/texts.svelte.ts'
import { operatorNames, plain, states } from './operators.ts'
import type { Operator, State } from './operators.ts'
import { quoted } from './parse.ts'
import type { Token } from './parse.ts'

/** What the typed piece could become. */
export interface Completion {
  icon: string
  /** What is put in its place. */
  by: string
  text: string
  note: string
}

/** What the server knows that begins with what was typed. */
export interface Suggested {
  words: readonly string[]
  people: readonly Address[]
}

const most = 6

/** Operators offered by name while their beginning is typed; the others are known, but need not be learnt. */
const offered = [
  'from',
  'to',
  'subject',
  'in',
  'label',
  'has',
  'is',
  'filename',
  'before',
  'after',
  'larger',
] as const satisfies readonly Operator[]

/** What the piece at the caret can be completed to. */
export function completions({ not, operator, name, value }: Token, suggested: Suggested): Completion[] {
  const before = `${not ? '-' : ''}${name === '' ? '' : `${name}:`}`
  const wanted = plain(value)
  const fits = (text: string) => plain(text).includes(wanted)
  switch (operator) {
    case 'from':
    case 'to':
    case 'cc':
    case 'bcc':
      return suggested.people.slice(0, most).map((one) => person(one, before))
    case 'in': {
      const { special, own } = tree(language())
      return [...special, ...own.map(({ mailbox }) => mailbox)]
        .filter((mailbox) => fits(mailboxName(mailbox)))
        .slice(0, most)
        .map((mailbox) => ({
          icon: mailboxIcon(mailbox),
          by: before + quoted(mailboxName(mailbox)),
          text: mailboxName(mailbox),
          note: '',
        }))
    }
    case 'label':
      return Object.values(settings.labels)
        .filter((label) => fits(label.name))
        .slice(0, most)
        .map((label) => ({ icon: 'tag', by: before + quoted(label.name), text: label.name, note: '' }))
    case 'has':
    case 'is':
      return (Object.keys(states) as State[])
        .filter((state) => (state === 'attachment') === (operator === 'has') && fits(t(`state.${state}`)))
        .map((state) => ({ icon: 'check', by: before + t(`state.${state}`), text: t(`state.${state}`), note: '' }))
    case undefined:
      return value === '' ? [] : [...operators(value, not), ...words(value, before, suggested)]
    default:
      return words(value, before, { ...suggested, people: [] })
  }
}

function operators(value: string, not: boolean): Completion[] {
  const wanted = plain(value)
  return offered
    .filter((one) => {
      const names: readonly string[] = [plain(t(`op.${one}`)), operatorNames[one][0]]
      return names.some((name) => name.startsWith(wanted) && wanted.length < name.length + 1)
    })
    .map((one) => ({
      icon: 'sliders-horizontal',
      by: `${not ? '-' : ''}${t(`op.${one}`)}:`,
      text: `${t(`op.${one}`)}:`,
      note: t(`opMeans.${one}`),
    }))
}

function words(value: string, before: string, { words, people }: Suggested): Completion[] {
  return [
    ...people.slice(0, 3).map((one) => person(one, `${before}${t('op.from')}:`)),
    ...words
      .filter((word) => plain(word) !== plain(value))
      .slice(0, most)
      .map((word) => ({ icon: 'search', by: before + quoted(word), text: word, note: '' })),
  ]
}

function person(one: Address, before: string): Completion {
  return {
    icon: 'user',
    by: before + quoted(one.email),
    text: nameOf(one),
    note: nameOf(one) === one.email ? '' : one.email,
  }
}
