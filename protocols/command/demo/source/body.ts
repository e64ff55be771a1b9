import { makeFile, type Made } from '../files/make.ts'
import { addressOf, person } from '../people.ts'
import { fillDates } from '../times.ts'
import { encodeText } from './charset.ts'
import { leaf, multipart, type Encoding, type Entity } from './entity.ts'
import { writeParameters, type Field } from './header.ts'
import { withoutMarks, writeHtml } from './html.ts'
import { domainOf, hashOf, letterAt, subjectOf, textOf, writtenAt, type Place } from './place.ts'

/** A file of a letter, made. */
interface Carried {
  name: string
  file: Made
  contentId: string
}

/** The text; HTML with its pictures beside it, or an invitation; and files after it (RFC 2046 §5.1). */
export function writeBody(place: Place): Entity {
  const carried = filesOf(place)
  let text = textOf(place)
  const shown = carried.filter(({ name }) => text.includes(`(cid:${name})`))
  for (const { name, contentId } of shown) text = text.replaceAll(`(cid:${name})`, `(cid:${contentId})`)
  // An invitation stands beside the text that says the same, so that programs answer it in place.
  const invitations = carried.filter(({ file }) => file.parameters?.['method'] === 'REQUEST')
  const attached = carried.filter((one) => !shown.includes(one) && !invitations.includes(one))

  const versions = [
    ...writeVersions(place, text, shown),
    ...invitations.map(({ name, file }) => leaf(file.type, { ...file.parameters, name }, file.bytes)),
  ]
  const whole =
    versions.length === 1 ? (versions[0] as Entity) : multipart('alternative', boundary(place, 'either'), versions)
  if (attached.length === 0) return whole
  return multipart('mixed', boundary(place, 'mixed'), [whole, ...attached.map((one) => writeFile(one, 'attachment'))])
}

const boundary = (place: Place, name: string): string => `=_${name}_${hashOf(place)}`

function filesOf(place: Place): Carried[] {
  const { conversation, scene } = place
  const { files, from } = letterAt(place)
  const fill = (text: string): string => fillDates(text, conversation.language, scene.now)
  return files.map(({ name, words }) => ({
    name: fill(name),
    file: makeFile(name, fill(words), {
      now: scene.now,
      written: writtenAt(place),
      mailboxOf: (who) => ({ name: person(who).name, address: addressOf(who, scene.host) }),
    }),
    contentId: `${name.replace(/[^\w.-]/g, '')}.${hashOf(place)}@${domainOf(from, scene.host)}`,
  }))
}

/** The text alone, or with HTML as another version of it. */
function writeVersions(place: Place, text: string, pictures: readonly Carried[]): Entity[] {
  const { conversation, scene } = place
  const { fields, from } = letterAt(place)
  const charset = fields.charset ?? 'utf-8'
  const part = (subtype: string, content: string): Entity =>
    leaf(
      `text/${subtype}`,
      { charset },
      encodeText(`${content.trimEnd().replaceAll('\n', '\r\n')}\r\n`, charset),
      fields.encoding === undefined ? {} : { encoding: fields.encoding as Encoding },
    )
  if (fields.layout === undefined) return [part('plain', text)]

  const page = {
    title: subjectOf(place),
    language: conversation.language,
    sender: person(from).name,
    domain: domainOf(from, scene.host),
    colour: person(from).colour ?? '#444444',
    token: hashOf(place),
  }
  const html = part('html', writeHtml(fields.layout, text, page))
  const whole =
    pictures.length === 0
      ? html
      : multipart('related', boundary(place, 'whole'), [html, ...pictures.map((one) => writeFile(one, 'inline'))], {
          type: 'text/html',
        })
  return fields.plain === 'no' ? [whole] : [part('plain', withoutMarks(text)), whole]
}

function writeFile({ name, file, contentId }: Carried, disposition: 'attachment' | 'inline'): Entity {
  const isText = /^(?:text|message)\//.test(file.type)
  const more: Field[] = [['Content-Disposition', disposition + writeParameters({ filename: name })]]
  if (disposition === 'inline') more.push(['Content-ID', `<${contentId}>`])
  return leaf(file.type, file.parameters ?? {}, file.bytes, { ...(isText ? {} : { encoding: 'base64' }), more })
}
