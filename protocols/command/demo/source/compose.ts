import { formatDate } from '#formats/message'
import { addressOf, person, type Who } from '../people.ts'
import { withOffset } from '../times.ts'
import { writeBody } from './body.ts'
import { writeEntity } from './entity.ts'
import { writeAddress, writeText, type Field, type HeaderStyle } from './header.ts'
import { domainOf, hashOf, letterAt, messageId, subjectOf, writtenAt, type Place } from './place.ts'

/** The whole letter as its writer's program sends it. */
export function compose(place: Place): Buffer {
  const { scene } = place
  const letter = letterAt(place)
  const style: HeaderStyle = { charset: letter.fields.charset ?? 'utf-8', isRaw: letter.fields.header === 'raw' }
  const list = (people: Who[]): string =>
    people.map((who) => writeAddress(person(who).name, addressOf(who, scene.host), style)).join(', ')
  const references = referencesOf(place)
  const { fields, body } = writeBody(place)
  return writeEntity({
    fields: [
      ['Date', dateField(writtenAt(place))],
      ['From', list([letter.from])],
      ['To', list(letter.to)],
      ...(letter.cc.length > 0 ? [['Cc', list(letter.cc)] as const] : []),
      ['Subject', writeText(subjectOf(place), style)],
      ['Message-ID', `<${messageId(place)}>`],
      ...(references.length > 0 ? [['In-Reply-To', references.at(-1) as string] as const] : []),
      ...(references.length > 0 ? [['References', references.join(' ')] as const] : []),
      ...listFields(place),
      ['MIME-Version', '1.0'],
      ...fields,
    ],
    body,
  })
}

/** What the receiving server puts before a letter (RFC 5321 §4.4). The address is one kept for documentation. */
export function trace(place: Place, receivedAt: Date): Buffer {
  const { from } = letterAt(place)
  const relay = `mail.${domainOf(from, place.scene.host)}`
  const octet = (hashOf(place).charCodeAt(0) * 7) % 250
  const value = `from ${relay} (${relay} [192.0.2.${octet + 1}]) by ${place.scene.host} with ESMTPS id ${hashOf(place).slice(0, 12)}; ${dateField(receivedAt)}`
  return writeEntity({ fields: [['Received', value]], body: Buffer.alloc(0) }).subarray(0, -2)
}

const dateField = (date: Date): string => formatDate(withOffset(date)) ?? ''

/** The letters before this one up to the first, oldest first (RFC 5322 §3.6.4). */
function referencesOf(place: Place): string[] {
  const { answers } = letterAt(place)
  if (answers === undefined) return []
  const before = { ...place, number: answers }
  return [...referencesOf(before), `<${messageId(before)}>`]
}

/** RFC 2919, RFC 2369 and RFC 8058. */
function listFields(place: Place): Field[] {
  const { from, to } = letterAt(place)
  const list = [from, ...to].find((who) => person(who).isList === true)
  if (list === undefined) return []
  const [local, domain] = addressOf(list, place.scene.host).split('@')
  return [
    ['List-Id', `<${local}.${domain}>`],
    ['List-Unsubscribe', `<https://www.${domain}/leave?who=${hashOf(place)}>, <mailto:${local}-leave@${domain}>`],
    ['List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'],
  ]
}
