import { createHash } from 'node:crypto'
import type { Conversation, Letter } from '../conversations.ts'
import { addressOf, person, type Who } from '../people.ts'
import { withoutMarks } from './html.ts'
import { fillDates, inWords, timeAgo, type Language } from '../times.ts'

/** Where and when the demo runs. */
export interface Scene {
  /** The domain of its owners. */
  host: string
  now: Date
}

/** A letter of a conversation, by its number from 0. */
export interface Place {
  conversation: Conversation
  number: number
  scene: Scene
}

export const domainOf = (who: Who, host: string): string => addressOf(who, host).replace(/^.*@/, '')

export const letterAt = ({ conversation, number }: Place): Letter => conversation.letters[number] as Letter

export const writtenAt = (place: Place): Date => timeAgo(letterAt(place).when, place.scene.now)

/** The same in every run: by it a letter that is there already is known. Without angle brackets. */
export function messageId(place: Place): string {
  return `${hashOf(place)}@${domainOf(letterAt(place).from, place.scene.host)}`
}

/** Names a letter, and says nothing of it. */
export const hashOf = ({ conversation, number }: Place): string =>
  createHash('sha256').update(`${conversation.file} ${conversation.subject} ${number}`).digest('hex').slice(0, 24)

export function subjectOf(place: Place): string {
  const { conversation, scene } = place
  const { answers, fields, from } = letterAt(place)
  const prefix = answers === undefined ? '' : (person(from).answerPrefix ?? 'Re: ')
  return fillDates(fields.subject ?? prefix + conversation.subject, conversation.language, scene.now)
}

const ATTRIBUTION: Record<Language, (name: string, date: string, time: string) => string> = {
  de: (name, date, time) => `Am ${date} um ${time} schrieb ${name}:`,
  fr: (name, date, time) => `Le ${date} à ${time}, ${name} a écrit :`,
  nl: (name, date, time) => `Op ${date} om ${time} schreef ${name}:`,
  en: (name, date, time) => `On ${date} at ${time}, ${name} wrote:`,
}

/** The text with its dates, the letter it answers below where it is quoted, and the writer's signature. */
export function textOf(place: Place): string {
  const { conversation, scene } = place
  const { from, text, fields, answers } = letterAt(place)
  const { signature } = person(from)
  const isByHand = fields.layout === undefined && fields.in !== 'drafts'
  return [
    fillDates(text, conversation.language, scene.now),
    ...(isByHand && signature !== undefined ? [`-- \n${signature}`] : []),
    ...(fields.quote === 'yes' && answers !== undefined ? [quoteOf({ ...place, number: answers })] : []),
  ].join('\n\n')
}

function quoteOf(place: Place): string {
  const { language } = place.conversation
  const date = writtenAt(place)
  const words = ATTRIBUTION[language](
    person(letterAt(place).from).name,
    inWords(date, 'date', language),
    inWords(date, 'time', language),
  )
  const lines = (letterAt(place).fields.layout === undefined ? textOf(place) : withoutMarks(textOf(place)))
    .replace(/\n*^-- \n(?:.+\n?)*/m, '\n')
    .trimEnd()
    .split('\n')
  return `${words}\n${lines.map((line) => (line === '' || line.startsWith('>') ? `>${line}` : `> ${line}`)).join('\n')}`
}
